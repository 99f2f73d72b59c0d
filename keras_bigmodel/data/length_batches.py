"""Feeds batches of similar length as a `tf.data.Dataset`. Knows examples; no tokenizer, no model."""

import functools
import math

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.number_check import check_number
from keras_bigmodel.data.batch_plan import plan_batches, with_batch_count

_MORE = 0.04  # share of batches that shuffled texts need in addition to sorted texts; measured: 0 to 3.8 %


def check_batch_size(**sizes):
    """Checks that batch sizes are whole numbers, 1 or more.

    Args:
        **sizes: name → size, or None if it is not given.

    Raises:
        UserError: a size is not such a number; the message names it.
    """
    for name, size in sizes.items():
        check_number(name, size, least=1, whole=True)


class LengthBatches:
    """Feeds examples in batches of similar length, shuffled anew in every epoch.

    Args:
        examples: `Examples`.
        batch_size: int. Number of examples in a batch. Either this or `tokens_per_batch` is given.
        tokens_per_batch: int. Maximum number of padded tokens in a batch.
        seed: int. The order is shuffled by `(seed, epoch)`. Defaults to None: the longest examples come first.

    Attributes:
        epoch: int. Number of the next epoch, from 0. It increases with every epoch, and may be set before one begins.

    Raises:
        UserError: `batch_size` or `tokens_per_batch` is not a whole number, 1 or more.
    """

    def __init__(self, examples, *, batch_size=None, tokens_per_batch=None, seed=None):
        check_batch_size(batch_size=batch_size, tokens_per_batch=tokens_per_batch)
        self.examples = examples
        self.batch_size = batch_size
        self.tokens_per_batch = tokens_per_batch
        self.seed = seed
        self.epoch = 0

    def plan(self):
        """Returns the batches of the next epoch: sequence of int arrays of example indices."""
        rng = None if self.seed is None else np.random.default_rng([self.seed, self.epoch])
        plan = self._plan(rng)
        return plan if self.tokens_per_batch is None or rng is None else with_batch_count(plan, self.steps)

    @functools.cached_property
    def steps(self):
        """Returns the number of batches, the same in every epoch: int."""
        if self.tokens_per_batch is None:
            return -(-len(self.examples) // self.batch_size)
        sorted_by_length = len(self._plan(None))
        if self.seed is None:
            return sorted_by_length
        # Shuffled texts need some more batches, and their number varies from epoch to epoch.
        return min(len(self.examples), sorted_by_length + math.ceil(_MORE * sorted_by_length))

    def _plan(self, rng):
        return plan_batches(
            self.examples.lengths, batch_size=self.batch_size, tokens_per_batch=self.tokens_per_batch, rng=rng
        )

    @property
    def order(self):
        """Returns the example index at each position of the next epoch: int array `(examples,)`."""
        plan = self.plan()
        return np.concatenate(plan) if plan else np.zeros(0, "int64")

    def dataset(self):
        """Returns a `tf.data.Dataset` of the batches of `Examples.batch`, with a known number of batches."""

        def batches():
            plan = self.plan()
            self.epoch += 1
            for rows in plan:
                yield self.examples.batch(rows)

        dataset = tf.data.Dataset.from_generator(batches, output_signature=_specs(self.examples.shapes()))
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(self.steps))
        return without_autotuning(dataset.prefetch(4))


def _specs(shapes):
    """Returns `tf.TensorSpec`s in the structure of `Examples.shapes`."""
    if isinstance(shapes, dict):
        return {name: _specs(part) for name, part in shapes.items()}
    if isinstance(shapes[1], np.dtype):
        return tf.TensorSpec(*shapes)
    return tuple(map(_specs, shapes))


def without_autotuning(dataset):
    """Returns a dataset without the autotuning thread of tf.data.

    The thread sleeps 10, 20, 40, ... ms between its checks of the pipeline, and the end of an epoch waits until it
    wakes. An epoch of 12 s lasted 20.5 s, and one of 0.1 s lasted 0.3 s (10 + 20 + 40 + ... ms, to the millisecond).

    Args:
        dataset: `tf.data.Dataset`.

    Returns:
        `tf.data.Dataset`.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
