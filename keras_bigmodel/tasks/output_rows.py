"""What a model gave for rows, batch by batch, back in the order of the rows. Knows arrays; no model, no text."""

import keras
import numpy as np


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
        self._batches.append((rows, keras.tree.flatten(outputs), lengths))

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
                width = min(shape[0], part.shape[1])
                real = np.arange(width) < np.minimum(lengths, width)[:, None]  # (rows, width)
                array[rows, :width] = np.where(real.reshape(*real.shape, *[1] * (part.ndim - 2)), part[:, :width], 0)
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


def with_lengths(model):
    """Returns the structure of bool that says which outputs of a functional model have an axis as long as the row."""
    return keras.tree.map_structure(lambda output: len(output.shape) > 1 and output.shape[1] is None, model.output)
