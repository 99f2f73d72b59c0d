"""Converts sets of labels, given as lists of names or as zeros and ones, to multi-hot rows. Knows no model."""

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tasks.label_column import label_column
from keras_bigmodel.tasks.label_names import LabelReader

_EXAMPLE = 'e.g. [["joy", "love"], []]'


class LabelSetEncoder:
    """Encodes a column of sets of labels in parts, and reads all parts in the same way: as names or as positions.

    Args:
        names: `LabelNames`.
    """

    def __init__(self, names):
        self._names, self._reader, self._rows = names, LabelReader(names), 0

    def __call__(self, targets):
        """Returns the multi-hot form of the next part of the column: float32 array `(texts, labels)`.

        Args:
            targets: list with a list, tuple or set of label names (or positions from 0) for each text, which may be
                empty; or array, tensor or data frame `(texts, labels)` of zeros and ones, or of shares between them.

        Returns:
            float32 array `(texts, labels)`.

        Raises:
            UserError: the targets have another form, a label is unknown, or a share is not from 0 to 1. The message
                says in which row.
        """
        rows = _rows_of(targets)
        if rows is None or _is_multi_hot(rows, len(self._names)):
            hot = label_column(targets, self._names.names, first_row=self._rows)
            if not isinstance(hot, np.ndarray) or hot.shape[1:] != (len(self._names),):
                hot = self._of_one_label(hot)
            found = self._checked(np.asarray(hot, "float32"))
        else:
            found = self._of_lists(rows)
        self._rows += len(found)
        return found

    def _of_one_label(self, column):
        """Returns a column as multi-hot if there is one label and the column holds its zeros and ones."""
        if len(self._names) == 1 and isinstance(column, np.ndarray) and column.ndim == 1:
            return column[:, None]
        raise UserError(
            f"One label a text came, such as {column[0]!r:.60}; wanted a list of labels a text, {_EXAMPLE}, or a "
            "row of zeros and ones. For one label a text take TextClassifier (--task classification)."
        )

    def _checked(self, hot):
        wrong = np.flatnonzero(~((hot >= 0) & (hot <= 1)).all(axis=1))
        if len(wrong):
            row = hot[wrong[0]]
            raise UserError(
                f"Row {self._rows + wrong[0]} of the targets holds {row[~((row >= 0) & (row <= 1))][0]}; wanted 0 or 1 "
                "for each label, or a share between."
            )
        return hot

    def _of_lists(self, rows):
        values, numbers = [], []
        for number, row in enumerate(rows):
            if isinstance(row, (str, bytes)) or not hasattr(row, "__iter__"):
                raise UserError(
                    f"Row {self._rows + number} has the labels {row!r:.60}; wanted a list of labels, {_EXAMPLE}."
                )
            values.extend(row)
            numbers.extend([number] * (len(values) - len(numbers)))
        hot = np.zeros((len(rows), len(self._names)), "float32")
        if values:
            labels = self._reader.numbers(values, rows=[self._rows + number for number in numbers])
            hot[numbers, labels] = 1.0
        return hot


def _rows_of(targets):
    """Returns targets that are lists of labels as a list of rows, None if they are an array or a table of numbers."""
    if hasattr(targets, "to_pylist"):  # Arrow
        targets = targets.to_pylist()
    elif hasattr(targets, "to_list"):  # pandas and polars
        targets = targets.to_list()
    if isinstance(targets, np.ndarray) and targets.dtype == object and targets.ndim == 1:
        targets = targets.tolist()
    is_rows = isinstance(targets, (list, tuple)) and bool(targets)
    if not is_rows or all(isinstance(row, (str, bytes)) or not hasattr(row, "__iter__") for row in targets):
        return None
    return list(targets)


def _is_multi_hot(rows, labels):
    """Returns whether lists are rows of zeros and ones, and not positions of labels.

    Raises:
        UserError: they may be both.
    """
    flat = [value for row in rows for value in (row if hasattr(row, "__iter__") and not isinstance(row, str) else [])]
    numbers = all(isinstance(value, (int, float, bool, np.number)) for value in flat) and bool(flat)
    if not numbers or any(not hasattr(row, "__len__") or len(row) != labels for row in rows):
        return False
    if not all(0 <= value <= 1 for value in flat):
        return False
    if labels == 2 and all(sorted(row) == [0, 1] for row in map(list, rows)):
        raise UserError(
            f"The targets {rows[0]!r} can be read as zeros and ones, and as positions of labels. Give the names of the "
            "labels, or an array of zeros and ones (numpy.array(targets))."
        )
    return True
