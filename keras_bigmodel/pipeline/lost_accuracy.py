"""Measures the accuracy that a file for another runtime loses on a table with labels. Knows tasks and tables."""

from pathlib import Path

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.edge import CLASSIFIERS, open_classifier
from keras_bigmodel.export import WorseExportError
from keras_bigmodel.pipeline.jobs.classification_measures import targets_and_answers
from keras_bigmodel.tasks import TextClassifier

_ROWS = 64  # in a batch
_SHOWN = 10  # changed rows that the certificate lists
_ADVICE = "It was not written; quantize less (--quantize none; for litert also float16, and int8 in place of int4)"
_MOST_CHANGED = {"int4": 0.03}  # share of answers that may change; 0.01 otherwise
_MANY = 1000  # rows, from which on changed answers are told from chance


class LostAccuracy:
    """Compares the accuracy of a file for another runtime with its model's; raises `WorseExportError` if it loses much.

    Of a table with 1,000 rows or more, the file must also give the model's label on 99 % of them (97 % in int4).

    An object is called with the path of the folder that holds the file. It returns a dict: `measured_on` (path of the
    table), `measured_texts`, `accuracy_of_the_model`, `accuracy` (of the file), `points_lost`, `labels_changed` (number
    of rows) and `some_labels_changed` (up to ten of them: the texts by column, `label`, `model`, `file`).

    Args:
        task: `TextClassifier` in float32.
        table: `TextTable` with labels.
        max_drop: float. Percentage points of accuracy that may be lost.
        reporter: `Reporter` that receives the progress.
        quantize: str. How the file is quantized. Defaults to `"int8"`.

    Raises:
        UserError: the task is not a `TextClassifier`, or the table does not fit it.
    """

    def __init__(self, task, table, max_drop, reporter, quantize="int8"):
        if not isinstance(task, TextClassifier):
            raise UserError(f"A {type(task).__name__} came; what is lost is measured of classifiers of texts only.")
        self._table, self._max_drop = table, max_drop
        self._most_changed = _MOST_CHANGED.get(quantize, 0.01)
        self._reporter, self._labels = reporter, task.labels
        how = {"batch_size": _ROWS, "reporter": reporter, "title": "measuring the model"}
        self._targets, answers = targets_and_answers(task, table, **how)
        self._choices = answers.argmax(-1)

    def __call__(self, folder):
        """Measures the file in a folder; see the class for the returned dict."""
        choices = self._choices_of_file(open_classifier(_file_in(folder)))
        accuracy, of_model = (float(np.mean(numbers == self._targets)) for numbers in (choices, self._choices))
        right, right_of_model = (int(np.sum(numbers == self._targets)) for numbers in (choices, self._choices))
        lost = round(100 * (right_of_model - right) / len(choices), 6)
        changed = np.flatnonzero(choices != self._choices)
        examples = [self._change(row, choices[row]) for row in changed[:_SHOWN]]
        where = f"{counted(len(choices), 'row')} of {self._table.path}"
        first = repr(next(iter(examples[0].values())))[:60] if examples else ""
        if lost > self._max_drop:
            raise WorseExportError(
                f"The file is right on {accuracy:.2%} of the {where}, the model on {of_model:.2%}: {lost:.2f} "
                f"points less, and {self._max_drop} are allowed ({counted(len(changed), 'answer')} changed, the first "
                f"on {first}). {_ADVICE}, or allow more (--max-drop)."
            )
        if len(choices) >= _MANY and len(changed) > self._most_changed * len(choices):
            raise WorseExportError(
                f"The file changes {counted(len(changed), 'answer')} of the {where}, the first on {first}; "
                f"{self._most_changed:.0%} may change. {_ADVICE}."
            )
        return {
            "measured_on": str(self._table.path),
            "measured_texts": len(choices),
            "accuracy_of_the_model": of_model,
            "accuracy": accuracy,
            "points_lost": round(lost, 4),
            "labels_changed": len(changed),
            "some_labels_changed": examples,
        }

    def _choices_of_file(self, classifier):
        starts = range(0, len(self._table), _ROWS)
        choices = []
        with self._reporter.bar("measuring the file", len(starts)) as advance:
            for start in starts:
                rows = range(start, min(start + _ROWS, len(self._table)))
                choices.append(classifier.predict(self._table.rows(rows).inputs).argmax(-1))
                advance()
        return np.concatenate(choices)

    def _change(self, row, choice):
        numbers = {"label": self._targets[row], "model": self._choices[row], "file": choice}
        labels = {name: self._labels[number] for name, number in numbers.items()}
        return {**{name: column[row] for name, column in self._table.inputs.items()}, **labels}


def _file_in(folder):
    """Returns the path of the file for another runtime in a folder."""
    paths = [Path(folder) / kind.file_name for kind in CLASSIFIERS.values()]
    return next(path for path in paths if path.is_file())
