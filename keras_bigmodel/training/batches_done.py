"""How many batches of an epoch are done. Knows Keras's callbacks only."""


def batches_done(callback, batch):
    """Gives the number of batches of an epoch that are done when `on_train_batch_end` is called.

    With `steps_per_execution` Keras counts on beyond the end of an epoch that they do not divide.

    Args:
        callback: a `keras.callbacks.Callback` in a run.
        batch: int. The number that Keras gave it, from zero.
    """
    steps = (callback.params or {}).get("steps")
    return batch + 1 if steps is None else min(batch + 1, steps)
