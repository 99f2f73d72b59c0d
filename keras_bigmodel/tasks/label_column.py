"""Converts labels in any of the accepted forms to one plain column. Knows containers; no meanings and no model."""

import numpy as np

from keras_bigmodel.core.errors import UserError

_NUMBERS = "iuf"  # NumPy's kinds of integers and floats


def label_column(labels, names, *, first_row=0):
    """Converts labels to a list of plain values or an array of numbers; soft labels to a table of floats.

    Soft labels have a row of numbers for each text, with one number per label (one-hot, for example).

    Args:
        labels: list, tuple, array, tensor, or pandas, Arrow or polars column of labels; or soft labels, as a list of
            rows, an array, a tensor, or a data frame whose columns are named as in `names`.
        names: list of str, in the order of the model's outputs.
        first_row: int. Row number of the first label, for error messages. Defaults to 0.

    Returns:
        list `(texts,)` of str, bytes, bool, int, float, None or any other value; NumPy array `(texts,)` of numbers; or
        float32 array `(texts, labels)` of soft labels.

    Raises:
        UserError: the labels are no column (a single value, a set, a dict or an iterator), have another shape, rows of
            different lengths or other columns; or a soft label is not a finite number of 0 or more.
    """
    _check_is_column(labels)
    if hasattr(labels, "columns"):
        return _of_frame(labels, names, first_row)
    if hasattr(labels, "to_pylist"):  # Arrow
        labels = labels.to_pylist()
    elif hasattr(labels, "to_list"):  # pandas and polars; categories become their values
        labels = labels.to_list()
    elif hasattr(labels, "numpy") or (hasattr(labels, "__array__") and not isinstance(labels, np.ndarray)):
        labels = _array_of(labels)
    if isinstance(labels, (str, bytes)):  # a tensor without axes
        _check_is_column(labels)
    if not isinstance(labels, np.ndarray):
        labels = list(labels)
        if not any(hasattr(row, "__len__") and not isinstance(row, (str, bytes)) for row in labels[:1]):
            return [_plain(value) for value in labels]
        labels = _stacked(labels)
    return _of_array(labels, names, first_row)


def _check_is_column(labels):
    if labels is None or isinstance(labels, (str, bytes, int, float, np.generic)):
        raise UserError(f"The labels are {labels!r:.40}; wanted a list with one label a text.")
    if isinstance(labels, (set, frozenset)):
        raise UserError("The labels came as a set, which has no order; wanted a list with one label a text.")
    if isinstance(labels, dict):
        raise UserError("The labels came as a dict; wanted one column, a list with one label a text.")
    if hasattr(labels, "__next__") or not (hasattr(labels, "__iter__") or hasattr(labels, "__array__")):
        raise UserError(f"The labels came as {type(labels).__name__}; wanted a list with one label a text.")


def _array_of(tensor):
    """Returns a tensor of TensorFlow, PyTorch, JAX, Keras or another library as an array."""
    try:
        return tensor.numpy() if hasattr(tensor, "numpy") else np.asarray(tensor)
    except (TypeError, ValueError, AttributeError) as error:  # a tensor without values, or on another device
        raise UserError(
            f"The labels came as {type(tensor).__name__}, which gives no array ({str(error).splitlines()[0]:.80}). "
            "Hand in a list with one label a text."
        ) from error


def _of_frame(frame, names, first_row):
    """Returns the only column of a data frame as labels, or its columns, in the order of the names, as soft labels."""
    found = [str(column) for column in getattr(frame, "column_names", frame.columns)]
    if len(found) == 1:
        return label_column(frame[frame.columns[0]] if not hasattr(frame, "column_names") else frame.column(0), names)
    if not hasattr(frame, "to_numpy") or sorted(found) != sorted(names):
        raise UserError(
            f"The labels came as a table with the columns {', '.join(found[:10])}; wanted one column of labels, or one "
            f"column of numbers for each of {', '.join(names[:10])}."
        )
    return _shares(frame.to_numpy()[:, [found.index(name) for name in names]], first_row)


def _stacked(rows):
    try:
        return np.asarray(rows)
    except ValueError as error:
        raise UserError("The labels have rows of different lengths; wanted one label a text.") from error


def _of_array(array, names, first_row):
    if array.dtype.name == "bfloat16":
        array = array.astype("float32")
    if np.ma.isMaskedArray(array) and array.ndim > 1:
        array = array.filled(np.nan) if array.dtype.kind == "f" else array.astype("float32").filled(np.nan)
    if array.dtype.kind in "mM":  # dates become text: as whole numbers of nanoseconds they could be positions
        array = array.astype(str).astype(object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2 and array.shape[1] == len(names) and array.dtype.kind in _NUMBERS + "b":
        return _shares(array, first_row)
    if array.ndim != 1:
        raise UserError(f"Labels of shape {array.shape} came; wanted one label a text.")
    if array.dtype.kind in _NUMBERS and not np.ma.isMaskedArray(array):
        return array
    return [_plain(value) for value in array.tolist()]


def _shares(array, first_row):
    try:
        shares = np.asarray(array, "float32")
    except (TypeError, ValueError) as error:
        raise UserError(f"The labels are a table of what is no number ({error}); wanted one share a label.") from error
    wrong = np.flatnonzero(~np.all(np.isfinite(shares) & (shares >= 0), axis=1))
    if len(wrong):
        raise UserError(
            f"Row {first_row + wrong[0]} of the labels is {shares[wrong[0]].tolist()}; wanted one share a label, each "
            "finite and not below 0."
        )
    return shares


def _plain(value):
    """Returns a library's scalar as a Python value; float32 0.1 becomes 0.1, as it prints."""
    if hasattr(value, "as_py"):  # Arrow
        return value.as_py()
    if hasattr(value, "numpy") and getattr(value, "ndim", 0) == 0:  # TensorFlow
        value = value.numpy()
    if isinstance(value, np.floating):
        return float(str(value))
    return value.item() if isinstance(value, np.generic) else value
