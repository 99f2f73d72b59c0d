"""A table stream turned into batches for training: its token ids in a file. Knows no losses."""

import hashlib

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data import StoredTexts
from keras_bigmodel.data.length_batches import LengthBatches
from keras_bigmodel.tasks.text_stream import weighted


class TableSource:
    """Reads a `TableStream` once, when batches are first asked for, and keeps what training needs of it.

    The token ids go to a file. In memory stay twelve bytes a row (eight for its place in the file, four for its label;
    four more with weights), and eight while an epoch is planned: 10 million rows take about 200 MB.

    Args:
        task: the `Task` whose texts these are.
        stream: `TableStream` with labels.
        class_weights: float array `(labels,)` that multiplies the weights, or None.

    Raises:
        UserError: when batches are asked for: whatever the stream refuses; no labels in it; an unknown one; no rows.
    """

    def __init__(self, task, stream, class_weights=None):
        self._task = task
        self._stream = stream
        self._class_weights = class_weights
        self._read = None  # StoredTexts, targets, weights
        self._digest = hashlib.sha256()

    def training_dataset(self, *, batch_size=None, tokens_per_batch=None, seed=None, first_epoch=0):
        """Gives `(dataset, number of batches)`, sorted by length without a seed."""
        how = {"batch_size": batch_size, "tokens_per_batch": tokens_per_batch, "seed": seed}
        batches = LengthBatches(*self._columns(), **how)
        batches.epoch = first_epoch
        return batches.dataset(), batches.steps

    def fingerprint(self):
        """Gives the sha256 of texts, labels and weights as str."""
        self._columns()
        return self._digest.hexdigest()

    def _columns(self):
        if self._read is None:
            targets, weights = [], []
            encoded = StoredTexts.write(
                self._parts(targets, weights),
                vocabulary_size=self._task.tokenizer.vocabulary_size,
                pairs=self._task.pairs,
                pad_id=self._task.tokenizer.pad_id,
                folder=self._stream.folder,
            )
            if not targets:
                raise UserError(f"The stream of {self._stream.path} gave no row; wanted at least one text.")
            targets, weights = np.concatenate(targets), np.concatenate(weights) if weights else None
            for array in (targets, weights, self._class_weights):
                self._digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
            self._read = encoded, targets, weighted(weights, targets, self._class_weights)
        return self._read

    def _parts(self, targets, weights):
        """Yields the texts of each block encoded, and gathers its labels and weights."""
        encode_targets = self._task.target_encoder()
        for block in self._stream:
            if block.labels is None:
                raise UserError(
                    f"The stream of {self._stream.path} reads no labels, and fit and evaluate need them. Leave "
                    "with_labels=False out."
                )
            texts = self._task.checked_texts(block.inputs)
            for column in texts if self._task.pairs else (texts,):
                for text in column:
                    self._digest.update(text.encode("utf-8") + b"\0")
            targets.append(encode_targets(block.labels))
            if block.weights is not None:
                weights.append(np.asarray(block.weights, "float32"))
            yield self._task.encode(texts)
