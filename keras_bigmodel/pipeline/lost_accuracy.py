"""Measures the accuracy that an export loses on a table with labels. Knows tasks, LiteRT files and tables."""

from pathlib import Path

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.edge import LiteClassifier
from keras_bigmodel.export import LITE_FILE
from keras_bigmodel.pipeline.jobs.classification_measures import targets_and_answers
from keras_bigmodel.tasks import TextClassifier

_ROWS = 64  # in a batch


class LostAccuracy:
    """Compares the accuracy of a LiteRT file with its model's, and raises `UserError` if the file loses too much.

    An object is called with the path of the folder that holds the file. It returns a dict: `measured_on` (path of the
    table), `measured_texts`, `accuracy_of_the_model`, `accuracy` (of the file) and `points_lost`.

    Args:
        task: `TextClassifier` in float32.
        table: `TextTable` with labels.
        max_drop: float. Percentage points of accuracy that may be lost.
        reporter: `Reporter` that receives the progress.

    Raises:
        UserError: the task is not a `TextClassifier`, or the table does not fit it; when called, if the file loses more
            than `max_drop`.
    """

    def __init__(self, task, table, max_drop, reporter):
        if not isinstance(task, TextClassifier):
            raise UserError(f"A {type(task).__name__} came; what is lost is measured of classifiers of texts only.")
        self._table, self._max_drop, self._reporter = table, max_drop, reporter
        how = {"batch_size": _ROWS, "reporter": reporter, "title": "measuring the model"}
        self._targets, answers = targets_and_answers(task, table, **how)
        self._accuracy = self._accuracy_of(answers)

    def __call__(self, folder):
        """Measures the file in a folder; see the class for the returned dict."""
        classifier, table = LiteClassifier(Path(folder) / LITE_FILE), self._table
        starts = range(0, len(table), _ROWS)
        answers = []
        with self._reporter.bar("measuring the LiteRT file", len(starts)) as advance:
            for start in starts:
                rows = range(start, min(start + _ROWS, len(table)))
                answers.append(classifier.predict(table.rows(rows).inputs))
                advance()
        accuracy = self._accuracy_of(np.concatenate(answers))
        lost = 100 * (self._accuracy - accuracy)
        if lost > self._max_drop:
            raise UserError(
                f"The LiteRT file is right on {accuracy:.2%} of {self._table.path}, the model on {self._accuracy:.2%}: "
                f"{lost:.2f} points less, and {self._max_drop} are allowed. Nothing was written; quantize less "
                "(--quantize float16 or none), or allow more (--max-drop)."
            )
        return {
            "measured_on": str(self._table.path),
            "measured_texts": len(self._table),
            "accuracy_of_the_model": self._accuracy,
            "accuracy": accuracy,
            "points_lost": round(lost, 4),
        }

    def _accuracy_of(self, answers):
        return float(np.mean(answers.argmax(-1) == self._targets))
