"""The learning rate over a run. Knows step numbers only."""

import keras

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.training.adamw import AdamW
from keras_bigmodel.training.gradient_accumulation import inner_optimizer


class WarmupDecay(keras.callbacks.Callback):
    """Raises the learning rate from zero to the optimizer's, then lowers it to zero, both in a straight line.

    The rate is a function of the step, computed inside the step, so `steps_per_execution` changes nothing. After the
    run the rate is constant again, and another `fit` starts as this one did.

    Args:
        steps: int. Batches of the whole run.
        warmup_share: float in [0, 1]. Share of the steps that rise. Defaults to 0.1.
        first_step: int. Steps already done when the run begins (a resumed run). Defaults to 0.

    Raises:
        UserError: in `fit`, when the optimizer is not `keras_bigmodel.training.AdamW`.

    Source: Devlin et al., 2018, "BERT", appendix A.2.
    """

    def __init__(self, steps, *, warmup_share=0.1, first_step=0):
        super().__init__()
        self.steps = steps
        self.warmup_steps = max(1, round(steps * warmup_share))
        self.first_step = first_step

    def rate(self, step):
        """Returns what the learning rate is multiplied with in one step, counted from zero."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        return max(0.0, (self.steps - step) / max(1, self.steps - self.warmup_steps))

    def on_train_begin(self, logs=None):
        """Sets the schedule."""
        optimizer = inner_optimizer(self.model.optimizer)
        if not isinstance(optimizer, AdamW):
            raise UserError(
                f"WarmupDecay came with the optimizer {type(optimizer).__name__}; it works with "
                "keras_bigmodel.training.AdamW. Give other optimizers a schedule of keras.optimizers.schedules."
            )
        optimizer.set_schedule(self.steps, warmup_steps=self.warmup_steps, done=self.first_step)

    def on_train_end(self, logs=None):
        """Makes the rate constant again."""
        inner_optimizer(self.model.optimizer).clear_schedule()
