"""Stops a run whose loss is not finite, with its last good weights. Knows Keras's callbacks only."""

import keras
import numpy as np

from keras_bigmodel.training.gradient_accumulation import inner_optimizer


class StopAtNaN(keras.callbacks.Callback):
    """Stops training when the loss is not finite and restores the weights of the last epoch with finite losses.

    `keras.callbacks.TerminateOnNaN` leaves the model with weights that are NaN; this one does not. The optimizer is
    reset to the state of a model that was just compiled, because its averages are NaN too.

    Attributes:
        epoch: int. Epoch in which the loss was not finite, from one; None if it always was.
        batch: int. Batch of that epoch, from one; None if the loss was always finite.
        good_epochs: int. Number of epochs that the restored weights were trained for.
    """

    def __init__(self):
        super().__init__()
        self.epoch = self.batch = None
        self.good_epochs = 0
        self._good = None

    def on_train_begin(self, logs=None):
        """Clears the record of an earlier run."""
        self.epoch = self.batch = None
        self.good_epochs = 0
        self._good = None

    def on_epoch_begin(self, epoch, logs=None):
        """Stores the weights, unless a resumed run has restored those of the last good epoch."""
        if self._good is None:
            self._good, self.good_epochs = self.model.get_weights(), epoch
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        """Checks the loss: if it is not finite, restores the weights and stops training."""
        if np.isfinite(float((logs or {}).get("loss", 0.0))):
            return
        self.epoch, self.batch = self._epoch + 1, batch + 1
        self.model.set_weights(self._good)
        _reset(self.model.optimizer)
        self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        """Marks the epoch as good if the losses, also on the validation rows, are finite."""
        losses = [float(value) for name, value in (logs or {}).items() if name in ("loss", "val_loss")]
        if self.epoch is None and np.all(np.isfinite(losses)):
            self._good, self.good_epochs = None, epoch + 1  # None: on_epoch_begin stores the model's weights


def _reset(optimizer):
    """Resets an optimizer to the state of a new one with the same settings."""
    fresh = type(optimizer).from_config(optimizer.get_config())
    fresh.build(inner_optimizer(optimizer)._trainable_variables)
    for variable, new in zip(optimizer.variables, fresh.variables, strict=True):
        variable.assign(new)
