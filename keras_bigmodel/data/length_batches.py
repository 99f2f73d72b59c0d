"""Batches of like length as a `tf.data.Dataset`. Knows encoded texts; no tokenizer, no model."""

import functools
import math
import numbers

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.batch_plan import plan_batches, with_count
from keras_bigmodel.data.untuned import untuned

_MORE = 0.04  # batches that shuffled texts need beyond those sorted as a whole; measured: 0 to 3.8 %


def check_batch_size(**sizes):
    """Refuses sizes of batches that are no whole numbers, 1 or more.

    Args:
        **sizes: name → size, or None where it is not given.

    Raises:
        UserError: the sentence names the size.
    """
    for name, size in sizes.items():
        whole = isinstance(size, numbers.Integral) and not isinstance(size, bool)
        if size is not None and not (whole and size >= 1):
            raise UserError(f"{name}={size!r:.40} came; wanted a whole number, 1 or more.")


class LengthBatches:
    """Feeds encoded texts in batches of like length, shuffled anew in every epoch.

    Args:
        encoded: `EncodedTexts` or `StoredTexts`.
        targets: array `(texts, ...)` or None.
        weights: float array `(texts,)` or None: the sample weights.
        batch_size: int. Texts in a batch; or
        tokens_per_batch: int. Padded tokens in a batch at most.
        seed: int. With it the order is shuffled, by `(seed, epoch)`; without it the longest come first.

    `epoch` may be set before an epoch begins; it counts up by itself otherwise. `order` is the order in which the
    texts leave when there is no seed. `encoded` may be exchanged between two readings of a dataset that is not counted:
    a new dataset for every few thousand texts would be traced anew every time.

    Raises:
        UserError: a `batch_size` or `tokens_per_batch` below 1.
    """

    def __init__(self, encoded, targets=None, weights=None, *, batch_size=None, tokens_per_batch=None, seed=None):
        check_batch_size(batch_size=batch_size, tokens_per_batch=tokens_per_batch)
        self.encoded = encoded
        self.targets = targets
        self.weights = weights
        self.batch_size = batch_size
        self.tokens_per_batch = tokens_per_batch
        self.seed = seed
        self.epoch = 0

    def plan(self):
        """Gives the batches of the coming epoch: a sequence of int arrays of text numbers."""
        rng = None if self.seed is None else np.random.default_rng([self.seed, self.epoch])
        plan = self._plan(rng)
        return plan if self.tokens_per_batch is None or rng is None else with_count(plan, self.steps)

    @functools.cached_property
    def steps(self):
        """int: the number of batches, the same in every epoch."""
        if self.tokens_per_batch is None:
            return -(-len(self.encoded) // self.batch_size)
        sorted_by_length = len(self._plan(None))
        if self.seed is None:
            return sorted_by_length
        # Shuffled texts need some batches more; how many differs from epoch to epoch.
        return min(len(self.encoded), sorted_by_length + math.ceil(_MORE * sorted_by_length))

    def _plan(self, rng):
        return plan_batches(
            self.encoded.lengths, batch_size=self.batch_size, tokens_per_batch=self.tokens_per_batch, rng=rng
        )

    @property
    def order(self):
        """Int array `(texts,)`: the text number at each place of what is fed."""
        plan = self.plan()
        return np.concatenate(plan) if plan else np.zeros(0, "int64")

    def dataset(self, *, counted=True):
        """Gives a `tf.data.Dataset` of `(features, targets, weights)`, as many parts as there are.

        Args:
            counted: bool. Whether the dataset knows its number of batches. Defaults to True.
        """
        signature = {name: tf.TensorSpec([None, None], "int32") for name in self.encoded.batch(np.arange(0))}
        extras = [array for array in (self.targets, self.weights) if array is not None]
        specs = [tf.TensorSpec([None, *array.shape[1:]], array.dtype) for array in extras]
        spec = (signature, *specs) if specs else signature

        def batches():
            plan = self.plan()
            self.epoch += 1
            for rows in plan:
                features = self.encoded.batch(rows)
                yield (features, *(array[rows] for array in extras)) if extras else features

        dataset = tf.data.Dataset.from_generator(batches, output_signature=spec)
        if counted:
            dataset = dataset.apply(tf.data.experimental.assert_cardinality(self.steps))
        return untuned(dataset.prefetch(4))
