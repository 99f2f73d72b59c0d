"""Measures the accuracy that a file for another runtime loses on a table with labels. Knows tasks and tables."""

from pathlib import Path

import numpy as np

from keras_bigmodel.core.sentences import counted
from keras_bigmodel.edge import CLASSIFIERS, open_classifier
from keras_bigmodel.export import WorseExportError
from keras_bigmodel.pipeline.jobs import job_of

_ROWS = 64  # in a batch
_SHOWN = 10  # changed rows that the certificate lists
_ADVICE = "It was not written; quantize less (--quantize none; for litert also float16, and int8 in place of int4)"
_MOST_CHANGED = {"int4": 0.03}  # share of answers that may change; 0.01 otherwise
_MANY = 1000  # rows, from which on changed answers are told from chance


class LostAccuracy:
    """Compares the accuracy of a file for another runtime with its model's; raises `WorseExportError` if it loses much.

    Of several labels a text micro F1 is compared, of numbers the rank correlation. Of a table with 1,000 rows or more,
    the file must also give the model's labels on 99 % of them (97 % in int4).

    An object is called with the path of the folder that holds the file. It returns a dict: `measured_on` (path of the
    table), `measured_texts`, `measure` (its name), `quality_of_the_model` and `quality` (of the file), `points_lost`,
    `labels_changed` (number of rows; None of numbers) and `some_labels_changed` (up to ten of them: the texts by
    column, `label`, `model`, `file`); of a classifier also `accuracy_of_the_model` and `accuracy`.

    Args:
        task: a `TextTask` in float32.
        table: `TextTable` with labels.
        max_drop: float. Percentage points of accuracy that may be lost.
        reporter: `Reporter` that receives the progress.
        quantize: str. How the file is quantized. Defaults to `"int8"`.

    Raises:
        UserError: nothing is measured of such a task, or the table does not fit it.
    """

    def __init__(self, task, table, max_drop, reporter, quantize="int8"):
        self._task, self._job = task, job_of(task)
        self._table, self._max_drop = table, max_drop
        self._most_changed = _MOST_CHANGED.get(quantize, 0.01)
        self._reporter = reporter
        how = {"batch_size": _ROWS, "reporter": reporter, "title": "measuring the model"}
        self._targets, outputs = self._job.targets_and_outputs(task, table, **how)
        self._measure, self._of_model = self._job.quality(task, self._targets, outputs)
        self._choices = self._job.choices(task, outputs)

    def __call__(self, folder):
        """Measures the file in a folder; see the class for the returned dict."""
        outputs = self._outputs_of_file(open_classifier(_file_in(folder)))
        _, quality = self._job.quality(self._task, self._targets, outputs)
        lost = round(100 * (self._of_model - quality), 6)
        changed, examples = self._changes(outputs)
        where = f"{counted(len(outputs), 'row')} of {self._table.path}"
        first = f", the first on {next(iter(examples[0].values()))!r:.60}" if examples else ""
        told = f" ({counted(len(changed), 'answer')} changed{first})" if self._choices is not None else ""
        if lost > self._max_drop:
            has = "is right on" if self._measure == "accuracy" else f"has a {self._measure} of"
            raise WorseExportError(
                f"The file {has} {quality:.2%} {'of' if self._measure == 'accuracy' else 'on'} the {where}, the model "
                f"{'on ' if self._measure == 'accuracy' else ''}{self._of_model:.2%}: {lost:.2f} points less, and "
                f"{self._max_drop} are allowed{told}. {_ADVICE}, or allow more (--max-drop)."
            )
        if len(outputs) >= _MANY and len(changed) > self._most_changed * len(outputs):
            raise WorseExportError(
                f"The file changes {counted(len(changed), 'answer')} of the {where}{first}; "
                f"{self._most_changed:.0%} may change. {_ADVICE}."
            )
        own = {"accuracy_of_the_model": self._of_model, "accuracy": quality} if self._measure == "accuracy" else {}
        return {
            "measured_on": str(self._table.path),
            "measured_texts": len(outputs),
            "measure": self._measure,
            "quality_of_the_model": self._of_model,
            "quality": quality,
            **own,
            "points_lost": round(lost, 4),
            "labels_changed": None if self._choices is None else len(changed),
            "some_labels_changed": examples,
        }

    def _outputs_of_file(self, classifier):
        starts = range(0, len(self._table), _ROWS)
        outputs = []
        with self._reporter.bar("measuring the file", len(starts)) as advance:
            for start in starts:
                rows = range(start, min(start + _ROWS, len(self._table)))
                outputs.append(classifier.predict(self._table.rows(rows).inputs))
                advance()
        return np.concatenate(outputs)

    def _changes(self, outputs):
        """Returns the rows whose choice the file changes, and up to ten of them as dicts for the certificate."""
        if self._choices is None:
            return [], []
        choices = self._job.choices(self._task, outputs)
        changed = [row for row, choice in enumerate(choices) if choice != self._choices[row]]
        return changed, [self._change(row, choices[row]) for row in changed[:_SHOWN]]

    def _change(self, row, choice):
        label = self._table.labels[row]
        label = label if isinstance(label, str) else ", ".join(sorted(label))
        texts = {name: column[row] for name, column in self._table.inputs.items()}
        return {**texts, "label": label, "model": self._choices[row], "file": choice}


def _file_in(folder):
    """Returns the path of the file for another runtime in a folder."""
    paths = [Path(folder) / kind.file_name for kind in CLASSIFIERS.values()]
    return next(path for path in paths if path.is_file())
