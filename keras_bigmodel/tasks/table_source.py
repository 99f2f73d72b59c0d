"""Reads a table stream into files of examples, and batches them. Knows no task, no losses."""

import hashlib

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.examples import Examples
from keras_bigmodel.data.length_batches import LengthBatches
from keras_bigmodel.tasks.list_source import arrays_of, examples_of


class TableSource:
    """Reads a `TableStream` once, when batches are first needed, and stores its examples.

    Columns whose rows differ in length are stored in files. Memory holds twelve bytes per row: eight for its position
    in the file and four for its label. Weights take four more, and planning an epoch eight more. 10 million rows take
    about 200 MB.

    Args:
        preprocessor: `Preprocessor` that converts columns to features.
        stream: `TableStream` with labels.
        target_encoder: function without arguments. Returns a function from labels to arrays.
        class_weights: function from targets to float array `(rows,)`. Defaults to None: no class weights.

    Raises:
        UserError: when batches are first needed: the stream cannot be read, has no labels or no rows, or a label is
            unknown.
    """

    def __init__(self, preprocessor, stream, target_encoder, class_weights=None):
        self._preprocessor = preprocessor
        self._stream = stream
        self._target_encoder = target_encoder
        self._class_weights = class_weights
        self._read = None
        self._digest = hashlib.sha256()

    def split(self, share):
        """Raises `UserError`: `TableStream.split` splits a stream.

        Args:
            share: not used.

        Raises:
            UserError: always; the message says how to split a stream.
        """
        raise UserError(
            "validation_split needs texts in lists, and a TableStream came. Part it with train, validation = "
            "stream.split(0.1), and hand the second in as validation_data."
        )

    def evaluation_dataset(self, *, batch_size):
        """Returns the batches for evaluation, sorted by length: `tf.data.Dataset`.

        Args:
            batch_size: int. Number of rows in a batch.

        Raises:
            UserError: as the class.
        """
        return LengthBatches(self._examples(), batch_size=batch_size).dataset()

    def training_dataset(self, *, batch_size, tokens_per_batch, seed, first_epoch, steps_per_epoch=None):
        """Returns the batches for training, and their number in an epoch.

        Args:
            batch_size: int or None. Number of rows in a batch. Either this or `tokens_per_batch` is given.
            tokens_per_batch: int or None. Maximum number of padded tokens in a batch.
            seed: int or None. Seed of the order of the rows. None means that the rows are sorted by length.
            first_epoch: int. Number of the first epoch, from 0.
            steps_per_epoch: not used; accepted as in `DatasetSource.training_dataset`.

        Returns:
            `(tf.data.Dataset, int)`.

        Raises:
            UserError: as the class.
        """
        how = {"batch_size": batch_size, "tokens_per_batch": tokens_per_batch, "seed": seed}
        batches = LengthBatches(self._examples(), **how)
        batches.epoch = first_epoch
        return batches.dataset(), batches.steps

    def fingerprint(self):
        """Returns the SHA-256 of the texts, the targets and all weights in hexadecimal: str."""
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
            yield examples_of(self._preprocessor, columns, targets, weights, self._class_weights)
        if not rows:
            raise UserError(f"The stream of {self._stream.path} gave no row; wanted at least one text.")
        for shares in arrays_of(getattr(self._class_weights, "shares", None)):
            self._digest.update(np.ascontiguousarray(shares).tobytes())
