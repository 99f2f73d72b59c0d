"""Counts updates under gradient accumulation and applies an incomplete one. Knows Keras's optimizers; no task."""

import keras


class ApplyAccumulated(keras.callbacks.Callback):
    """Makes an update of the gradients that the last batches of an epoch left, too few for one of their own.

    With `gradient_accumulation_steps=4` an epoch of 10 batches makes three updates: two of four batches, and one of the
    mean of the last two. (Keras keeps the two for the next epoch, and after the last epoch drops them.) Every epoch
    begins a new accumulation, so that it takes as many updates as the others.

    It works with every Keras optimizer that accumulates, and does nothing where none does.
    """

    def on_train_batch_end(self, batch, logs=None):
        """Updates after the last batch of an epoch: before the epoch is validated or kept."""
        if batches_done(self, batch) == (self.params or {}).get("steps"):
            self._apply()

    def on_epoch_end(self, epoch, logs=None):
        """Updates after an epoch whose end was not known before."""
        self._apply()

    def _apply(self):
        optimizer = inner_optimizer(self.model.optimizer)
        steps = optimizer.gradient_accumulation_steps
        left = int(keras.ops.convert_to_numpy(optimizer._iterations)) % steps if steps else 0
        if left:
            strategy = getattr(self.model, "distribute_strategy", None)  # of TensorFlow's trainer
            update = lambda: _update(optimizer, left, steps)
            update() if strategy is None else strategy.run(update)


def _update(optimizer, left, steps):
    """Makes Keras's own update of an accumulation that `left` of `steps` batches began: nothing is added to it."""
    variables = optimizer._trainable_variables
    for gradient in optimizer._accumulated_gradients:
        if gradient is not None:
            gradient.assign(gradient * (steps / left))  # Keras divides by all steps
    optimizer._iterations.assign_add(steps - left - 1)
    optimizer.apply([keras.ops.zeros_like(variable) for variable in variables], variables)


def updates_times_steps(batches, steps):
    """Returns the number that an optimizer counts in an epoch: batches, filled up to whole accumulations.

    Args:
        batches: int. Batches of the epoch.
        steps: int or None. `gradient_accumulation_steps`.

    >>> updates_times_steps(10, 4), updates_times_steps(10, None)
    (12, 10)
    """
    return batches if not steps else -(-batches // steps) * steps


def inner_optimizer(optimizer):
    """Returns the optimizer inside a `keras.optimizers.LossScaleOptimizer`, or the optimizer itself."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def batches_done(callback, batch):
    """Gives the number of batches of an epoch that are done when `on_train_batch_end` is called.

    With `steps_per_execution` Keras counts on beyond the end of an epoch that they do not divide.

    Args:
        callback: a `keras.callbacks.Callback` in a run.
        batch: int. The number that Keras gave it, from zero.
    """
    steps = (callback.params or {}).get("steps")
    return batch + 1 if steps is None else min(batch + 1, steps)
