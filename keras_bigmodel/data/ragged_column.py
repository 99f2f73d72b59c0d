"""One column of many examples, padded only when a batch is made. Knows no tokenizer, no model."""

import numpy as np

from keras_bigmodel.core.errors import UserError


class RaggedColumn:
    """Values of many examples, one after another: a row of its own length for each, or one of a fixed shape.

    Args:
        values: array `(all values, ...)`; without `row_splits` `(examples, ...)`. An array made by `numpy.broadcast_to`
            costs nothing: a column of zeros, say.
        row_splits: int64 array `(examples + 1,)`; example `i` has `values[row_splits[i]:row_splits[i + 1]]`. Default
            None: each example has one entry of `values`.
        pad: number. Fills a batch up. Defaults to 0.
        dtype: str. Of batches. Defaults to that of `values`.

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
        """Whether each example has a length of its own."""
        return self.row_splits is not None

    @property
    def lengths(self):
        """int32 array `(examples,)`: how many values each example has; 1 where all have one shape."""
        return np.ones(len(self), "int32") if self.row_splits is None else lengths_of(self.row_splits)

    @property
    def shape(self):
        """tuple: a batch's shape, None for what differs from batch to batch."""
        return (None, *[None] * self.is_ragged, *self.values.shape[1:])

    def batch(self, rows, places=None):
        """Returns some examples, padded to the longest of them.

        Args:
            rows: int array of numbers of examples.
            places: what `places_of(row_splits, rows)` gave, where several columns share it.

        Returns:
            array `(rows, longest, ...)`, or `(rows, ...)`.
        """
        if self.row_splits is None:
            return self.values[rows].astype(self.dtype, copy=False)
        real, at = places or places_of(self.row_splits, rows)
        found = self.values[at].astype(self.dtype, copy=False)  # (rows, longest, ...)
        real = real.reshape(*real.shape, *[1] * (found.ndim - 2))
        return np.where(real, found, self.dtype.type(self.pad))

    @classmethod
    def of(cls, examples, *, pad=0, dtype=None):
        """Returns a column of what stands for each example: an array, or a list of arrays of different lengths.

        Args:
            examples: `RaggedColumn`, array `(examples, ...)`, or list of arrays `(length, ...)`.
            pad: number. Defaults to 0.
            dtype: str. Of batches. Defaults to that of the values.
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
        """Returns one column of the examples of several, one after another."""
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
    """Whether an array was made by `numpy.broadcast_to` of one value."""
    return values.ndim > 0 and (values.strides[0] == 0 or len(values) == 0)


def _first(parts):
    full = [part.values for part in parts if len(part.values)]
    return full[0][:1] if full else np.zeros(1, parts[0].values.dtype)


def places_of(row_splits, rows):
    """Returns where a batch's values stand: `(bool array of what is no padding, int array of places)`.

    Args:
        row_splits: int64 array `(examples + 1,)`.
        rows: int array of numbers of examples.

    Returns:
        two arrays `(rows, longest)`.
    """
    starts, lengths = row_splits[rows], row_splits[rows + 1] - row_splits[rows]
    columns = np.arange(lengths.max(initial=0))
    real = columns < lengths[:, None]  # (rows, longest)
    return real, np.where(real, starts[:, None] + columns, 0)


def lengths_of(row_splits):
    """Returns the lengths between places as int32, without a wider array on the way.

    Args:
        row_splits: int64 array `(examples + 1,)`.

    >>> lengths_of(np.array([0, 3, 4])).tolist()
    [3, 1]
    """
    lengths = np.empty(len(row_splits) - 1, "int32")
    return np.subtract(row_splits[1:], row_splits[:-1], out=lengths, casting="unsafe")


def check_as_long(column, others, name):
    """Refuses a ragged column that has not as many values for each example as one of some others.

    Args:
        column: column.
        others: dict of name → column.
        name: str. What the column is called in the sentence.

    Raises:
        UserError: the sentence names the first example.
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
