"""Holds one column of many examples, padded only when a batch is built. Knows no tokenizer, no model."""

import numpy as np

from keras_bigmodel.core.errors import UserError


class RaggedColumn:
    """Holds the concatenated values of many examples: a row of any length for each, or an entry of a fixed shape.

    Args:
        values: array `(all values, ...)`; without `row_splits` `(examples, ...)`. A constant array from
            `numpy.broadcast_to`, such as a column of zeros, takes no memory.
        row_splits: int64 array `(examples + 1,)`. Example `i` has `values[row_splits[i]:row_splits[i + 1]]`. Defaults
            to None: example `i` has `values[i]`.
        pad: number. Padding value of batches. Defaults to 0.
        dtype: str. Dtype of batches. Defaults to that of `values`.

    >>> column = RaggedColumn(np.array([1, 2, 3]), np.array([0, 1, 3]), pad=9)
    >>> column.batch(np.array([0, 1])).tolist()
    [[1, 9], [2, 3]]
    """

    def __init__(self, values, row_splits=None, *, pad=0, dtype=None):
        self.values = values
        self.row_splits = row_splits
        self.pad = pad
        self.dtype = np.dtype(dtype or values.dtype)

    def __len__(self):
        return len(self.values) if self.row_splits is None else len(self.row_splits) - 1

    @property
    def is_ragged(self):
        """Returns whether the examples differ in length: bool."""
        return self.row_splits is not None

    @property
    def lengths(self):
        """Returns the number of values of each example, 1 for entries of a fixed shape: int32 array `(examples,)`."""
        return np.ones(len(self), "int32") if self.row_splits is None else lengths_of(self.row_splits)

    @property
    def shape(self):
        """Returns the shape of a batch: tuple of int, or None for sizes that vary between batches."""
        return (None, *[None] * self.is_ragged, *self.values.shape[1:])

    def batch(self, rows, positions=None):
        """Returns a batch of examples, padded to the longest of them.

        Args:
            rows: int array of example indices.
            positions: result of `value_positions(row_splits, rows)`, if several columns share it. Defaults to None:
                computed.

        Returns:
            array `(rows, longest, ...)`; `(rows, ...)` without `row_splits`.
        """
        if self.row_splits is None:
            return self.values[rows].astype(self.dtype, copy=False)
        real, at = positions or value_positions(self.row_splits, rows)
        found = self.values[at].astype(self.dtype, copy=False)  # (rows, longest, ...)
        real = real.reshape(*real.shape, *[1] * (found.ndim - 2))
        return np.where(real, found, self.dtype.type(self.pad))

    @classmethod
    def of(cls, examples, *, pad=0, dtype=None):
        """Returns a column of examples given as an array, or as a list of arrays of different lengths.

        Args:
            examples: array `(examples, ...)`, list of numbers, or list of arrays `(length, ...)`. A column is returned
                as it is.
            pad: number. Padding value of batches. Defaults to 0.
            dtype: str. Dtype of batches. Defaults to that of the values.

        Returns:
            `RaggedColumn`, or the column given.
        """
        if hasattr(examples, "row_splits"):
            return examples
        if isinstance(examples, np.ndarray):
            return cls(examples, pad=pad, dtype=dtype)
        arrays = [np.asarray(example) for example in examples]
        if all(array.ndim == 0 for array in arrays):
            return cls(np.array(arrays), pad=pad, dtype=dtype)
        splits = np.cumsum([0, *map(len, arrays)], dtype="int64")
        return cls(np.concatenate(arrays) if arrays else np.zeros(0), splits, pad=pad, dtype=dtype)

    @classmethod
    def joined(cls, parts):
        """Returns one column of the examples of several columns, in order.

        Args:
            parts: list of `RaggedColumn`, not empty. `pad` and `dtype` are those of the first. Ragged columns that are
                all constant must have the same value.

        Returns:
            `RaggedColumn`.
        """
        first = parts[0]
        how = {"pad": first.pad, "dtype": first.dtype}
        if first.row_splits is None:
            return cls(np.concatenate([part.values for part in parts]), **how)
        lengths = np.concatenate([np.zeros(1, "int64"), *(part.lengths for part in parts)])
        splits = np.cumsum(lengths, dtype="int64")
        if all(is_constant(part.values) for part in parts):
            return cls(np.broadcast_to(_first(parts), (int(splits[-1]), *first.values.shape[1:])), splits, **how)
        return cls(np.concatenate([part.values for part in parts]), splits, **how)


def is_constant(values):
    """Returns whether an array repeats one entry in memory, as one from `numpy.broadcast_to`, or is empty.

    Args:
        values: array.
    """
    return values.ndim > 0 and (values.strides[0] == 0 or len(values) == 0)


def _first(parts):
    full = [part.values for part in parts if len(part.values)]
    return full[0][:1] if full else np.zeros(1, parts[0].values.dtype)


def value_positions(row_splits, rows):
    """Returns the positions of a batch's values in a ragged column.

    Args:
        row_splits: int64 array `(examples + 1,)`.
        rows: int array of example indices.

    Returns:
        `(real, positions)`: bool array `(rows, longest)`, False for padding; int array `(rows, longest)` of indices of
        values, 0 for padding.
    """
    starts, lengths = row_splits[rows], row_splits[rows + 1] - row_splits[rows]
    columns = np.arange(lengths.max(initial=0))
    real = columns < lengths[:, None]  # (rows, longest)
    return real, np.where(real, starts[:, None] + columns, 0)


def lengths_of(row_splits):
    """Returns the lengths of examples, computed without an intermediate int64 array.

    Args:
        row_splits: int64 array `(examples + 1,)`.

    Returns:
        int32 array `(examples,)`.

    >>> lengths_of(np.array([0, 3, 4])).tolist()
    [3, 1]
    """
    lengths = np.empty(len(row_splits) - 1, "int32")
    return np.subtract(row_splits[1:], row_splits[:-1], out=lengths, casting="unsafe")


def check_same_lengths(column, others, name):
    """Checks that a ragged column has as many values for each example as one of some other columns.

    Args:
        column: `RaggedColumn` or `FileColumn`. A column that is not ragged passes.
        others: dict of name → column. Those that are not ragged are ignored.
        name: str. Name of the column in the error message.

    Raises:
        UserError: the lengths are those of none of the others. The message names the first example that differs.
    """
    others = {other: part for other, part in others.items() if part.is_ragged}
    lengths = column.lengths
    if not column.is_ragged or any(np.array_equal(lengths, part.lengths) for part in others.values()):
        return
    if not others:
        raise UserError(f"{name} have lengths of their own, and none of the model's inputs has. Give one array.")
    other, part = next(iter(others.items()))
    row = int(np.flatnonzero(lengths != part.lengths)[0])
    raise UserError(
        f"Example {row} has {lengths[row]} {name} and {part.lengths[row]} values of {other}; wanted as many of one as "
        "of the other."
    )
