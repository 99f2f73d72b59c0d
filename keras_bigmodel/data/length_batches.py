"""Feeds batches of like length as a `tf.data.Dataset`. Knows examples; no tokenizer, no model."""

import functools
import math

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.number_check import check_number
from keras_bigmodel.data.batch_plan import plan_batches, with_count

_MORE = 0.04  # batches that shuffled texts need beyond those sorted as a whole; measured: 0 to 3.8 %


def check_batch_size(**sizes):
    """Refuses sizes of batches that are no whole numbers, 1 or more.

    Args:
        **sizes: name → size, or None where it is not given.

    Raises:
        UserError: the sentence names the size.
    """
    for name, size in sizes.items():
        check_number(name, size, least=1, whole=True)


class LengthBatches:
    """Feeds examples in batches of like length, shuffled anew in every epoch.

    Args:
        examples: `Examples`.
        batch_size: int. Examples in a batch; or
        tokens_per_batch: int. Padded tokens in a batch at most.
        seed: int. With it the order is shuffled, by `(seed, epoch)`; without it the longest come first.

    `epoch` may be set before an epoch begins; it counts up by itself otherwise. `order` is the order in which the
    examples leave when there is no seed.

    Raises:
        UserError: a `batch_size` or `tokens_per_batch` below 1.
    """

    def __init__(self, examples, *, batch_size=None, tokens_per_batch=None, seed=None):
        check_batch_size(batch_size=batch_size, tokens_per_batch=tokens_per_batch)
        self.examples = examples
        self.batch_size = batch_size
        self.tokens_per_batch = tokens_per_batch
        self.seed = seed
        self.epoch = 0

    def plan(self):
        """Gives the batches of the coming epoch: a sequence of int arrays of numbers of examples."""
        rng = None if self.seed is None else np.random.default_rng([self.seed, self.epoch])
        plan = self._plan(rng)
        return plan if self.tokens_per_batch is None or rng is None else with_count(plan, self.steps)

    @functools.cached_property
    def steps(self):
        """int: the number of batches, the same in every epoch."""
        if self.tokens_per_batch is None:
            return -(-len(self.examples) // self.batch_size)
        sorted_by_length = len(self._plan(None))
        if self.seed is None:
            return sorted_by_length
        # Shuffled texts need some batches more; how many differs from epoch to epoch.
        return min(len(self.examples), sorted_by_length + math.ceil(_MORE * sorted_by_length))

    def _plan(self, rng):
        return plan_batches(
            self.examples.lengths, batch_size=self.batch_size, tokens_per_batch=self.tokens_per_batch, rng=rng
        )

    @property
    def order(self):
        """Int array `(texts,)`: the number of the example at each place of what is fed."""
        plan = self.plan()
        return np.concatenate(plan) if plan else np.zeros(0, "int64")

    def dataset(self):
        """Returns a `tf.data.Dataset` of what `Examples.batch` gives, with its number of batches."""

        def batches():
            plan = self.plan()
            self.epoch += 1
            for rows in plan:
                yield self.examples.batch(rows)

        dataset = tf.data.Dataset.from_generator(batches, output_signature=_specs(self.examples.shapes()))
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(self.steps))
        return untuned(dataset.prefetch(4))


def _specs(shapes):
    """Returns `tf.TensorSpec`s in the structure of `Examples.shapes`."""
    if isinstance(shapes, dict):
        return {name: _specs(part) for name, part in shapes.items()}
    if isinstance(shapes[1], np.dtype):
        return tf.TensorSpec(*shapes)
    return tuple(map(_specs, shapes))


def untuned(dataset):
    """Gives a dataset without tf.data's tuning thread.

    The thread sleeps 10, 20, 40, ... ms between looks at the pipeline, and the end of an epoch waits for it to wake: an
    epoch of 12 s lasted 20.5 s, one of 0.1 s 0.3 s (10 + 20 + 40 + ... ms, to the millisecond).

    Args:
        dataset: `tf.data.Dataset`.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
