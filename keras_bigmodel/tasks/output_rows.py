"""Collects a model's outputs of batches, and returns them in the order of the rows. Knows arrays; no model, no text."""

import keras
import numpy as np

from keras_bigmodel.core.errors import UserError


class OutputRows:
    """Collects the outputs of batches: an array, or a structure of arrays, with one entry per row.

    Args:
        rows: int. Number of rows in all batches.
        has_lengths: bool, in the structure of the outputs. Whether the second axis of an output is as long as the row.
    """

    def __init__(self, rows, has_lengths):
        self._number = rows
        self._structure = has_lengths
        self._has_lengths = keras.tree.flatten(has_lengths)
        self._batches = []

    def add(self, rows, outputs, lengths):
        """Adds the outputs of one batch.

        Args:
            rows: int array. Row numbers of the batch.
            outputs: array or structure of arrays `(rows, ...)`.
            lengths: int array `(rows,)`. Number of tokens of each row.

        Raises:
            UserError: the second axis of an output that has lengths is not as long as the longest row.
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
        """Returns the outputs of all rows: structure of arrays `(rows, ...)`, shorter rows padded with 0."""
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
        """Returns the outputs of each row without padding: list of structures of arrays."""
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
    """Splits outputs into rows.

    Args:
        arrays: array or structure of arrays `(rows, ...)`.

    Returns:
        list of arrays, or of structures of arrays, one per row.
    """
    if isinstance(arrays, np.ndarray):
        return list(arrays)
    columns = keras.tree.flatten(arrays)
    return [keras.tree.pack_sequence_as(arrays, [column[row] for column in columns]) for row in range(len(columns[0]))]


def join_outputs(parts):
    """Joins the outputs of several parts; if their widths differ, shorter rows are padded with 0.

    Args:
        parts: list of arrays, or of structures of arrays, `(rows, ...)`, at least one.

    Returns:
        array or structure of arrays `(all rows, ...)`.
    """
    return parts[0] if len(parts) == 1 else keras.tree.map_structure(_joined, *parts)


def _joined(*arrays):
    width = max(array.shape[1] for array in arrays) if arrays[0].ndim > 1 else None
    if width is not None:
        filled = [(0, 0)] * (arrays[0].ndim - 2)
        arrays = [np.pad(array, [(0, 0), (0, width - array.shape[1]), *filled]) for array in arrays]
    return np.concatenate(arrays)


def with_lengths(model, preprocessor):
    """Returns which outputs of a functional model have a second axis as long as the row.

    Args:
        model: functional `keras.Model`.
        preprocessor: `Preprocessor` that computes the model's features.

    Returns:
        bool, in the structure of the outputs.
    """
    rows_have = preprocessor.length_of is not None
    return keras.tree.map_structure(
        lambda output: rows_have and len(output.shape) > 1 and output.shape[1] is None, model.output
    )
