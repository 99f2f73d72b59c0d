"""Stores a ragged column's values in a file and reads them batch by batch. Knows no tokenizer, no model."""

import contextlib
import os
import tempfile
import weakref

import numpy as np

from keras_bigmodel.core.errors import full_disk_explained
from keras_bigmodel.data.ragged_column import RaggedColumn, is_constant, lengths_of


class FileColumn:
    """Stores the values of a ragged column in a file; memory holds eight bytes per example of any length.

    It has the methods of a ragged `RaggedColumn`, and is created by `columns_in_files`. The file has no name, so the
    operating system removes it when the object is deleted or the process ends in any way. Rows are read with `pread`,
    so no page of the file counts as memory of this process.

    Args:
        number: int. File descriptor, which the object closes.
        stored: dtype of the values in the file.
        inner: tuple of int. Shape of one value.
        row_splits: int64 array `(examples + 1,)`. As in `RaggedColumn`.
        pad: number. Padding value of batches.
        dtype: str or dtype. Dtype of batches.
    """

    is_ragged = True

    def __init__(self, number, stored, inner, row_splits, *, pad, dtype):
        self._number, self._stored, self._inner = number, np.dtype(stored), inner
        self.row_splits = row_splits
        self.pad = pad
        self.dtype = np.dtype(dtype)
        weakref.finalize(self, os.close, number)

    def __len__(self):
        return len(self.row_splits) - 1

    @property
    def lengths(self):
        """Returns the number of values of each example: int32 array `(examples,)`."""
        return lengths_of(self.row_splits)

    @property
    def shape(self):
        """Returns the shape of a batch: tuple of int, or None for sizes that vary between batches."""
        return (None, None, *self._inner)

    def batch(self, rows, places=None):
        """Returns a batch of examples, padded to the longest of them.

        Args:
            rows: int array of example indices.
            places: not used; accepted as in `RaggedColumn.batch`.

        Returns:
            array `(rows, longest, ...)`.
        """
        starts = self.row_splits[rows]
        lengths = self.row_splits[rows + 1] - starts
        batch = np.full((len(lengths), int(lengths.max(initial=0)), *self._inner), self.pad, self.dtype)
        size = self._stored.itemsize * int(np.prod(self._inner, dtype="int64"))
        for row, (start, length) in enumerate(zip(starts.tolist(), lengths.tolist(), strict=True)):
            values = np.frombuffer(os.pread(self._number, length * size, start * size), self._stored)
            batch[row, :length] = values.reshape(length, *self._inner)
        return batch


def columns_in_files(parts, folder=None):
    """Writes columns to files, one part of the examples at a time.

    Args:
        parts: iterable of dicts of name → `RaggedColumn`, all with the same names.
        folder: path of an existing folder. Defaults to the system's temporary folder.

    Returns:
        dict of name → `FileColumn` for ragged columns, and `RaggedColumn` for constant ones and those of a fixed shape.

    Raises:
        UserError: the disk is full.
    """
    where, written = folder or tempfile.gettempdir(), {}
    with full_disk_explained(f"The examples in {where}"), contextlib.ExitStack() as opened:
        for part in parts:
            for name, column in part.items():
                if name not in written:
                    in_file = column.is_ragged and not is_constant(column.values)
                    file = opened.enter_context(tempfile.TemporaryFile(dir=where)) if in_file else None
                    written[name] = (column, file, [])
                _, file, kept = written[name]
                if file is None:
                    kept.append(column)
                else:
                    file.write(np.ascontiguousarray(column.values).tobytes())
                    kept.append(column.lengths)
        columns = {}
        for name, (first, file, kept) in written.items():
            if file is None:
                columns[name] = RaggedColumn.joined(kept)
                continue
            file.flush()
            splits = np.cumsum(np.concatenate([np.zeros(1, "int64"), *kept]), dtype="int64")
            columns[name] = FileColumn(
                os.dup(file.fileno()),
                first.values.dtype,
                first.values.shape[1:],
                splits,
                pad=first.pad,
                dtype=first.dtype,
            )
    return _with_shared_places(columns)


def _with_shared_places(columns):
    """Replaces equal row splits by one shared array, so that memory holds it once."""
    ragged = [column for column in columns.values() if column.is_ragged]
    for number, column in enumerate(ragged):
        for other in ragged[:number]:
            if np.array_equal(column.row_splits, other.row_splits):
                column.row_splits = other.row_splits
    return columns
