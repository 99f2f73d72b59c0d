"""A run whose loss is no number any more ends with its last good weights. Knows Keras's callbacks only."""

import keras
import numpy as np

from keras_bigmodel.training.gradient_accumulation import inner_optimizer


class StopAtNaN(keras.callbacks.Callback):
    """Ends training when the loss is not a finite number, on the weights of the last epoch that was.

    `keras.callbacks.TerminateOnNaN` leaves the model with weights that are no numbers; this one does not. The
    optimizer begins anew, as for a model that was just compiled: its averages are no numbers either.

    `epoch` and `batch` say where it happened, from one; None if it did not. `good_epochs` counts the epochs behind the
    weights that were kept.
    """

    def __init__(self):
        super().__init__()
        self.epoch = self.batch = None
        self.good_epochs = 0
        self._good = None

    def on_train_begin(self, logs=None):
        """Forgets an earlier run."""
        self.epoch = self.batch = None
        self.good_epochs = 0
        self._good = None

    def on_epoch_begin(self, epoch, logs=None):
        """Keeps the weights, unless a resumed run has brought those of the last good epoch with it."""
        if self._good is None:
            self._good, self.good_epochs = self.model.get_weights(), epoch
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        """Looks at the loss."""
        if np.isfinite(float((logs or {}).get("loss", 0.0))):
            return
        self.epoch, self.batch = self._epoch + 1, batch + 1
        self.model.set_weights(self._good)
        _reset(self.model.optimizer)
        self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        """Lets the next epoch begin from these weights if the losses, also on the validation rows, are numbers."""
        losses = [float(value) for name, value in (logs or {}).items() if name in ("loss", "val_loss")]
        if self.epoch is None and np.all(np.isfinite(losses)):
            self._good, self.good_epochs = None, epoch + 1  # None: the model has them


def _reset(optimizer):
    """Gives an optimizer the state of a new one with the same settings."""
    fresh = type(optimizer).from_config(optimizer.get_config())
    fresh.build(inner_optimizer(optimizer)._trainable_variables)
    for variable, new in zip(optimizer.variables, fresh.variables, strict=True):
        variable.assign(new)
