"""A table stream turned into batches for training: its examples in files. Knows no task, no losses."""

import hashlib

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.examples import Examples
from keras_bigmodel.data.length_batches import LengthBatches
from keras_bigmodel.tasks.list_source import arrays_of, examples_of, weighted


class TableSource:
    """Reads a `TableStream` once, when batches are first asked for, and keeps what training needs of it.

    What has a length of its own goes to files. In memory stay twelve bytes a row (eight for its place in the file, four
    for its label; four more with weights), and eight while an epoch is planned: 10 million rows take about 200 MB.

    Args:
        preprocessor: turns columns into features.
        stream: `TableStream` with labels.
        target_encoder: function that makes the function from labels to arrays.
        class_weights: function from targets to float array `(rows,)`, or None.

    Raises:
        UserError: when batches are asked for: whatever the stream refuses; no labels in it; an unknown one; no rows.
    """

    def __init__(self, preprocessor, stream, target_encoder, class_weights=None):
        self._preprocessor = preprocessor
        self._stream = stream
        self._target_encoder = target_encoder
        self._class_weights = class_weights
        self._read = None
        self._digest = hashlib.sha256()

    def split(self, share):
        """Refuses: a stream parts itself."""
        raise UserError(
            "validation_split needs texts in lists, and a TableStream came. Part it with train, validation = "
            "stream.split(0.1), and hand the second in as validation_data."
        )

    def measuring_dataset(self, *, batch_size):
        """Returns batches sorted by length, for measuring."""
        return LengthBatches(self._examples(), batch_size=batch_size).dataset()

    def training_dataset(self, *, batch_size, tokens_per_batch, seed, first_epoch, steps_per_epoch=None):
        """Returns `(dataset, number of batches)`, sorted by length without a seed."""
        how = {"batch_size": batch_size, "tokens_per_batch": tokens_per_batch, "seed": seed}
        batches = LengthBatches(self._examples(), **how)
        batches.epoch = first_epoch
        return batches.dataset(), batches.steps

    def fingerprint(self):
        """Returns the sha256 of texts, labels and weights as str."""
        self._examples()
        return self._digest.hexdigest()

    def _examples(self):
        if self._read is None:
            self._read = Examples.in_files(self._parts(), self._stream.folder)
        return self._read

    def _parts(self):
        """Yields the examples of each block."""
        encode_targets, rows = self._target_encoder(), 0
        for block in self._stream:
            if block.labels is None:
                raise UserError(
                    f"The stream of {self._stream.path} reads no labels, and fit and evaluate need them. Leave "
                    "with_labels=False out."
                )
            columns, targets = self._preprocessor.checked(block.inputs), encode_targets(block.labels)
            weights = None if block.weights is None else np.asarray(block.weights, "float32")
            for column in columns.values():
                for text in column:
                    self._digest.update(text.encode("utf-8") + b"\0")
            for array in arrays_of(targets, weights):
                self._digest.update(np.ascontiguousarray(array).tobytes())
            rows += len(block)
            yield examples_of(self._preprocessor, columns, targets, weighted(weights, targets, self._class_weights))
        if not rows:
            raise UserError(f"The stream of {self._stream.path} gave no row; wanted at least one text.")
        for shares in arrays_of(getattr(self._class_weights, "shares", None)):
            self._digest.update(np.ascontiguousarray(shares).tobytes())
