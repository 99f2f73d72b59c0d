"""The optimizer of the recipe. Knows variables and gradients; no model."""

import keras

from keras_bigmodel.training.fused_update import (
    clip_scale,
    fused_adam_update,
    fused_decay,
    is_one_replica,
    without_jumps,
)
from keras_bigmodel.training.scaled_averages import ScaledAverages

# A share of the weights. The recipe's 1e-6 a step is eight times what float32 can tell at all; eight at once also are
# rounded less. Rates at which the order of decay and update could be seen in the sixth digit pass it in every step.
_DECAY_AT_ONCE = 8e-6


@keras.saving.register_keras_serializable("keras_bigmodel")
class AdamW(keras.optimizers.AdamW):
    """Is `keras.optimizers.AdamW` with the same numbers, done in one pass over memory a variable.

    Keras's own makes about ten passes, a third of a training step of a small encoder on a CPU. On the TensorFlow
    backend the update is one fused op, and clipping by the common norm (`global_clipnorm`) is a change of that op's
    numbers instead of a pass over all gradients. Weight decay, a pass of its own, is taken off several steps at once
    where it is tiny: what is due stays below 8e-6 of a weight, and nothing is due after `finalize_variable_values`,
    which Keras calls at the end of `fit`. On other backends it is Keras's own, which their compilers fuse.

    Args:
        learning_rate: float or schedule. Defaults to 0.001, as Keras.
        weight_decay: float. Defaults to 0.004, as Keras.
        peak: float. The rate to come back to while a callback moves `learning_rate`, None otherwise: a file saved in
            the middle of a run has another rate in it. Set by `WarmupDecay`.
        not_decayed: list of str. Patterns of variable names without weight decay. Defaults to none.
        **kwargs: as `keras.optimizers.AdamW`.

    >>> AdamW(1e-4, not_decayed=["bias"]).get_config()["not_decayed"]
    ['bias']

    Source: Loshchilov and Hutter, 2019, "Decoupled weight decay regularization".
    """

    def __init__(self, learning_rate=0.001, weight_decay=0.004, *, not_decayed=(), peak=None, name="adamw", **kwargs):
        super().__init__(learning_rate, weight_decay=weight_decay, name=name, **kwargs)
        self._decay_due = None  # variable: the share of the weights that is still to be taken off
        self._scales = None  # variables: what the averages are to be multiplied with
        self._averages = None
        self.peak = peak
        self.not_decayed = list(not_decayed)
        if self.not_decayed:
            self.exclude_from_weight_decay(var_names=self.not_decayed)

    def build(self, var_list):
        """Makes the averages of each variable and, where clipping costs no pass of its own, the scales of both."""
        if self.built:
            return
        super().build(var_list)
        # With several replicas each clips its own gradients, and the averages are of their sum.
        if fused_adam_update is None or not is_one_replica():
            return
        if self.weight_decay:
            self._decay_due = self.add_variable((), initializer="zeros", name="decay_due")
        if self.global_clipnorm and self._is_fused_for(self._trainable_variables):
            names = ("momentum_scale", "velocity_scale")
            self._scales = [self.add_variable((), initializer="zeros", name=name) for name in names]

    def _is_fused_for(self, variables):
        return fused_adam_update is not None and not self.amsgrad and all(v.dtype == "float32" for v in variables)

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable."""
        if not self._is_fused_for([variable]):
            return super().update_step(gradient, variable, learning_rate)
        index = self._get_variable_index(variable)
        return fused_adam_update(
            gradient,
            variable,
            self._momentums[index],
            self._velocities[index],
            step=self.iterations + 1,
            learning_rate=learning_rate,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            averages=self._averages,
        )

    def _clip_gradients(self, grads):
        if self._scales is None:
            return super()._clip_gradients(grads)
        scale = clip_scale(grads, self.global_clipnorm)
        # Before the first step the averages are 0 whatever their scale; with the first gradients' most digits are kept.
        before = [
            keras.ops.where(variable > 0, variable, first)
            for variable, first in zip(self._scales, (scale, scale * scale), strict=True)
        ]
        grads, scale = without_jumps(grads, scale, keras.ops.sqrt(before[1]))
        self._averages = ScaledAverages.of_step(scale, *before, beta_1=self.beta_1, beta_2=self.beta_2)
        for variable, after in zip(self._scales, self._averages[:2], strict=True):
            variable.assign(after)
        return grads

    def _apply_weight_decay(self, variables):
        if self._decay_due is None:
            return super()._apply_weight_decay(variables)
        due = self._decay_due + keras.ops.cast(self.learning_rate, "float32") * self.weight_decay
        keras.ops.cond(due >= _DECAY_AT_ONCE, lambda: self._decay(variables, due), lambda: self._postpone(due))
        return None

    def _postpone(self, share):
        self._decay_due.assign(share)

    def _decay(self, variables, share):
        for variable in variables:
            if self._use_weight_decay(variable):
                fused_decay(variable, share)
        self._decay_due.assign(0.0)

    def finalize_variable_values(self, var_list):
        """Takes off what decay is still due; Keras calls it at the end of `fit`."""
        if self._decay_due is not None:
            self._decay(self._trainable_variables, keras.ops.convert_to_tensor(self._decay_due))
        super().finalize_variable_values(var_list)

    def get_config(self):
        """Returns what `__init__` took."""
        return {**super().get_config(), "not_decayed": self.not_decayed, "peak": self.peak}
