"""What keeps TensorFlow from tuning a pipeline in which there is nothing to tune. Knows no texts."""

import tensorflow as tf


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
