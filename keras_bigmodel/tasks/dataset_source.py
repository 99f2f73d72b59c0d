"""A `tf.data.Dataset` of raw rows, turned window by window into batches of like length. Knows no task, no losses."""

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.batch_plan import WINDOW
from keras_bigmodel.data.length_batches import LengthBatches
from keras_bigmodel.data.untuned import untuned
from keras_bigmodel.tasks.list_source import checked_weights, examples_of, weighted


class DatasetSource:
    """Reads a batched dataset of raw rows once an epoch, holding 50 batches at a time.

    Args:
        preprocessor: turns columns into features.
        dataset: batched `tf.data.Dataset` of rows, `(rows, targets)` or `(rows, targets, weights)`.
        target_encoder: function that makes the function from targets as given to arrays, one for each reading.
        class_weights: function from targets to float array `(rows,)`, or None.

    Raises:
        UserError: the dataset is not batched.
    """

    def __init__(self, preprocessor, dataset, target_encoder, class_weights=None):
        self._preprocessor = preprocessor
        self._dataset = dataset
        self._target_encoder = target_encoder
        self._class_weights = class_weights
        first = tf.nest.flatten(dataset.element_spec)[0]
        if first.shape.rank in (0, None):
            raise UserError(
                f"The dataset gives texts of shape {first.shape}; wanted batches of texts. Call .batch(32) on it."
            )

    def columns(self):
        """Yields the raw columns alone, a window at a time, in order."""
        for elements in self._windows():
            yield self._joined([self._parts(element)[0] for element in elements])

    def split(self, share):
        """Refuses: where a dataset ends is not known."""
        raise UserError(
            "validation_split needs texts in lists, and a dataset came. Cut it with .take() and .skip() and hand "
            "the second part in as validation_data."
        )

    def fingerprint(self):
        """Returns None: a dataset is not read to find out whether it is the same again."""

    def measuring_dataset(self, *, batch_size):
        """Returns batches for measuring, each window sorted by length."""
        return self.training_dataset(batch_size=batch_size, tokens_per_batch=None, seed=None, first_epoch=0)[0]

    def training_dataset(self, *, batch_size, tokens_per_batch, seed, first_epoch):
        """Returns `(dataset, number of batches)`, counted by reading the rows once; 0 for an endless dataset.

        Without `batch_size` batches are as large as the user's first.
        """
        how = {"batch_size": batch_size, "tokens_per_batch": tokens_per_batch, "seed": seed}
        dataset = self._batches(**how, first_epoch=first_epoch)
        if int(self._dataset.cardinality()) == tf.data.INFINITE_CARDINALITY:
            return dataset, 0
        encode_targets = self._target_encoder()
        steps = sum(self._window(elements, encode_targets, **how).steps for elements in self._windows())
        return dataset.apply(tf.data.experimental.assert_cardinality(steps)), steps

    def _batches(self, *, batch_size, tokens_per_batch, seed, first_epoch):
        """Returns a `tf.data.Dataset` of the model's inputs, targets and weights, its end unknown to it."""
        epoch = first_epoch - 1

        def batches():
            nonlocal epoch
            epoch += 1
            encode_targets = self._target_encoder()
            for number, elements in enumerate(self._windows()):
                window = self._window(elements, encode_targets, batch_size, tokens_per_batch, seed)
                window.epoch = epoch * 1_000_003 + number  # each window has its own order in each epoch
                yield from window.dataset()

        first = self._dataset.take(1).as_numpy_iterator()
        spec = self._window(first, self._target_encoder(), 1, None, None).dataset().element_spec
        return untuned(tf.data.Dataset.from_generator(batches, output_signature=spec).prefetch(4))

    def _window(self, elements, encode_targets, batch_size, tokens_per_batch, seed):
        parts = [self._parts(element) for element in elements]
        if not parts:
            raise UserError("The dataset gave no batch; wanted at least one text.")
        columns = self._joined([part[0] for part in parts])
        weights = None
        if parts[0][1] is None:
            raise UserError(
                "The dataset gives texts without labels; wanted (texts, labels) or (texts, labels, weights)."
            )
        targets = encode_targets(keras.tree.map_structure(_concatenated, *(part[1] for part in parts)))
        if parts[0][2] is not None:
            weights = checked_weights(np.concatenate([part[2] for part in parts]))
        weights = weighted(weights, targets, self._class_weights)
        # The largest batch is the user's size: where batches are shuffled, the small last one may come first.
        rows = None if tokens_per_batch else batch_size or max(_rows(part[0]) for part in parts)
        examples = examples_of(self._preprocessor, columns, targets, weights)
        return LengthBatches(examples, batch_size=rows, tokens_per_batch=tokens_per_batch, seed=seed)

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
        """Takes an element apart into raw columns, targets and weights, None for what it does not have."""
        names = self._preprocessor.columns
        if not isinstance(element, tuple) or (len(names) > 1 and not isinstance(element[0], (tuple, dict))):
            element = (element,)
        raw, targets, weights = (*element, None, None)[:3]
        if not isinstance(raw, dict):
            raw = dict(zip(names, raw if isinstance(raw, tuple) else (raw,), strict=False))
        return raw, targets, weights

    def _joined(self, parts):
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return self._preprocessor.checked(columns)


def _concatenated(*parts):
    return np.concatenate([np.asarray(part) for part in parts])


def _rows(columns):
    return len(next(iter(columns.values())))
