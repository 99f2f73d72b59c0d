"""Warm-up and decay of the learning rate over a run. Knows step numbers only."""

import keras

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.training.adamw import AdamW
from keras_bigmodel.training.gradient_accumulation import inner_optimizer


class WarmupDecay(keras.callbacks.Callback):
    """Applies a linear warm-up from zero to the optimizer's learning rate, then a linear decay to zero.

    The factor on the learning rate in step `t`, counted from zero, is `(t + 1) / warmup_steps` during warm-up and
    `(steps - t) / (steps - warmup_steps)` afterwards. It is computed inside the step, so `steps_per_execution` does not
    change it. After the run the rate is constant again, and another `fit` begins the same schedule again.

    Args:
        steps: int. Batches of the whole run.
        warmup_share: float in [0, 1]. Fraction of the steps that are warm-up. Defaults to 0.1.
        first_step: int. Steps already done when the run begins (a resumed run). Defaults to 0.

    Raises:
        UserError: in `fit`, if the optimizer is not `keras_bigmodel.training.AdamW`.

    Source: Devlin et al., 2018, "BERT", appendix A.2.
    """

    def __init__(self, steps, *, warmup_share=0.1, first_step=0):
        super().__init__()
        self.steps = steps
        self.warmup_steps = max(1, round(steps * warmup_share))
        self.first_step = first_step

    def rate(self, step):
        """Returns the factor on the learning rate in a step: float in [0, 1].

        Args:
            step: int. Number of the step, from zero.
        """
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        return max(0.0, (self.steps - step) / max(1, self.steps - self.warmup_steps))

    def on_train_begin(self, logs=None):
        """Sets the schedule of the optimizer.

        Raises:
            UserError: the optimizer is not `keras_bigmodel.training.AdamW`.
        """
        optimizer = inner_optimizer(self.model.optimizer)
        if not isinstance(optimizer, AdamW):
            raise UserError(
                f"WarmupDecay came with the optimizer {type(optimizer).__name__}; it works with "
                "keras_bigmodel.training.AdamW. Give other optimizers a schedule of keras.optimizers.schedules."
            )
        optimizer.set_schedule(self.steps, warmup_steps=self.warmup_steps, done=self.first_step)

    def on_train_end(self, logs=None):
        """Resets the learning rate to a constant."""
        inner_optimizer(self.model.optimizer).clear_schedule()
