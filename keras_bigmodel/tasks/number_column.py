"""Converts numbers in any of the accepted forms to one float column. Knows containers; no model."""

import numpy as np

from keras_bigmodel.core.errors import UserError


def number_column(values, *, first_row=0):
    """Converts numbers to an array.

    Args:
        values: list, array, tensor, or pandas, Arrow or polars column of numbers; texts that are written as numbers
            are read.
        first_row: int. Row number of the first, for error messages. Defaults to 0.

    Returns:
        float32 array `(rows,)`.

    Raises:
        UserError: the values are no column, or one is no finite number; the message says in which row.
    """
    if values is None or isinstance(values, (str, bytes, int, float, dict, set, frozenset)):
        raise UserError(f"The targets are {values!r:.40}; wanted a list with one number a text.")
    if hasattr(values, "to_pylist"):  # Arrow
        values = values.to_pylist()
    elif hasattr(values, "to_numpy"):  # pandas and polars
        values = values.to_numpy()
    elif hasattr(values, "numpy"):
        values = values.numpy()
    if isinstance(values, np.ndarray) or hasattr(values, "__array__"):
        values = np.asarray(values)
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
        if values.ndim != 1:
            raise UserError(f"Targets of shape {values.shape} came; wanted one number a text.")
        values = values.tolist()
    values = values if isinstance(values, (list, tuple)) else list(values)
    found = np.zeros(len(values), "float64")
    for row, value in enumerate(values):
        found[row] = _as_number(value, first_row + row)
    return found.astype("float32")


def _as_number(value, row):
    try:
        number = np.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"Row {row} has the target {_shown(value)}; wanted a number. For labels take TextClassifier (--task "
            "classification)."
        ) from error
    if not np.isfinite(np.float32(number)):
        raise UserError(
            f"Row {row} has the target {_shown(value)}; wanted a finite number. Fill it, or drop such rows."
        )
    return number


def _shown(value):
    return f"{value.decode('utf-8', 'replace') if isinstance(value, bytes) else value!r:.60}"
