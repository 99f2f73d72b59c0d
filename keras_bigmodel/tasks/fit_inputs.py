"""Texts, labels and weights as people hand them to `fit` and `evaluate`, checked against each other."""

import hashlib

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data import TableStream
from keras_bigmodel.data.length_batches import LengthBatches
from keras_bigmodel.tasks.table_source import TableSource
from keras_bigmodel.tasks.text_stream import TextStream, is_string_dataset, weighted

BATCH_SIZE = 32


class FitInputs:
    """What `fit` and `evaluate` were given, whichever form it came in.

    Args:
        task: the `Task`.
        x: texts, pairs, a batched dataset of `(texts, labels[, weights])`, or a `TableStream`.
        y: labels, or None with a dataset or a stream.
        sample_weight: float array `(texts,)` or None.
        class_weight: dict of label name or number → weight, or None.

    Raises:
        UserError: there are no texts, no labels, or not as many of one as of the other.
    """

    def __init__(self, task, x, y, sample_weight, class_weight):
        self._task = task
        shares = None if class_weight is None else _class_weights(task, class_weight)
        if is_string_dataset(x):
            if y is not None or sample_weight is not None:
                raise UserError("A dataset and labels came; wanted the labels inside the dataset: (texts, labels).")
            self._source = TextStream(task, x, shares)
            return
        if isinstance(x, TableStream):
            if y is not None or sample_weight is not None:
                raise UserError(
                    "A TableStream and labels came; it reads its own. Name their columns: TableStream(path, label=..., "
                    "weight=...)."
                )
            self._source = TableSource(task, x, shares)
            return
        texts = task.checked_texts(x)
        rows = len(texts[0]) if task.pairs else len(texts)
        if y is None:
            raise UserError("Texts came without labels; wanted one label a text, as the second argument.")
        targets = task.encode_targets(y)
        weights = None if sample_weight is None else np.asarray(sample_weight, "float32")
        if weights is not None and weights.shape[1:] == (1,):
            weights = weights[:, 0]
        if weights is not None and weights.ndim != 1:
            raise UserError(f"Sample weights of shape {weights.shape} came; wanted one number a text.")
        for name, column in (("labels", targets), ("sample weights", weights)):
            if column is not None and len(column) != rows:
                raise UserError(f"{rows} texts and {len(column)} {name} came; wanted as many of one as of the other.")
        self._columns = (texts, targets, weights)
        self._class_shares = shares
        self._source = None

    @classmethod
    def from_validation(cls, task, data):
        """Takes what `validation_data` may be: `(texts, labels[, weights])`, a dataset of strings, a `TableStream`."""
        if is_string_dataset(data) or isinstance(data, TableStream):
            return cls(task, data, None, None, None)
        if not isinstance(data, (tuple, list)) or not 2 <= len(data) <= 3:
            raise UserError("validation_data must be (texts, labels) or (texts, labels, weights).")
        return cls(task, data[0], data[1], data[2] if len(data) == 3 else None, None)

    def split(self, share):
        """Cuts the last share of the rows off.

        Returns:
            `(FitInputs, FitInputs)`: what remains, and what was cut off.
        """
        if isinstance(self._source, TableSource):
            raise UserError(
                "validation_split needs texts in lists, and a TableStream came. Part it with train, validation = "
                "stream.split(0.1), and hand the second in as validation_data."
            )
        if self._source is not None:
            raise UserError(
                "validation_split needs texts in lists, and a dataset came. Cut it with .take() and .skip() and hand "
                "the second part in as validation_data."
            )
        texts, _, _ = self._columns
        rows = len(texts[0]) if self._task.pairs else len(texts)
        cut = int(rows * (1 - share))
        if not 0 < cut < rows:
            raise UserError(f"validation_split={share} of {rows} texts leaves one side empty. Choose another share.")
        return self._rows(slice(None, cut)), self._rows(slice(cut, None))

    def _rows(self, rows):
        texts, targets, weights = self._columns
        part = object.__new__(FitInputs)
        part._task, part._source, part._class_shares = self._task, None, self._class_shares
        texts = tuple(column[rows] for column in texts) if self._task.pairs else texts[rows]
        part._columns = (texts, targets[rows], None if weights is None else weights[rows])
        return part

    def fingerprint(self):
        """Gives the sha256 of texts, labels and weights as str; None for a dataset, which is not read for it."""
        if self._source is not None:
            return self._source.fingerprint()
        texts, targets, weights = self._columns
        digest = hashlib.sha256()
        for column in texts if self._task.pairs else (texts,):
            for text in column:
                digest.update(text.encode("utf-8") + b"\0")
        for array in (targets, weights, self._class_shares):
            digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def dataset(self, *, batch_size):
        """Gives batches sorted by length, for measuring."""
        if self._source is not None:
            return self._source.training_dataset(batch_size=batch_size)[0]
        texts, targets, weights = self._columns
        return LengthBatches(self._task.encode(texts), targets, weights, batch_size=batch_size).dataset()

    def training_dataset(self, *, batch_size, tokens_per_batch, seed, first_epoch):
        """Gives `(batches for training, their number in an epoch)`; rows in a batch default to 32 or the dataset's."""
        if tokens_per_batch is None and not isinstance(self._source, TextStream):  # that one's is the user's own
            batch_size = batch_size or BATCH_SIZE
        elif tokens_per_batch is not None:
            batch_size = None
        how = {"batch_size": batch_size, "tokens_per_batch": tokens_per_batch, "seed": seed}
        if self._source is not None:
            return self._source.training_dataset(**how, first_epoch=first_epoch)
        texts, targets, weights = self._columns
        weights = weighted(weights, targets, self._class_shares)
        batches = LengthBatches(self._task.encode(texts), targets, weights, **how)
        batches.epoch = first_epoch
        return batches.dataset(), batches.steps


def _class_weights(task, class_weight):
    """Gives float32 `(labels,)`: the weight of each class, 1 where none is given."""
    keys = list(class_weight)
    numbers = task.label_names.numbers(keys) if keys else np.zeros(0, "int32")
    weights = np.ones(task.num_outputs, "float32")
    weights[numbers] = [float(class_weight[key]) for key in keys]
    return weights


def is_raw(x):
    """Whether this is text for us to turn into batches, rather than batches for Keras."""
    if isinstance(x, tf.data.Dataset):
        return is_string_dataset(x)
    if isinstance(x, dict) or hasattr(x, "__next__") or hasattr(x, "num_batches"):
        return False
    return not (tf.is_tensor(x) and x.dtype != tf.string)
