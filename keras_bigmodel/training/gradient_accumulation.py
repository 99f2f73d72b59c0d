"""Counts updates under gradient accumulation and applies an incomplete one. Knows Keras's optimizers; no task."""

import keras


class ApplyAccumulated(keras.callbacks.Callback):
    """Applies the gradients of the last batches of an epoch, which are too few for a full accumulation.

    With `gradient_accumulation_steps=4` an epoch of 10 batches makes three updates: two of four batches, and one of the
    mean of the last two. (Keras carries the two over to the next epoch, and drops them after the last epoch.) Every
    epoch begins a new accumulation, so that all epochs make the same number of updates.

    It works with every Keras optimizer that accumulates, and does nothing with the others.
    """

    def on_train_batch_end(self, batch, logs=None):
        """Applies the gradients after the last batch of an epoch, before the epoch is validated or saved."""
        if batches_done(self, batch) == (self.params or {}).get("steps"):
            self._apply()

    def on_epoch_end(self, epoch, logs=None):
        """Applies the gradients after an epoch whose number of batches was unknown."""
        self._apply()

    def _apply(self):
        optimizer = inner_optimizer(self.model.optimizer)
        steps = optimizer.gradient_accumulation_steps
        left = int(keras.ops.convert_to_numpy(optimizer._iterations)) % steps if steps else 0
        if left:
            strategy = getattr(self.model, "distribute_strategy", None)  # only TensorFlow's trainer has one
            update = lambda: _update(optimizer, left, steps)
            update() if strategy is None else strategy.run(update)


def _update(optimizer, left, steps):
    """Applies Keras's own update to an accumulation of `left` of `steps` batches, without adding a gradient."""
    variables = optimizer._trainable_variables
    for gradient in optimizer._accumulated_gradients:
        if gradient is not None:
            gradient.assign(gradient * (steps / left))  # Keras divides by all steps
    optimizer._iterations.assign_add(steps - left - 1)
    optimizer.apply([keras.ops.zeros_like(variable) for variable in variables], variables)


def iterations_per_epoch(batches, steps):
    """Returns the number of steps that an optimizer counts in an epoch: its batches, rounded up to whole accumulations.

    Args:
        batches: int. Batches of the epoch.
        steps: int or None. `gradient_accumulation_steps`.

    Returns:
        int.

    >>> iterations_per_epoch(10, 4), iterations_per_epoch(10, None)
    (12, 10)
    """
    return batches if not steps else -(-batches // steps) * steps


def inner_optimizer(optimizer):
    """Returns the optimizer inside a `keras.optimizers.LossScaleOptimizer`, or the optimizer itself."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def batches_done(callback, batch):
    """Returns the number of batches of an epoch that are done when `on_train_batch_end` is called.

    If `steps_per_execution` does not divide the epoch, Keras counts past its end; the result does not.

    Args:
        callback: a `keras.callbacks.Callback` in a run.
        batch: int. The batch index that Keras passed to it, from zero.

    Returns:
        int.
    """
    steps = (callback.params or {}).get("steps")
    return batch + 1 if steps is None else min(batch + 1, steps)
