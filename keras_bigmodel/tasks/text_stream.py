"""A `tf.data.Dataset` of strings, turned window by window into batches of like length. Knows no losses."""

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.batch_plan import WINDOW
from keras_bigmodel.data.length_batches import LengthBatches
from keras_bigmodel.data.untuned import untuned


class TextStream:
    """Reads a batched dataset of texts once an epoch, holding 50 batches at a time.

    Args:
        task: the `Task` whose texts these are.
        dataset: batched `tf.data.Dataset` of texts, `(texts, labels)` or `(texts, labels, weights)`.
        class_weights: float array `(labels,)` that multiplies the weights, or None.

    Raises:
        UserError: the dataset is not batched.
    """

    def __init__(self, task, dataset, class_weights=None):
        self._task = task
        self._dataset = dataset
        self._class_weights = class_weights
        first = tf.nest.flatten(dataset.element_spec)[0]
        if first.shape.rank != 1:
            raise UserError(
                f"The dataset gives texts of shape {first.shape}; wanted batches of texts. Call .batch(32) on it."
            )

    def texts(self):
        """Gives the texts alone, a window at a time, in order."""
        for elements in self._windows():
            yield self._joined([self._parts(element)[0] for element in elements])

    def dataset(self, *, batch_size=None, tokens_per_batch=None, seed=None, first_epoch=0):
        """Gives a `tf.data.Dataset` of the model's inputs, targets and weights, its end unknown to it."""
        epoch = first_epoch - 1

        def batches():
            nonlocal epoch
            epoch += 1
            encode_targets = self._task.target_encoder()
            for number, elements in enumerate(self._windows()):
                window = self._window(elements, encode_targets, batch_size, tokens_per_batch, seed)
                window.epoch = epoch * 1_000_003 + number  # each window has its own order in each epoch
                yield from window.dataset()

        first = self._dataset.take(1).as_numpy_iterator()
        spec = self._window(first, self._task.target_encoder(), 1, None, None).dataset().element_spec
        return untuned(tf.data.Dataset.from_generator(batches, output_signature=spec).prefetch(4))

    def training_dataset(self, *, batch_size=None, tokens_per_batch=None, seed=None, first_epoch=0):
        """Gives `(dataset, number of batches)`, counted by reading the texts once; 0 for an endless dataset.

        Without `batch_size` batches are as large as the user's first.
        """
        how = {"batch_size": batch_size, "tokens_per_batch": tokens_per_batch, "seed": seed}
        dataset = self.dataset(**how, first_epoch=first_epoch)
        if int(self._dataset.cardinality()) == tf.data.INFINITE_CARDINALITY:
            return dataset, 0
        encode_targets = self._task.target_encoder()
        steps = sum(self._window(elements, encode_targets, **how).steps for elements in self._windows())
        return dataset.apply(tf.data.experimental.assert_cardinality(steps)), steps

    def fingerprint(self):
        """Gives None: a dataset is not read to find out whether it is the same again."""

    def _window(self, elements, encode_targets, batch_size, tokens_per_batch, seed):
        parts = [self._parts(element) for element in elements]
        if not parts:
            raise UserError("The dataset gave no batch; wanted at least one text.")
        texts = self._joined([part[0] for part in parts])
        weights = None
        if parts[0][1] is None:
            raise UserError(
                "The dataset gives texts without labels; wanted (texts, labels) or (texts, labels, weights)."
            )
        targets = encode_targets(np.concatenate([np.asarray(part[1]) for part in parts]))
        if parts[0][2] is not None:
            weights = np.concatenate([part[2] for part in parts]).astype("float32")
        weights = weighted(weights, targets, self._class_weights)
        # The largest batch is the user's size: where batches are shuffled, the small last one may come first.
        rows = None if tokens_per_batch else batch_size or max(_rows(part[0]) for part in parts)
        return LengthBatches(
            self._task.encode(texts), targets, weights, batch_size=rows, tokens_per_batch=tokens_per_batch, seed=seed
        )

    def _windows(self):
        window = []
        for element in self._dataset.as_numpy_iterator():
            window.append(element)
            if len(window) == WINDOW:
                yield window
                window = []
        if window:
            yield window

    def _parts(self, element):
        """Takes an element apart into texts, labels and weights, None for what it does not have."""
        if not isinstance(element, tuple) or (self._task.pairs and not isinstance(element[0], tuple)):
            element = (element,)
        return (*element, None, None)[:3]

    def _joined(self, columns):
        if self._task.pairs:
            return self._task.checked_texts(tuple(np.concatenate(side) for side in zip(*columns, strict=True)))
        return self._task.checked_texts(np.concatenate(columns))


def weighted(weights, targets, class_shares):
    """Multiplies sample weights by the weight of each text's class; either may be None."""
    if class_shares is None:
        return weights
    of_rows = class_shares[targets] if targets.ndim == 1 else targets @ class_shares
    return of_rows if weights is None else weights * of_rows


def _rows(texts):
    return len(texts[0]) if isinstance(texts, tuple) else len(texts)


def is_string_dataset(data):
    """Says whether this is a `tf.data.Dataset` whose first part is text."""
    if not isinstance(data, tf.data.Dataset):
        return False
    return tf.nest.flatten(data.element_spec)[0].dtype == tf.string
