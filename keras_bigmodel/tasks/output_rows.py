"""What a model gave for rows, batch by batch, back in the order of the rows. Knows arrays; no model, no text."""

import keras
import numpy as np

from keras_bigmodel.core.errors import UserError


class OutputRows:
    """Collects batches of outputs: an array, or a structure of arrays, a row each.

    Args:
        rows: int. How many rows there will be.
        has_lengths: structure of bool, as the outputs: whether the second axis of an output follows the rows' lengths.
    """

    def __init__(self, rows, has_lengths):
        self._number = rows
        self._structure = has_lengths
        self._has_lengths = keras.tree.flatten(has_lengths)
        self._batches = []

    def add(self, rows, outputs, lengths):
        """Takes one batch.

        Args:
            rows: int array of row numbers.
            outputs: structure of arrays `(rows, ...)`.
            lengths: int array `(rows,)`.
        """
        outputs, longest = keras.tree.flatten(outputs), int(lengths.max(initial=0))
        for output, has_length in zip(outputs, self._has_lengths, strict=True):
            if has_length and output.shape[1] != longest:
                raise UserError(
                    f"An output of shape {output.shape} came for rows of up to {longest} tokens; wanted an entry for "
                    "each token. Give the output a fixed size where it has none."
                )
        self._batches.append((rows, outputs, lengths))

    def arrays(self):
        """Returns the structure of arrays `(rows, ...)`; shorter rows are filled up with 0."""
        return keras.tree.pack_sequence_as(self._structure, [self._array(at) for at in range(len(self._has_lengths))])

    def _array(self, at):
        parts = [outputs[at] for _, outputs, _ in self._batches]
        shape = list(parts[0].shape[1:])
        if self._has_lengths[at]:
            shape[0] = max(int(lengths.max(initial=0)) for _, _, lengths in self._batches)
        array = np.zeros((self._number, *shape), parts[0].dtype)
        for (rows, _, lengths), part in zip(self._batches, parts, strict=True):
            if self._has_lengths[at]:
                width = part.shape[1]
                real = np.arange(width) < lengths[:, None]  # (rows, width)
                array[rows, :width] = np.where(real.reshape(*real.shape, *[1] * (part.ndim - 2)), part, 0)
            else:
                array[rows] = part
        return array

    def rows(self):
        """Returns a list of each row's outputs, as long as the row is."""
        found = [None] * self._number
        for rows, outputs, lengths in self._batches:
            for at, row in enumerate(rows):
                cut = [
                    output[at, : lengths[at]] if has_length else output[at]
                    for output, has_length in zip(outputs, self._has_lengths, strict=True)
                ]
                found[row] = keras.tree.pack_sequence_as(self._structure, cut)
        return found


def rows_of(arrays):
    """Returns a list of each row's outputs, of a structure of arrays `(rows, ...)`."""
    if isinstance(arrays, np.ndarray):
        return list(arrays)
    columns = keras.tree.flatten(arrays)
    return [keras.tree.pack_sequence_as(arrays, [column[row] for column in columns]) for row in range(len(columns[0]))]


def joined(parts):
    """Returns one structure of arrays of several; shorter rows are filled up with 0 where the parts' widths differ.

    Args:
        parts: list of structures of arrays `(rows, ...)`, at least one.
    """
    return parts[0] if len(parts) == 1 else keras.tree.map_structure(_joined, *parts)


def _joined(*arrays):
    width = max(array.shape[1] for array in arrays) if arrays[0].ndim > 1 else None
    if width is not None:
        filled = [(0, 0)] * (arrays[0].ndim - 2)
        arrays = [np.pad(array, [(0, 0), (0, width - array.shape[1]), *filled]) for array in arrays]
    return np.concatenate(arrays)


def with_lengths(model, preprocessor):
    """Returns the structure of bool that says which outputs of a functional model have an axis as long as the row."""
    rows_have = preprocessor.length_of is not None
    return keras.tree.map_structure(
        lambda output: rows_have and len(output.shape) > 1 and output.shape[1] is None, model.output
    )
