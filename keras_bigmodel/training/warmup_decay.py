"""The learning rate over a run. Knows step numbers only."""

import keras

from keras_bigmodel.training.batches_done import batches_done


class WarmupDecay(keras.callbacks.Callback):
    """Raises the learning rate from zero to its peak, then lowers it to zero, both in a straight line.

    Args:
        peak: float. The highest rate.
        steps: int. Batches of the whole run.
        warmup_share: float in [0, 1]. Share of the steps that rise. Defaults to 0.1.
        first_step: int. Steps already done when the run begins (a resumed run). Defaults to 0.

    After the run the rate is the peak again, so that another `fit` starts as this one did.

    Source: Devlin et al., 2018, "BERT", appendix A.2.
    """

    def __init__(self, peak, steps, *, warmup_share=0.1, first_step=0):
        super().__init__()
        self.peak = peak
        self.steps = steps
        self.warmup_steps = max(1, round(steps * warmup_share))
        self.step = self._before_epoch = first_step

    def rate(self, step):
        """Gives the learning rate of one step, counted from zero."""
        if step < self.warmup_steps:
            return self.peak * (step + 1) / self.warmup_steps
        return self.peak * max(0.0, (self.steps - step) / max(1, self.steps - self.warmup_steps))

    def on_epoch_begin(self, epoch, logs=None):
        """Notes how many steps lie before this epoch."""
        self._before_epoch = self.step

    def on_train_batch_begin(self, batch, logs=None):
        """Sets the rate of the coming step, or steps (`steps_per_execution`)."""
        self.model.optimizer.learning_rate = self.rate(self._before_epoch + batch)

    def on_train_batch_end(self, batch, logs=None):
        """Counts the steps."""
        self.step = self._before_epoch + batches_done(self, batch)

    def on_train_begin(self, logs=None):
        """Notes the peak with the optimizer, for a run that breaks off."""
        self.model.optimizer.peak = self.peak

    def on_train_end(self, logs=None):
        """Puts the peak back."""
        self.model.optimizer.learning_rate = self.peak
        self.model.optimizer.peak = None
