"""The optimizer of the recipe. Knows variables and gradients; no model."""

import keras

from keras_bigmodel.training.fused_update import fused_adam_update, fused_clip, fused_decay


@keras.saving.register_keras_serializable("keras_bigmodel")
class AdamW(keras.optimizers.AdamW):
    """Is `keras.optimizers.AdamW` with the same numbers, done in one pass over memory a variable.

    Keras's own makes about ten passes, a third of a training step of a small encoder on a CPU. On the TensorFlow
    backend the update is one fused op; on other backends it is Keras's own, which their compilers fuse.

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
        self.peak = peak
        self.not_decayed = list(not_decayed)
        if self.not_decayed:
            self.exclude_from_weight_decay(var_names=self.not_decayed)

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable."""
        if fused_adam_update is None or self.amsgrad or variable.dtype != "float32":
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
        )

    def _clip_gradients(self, grads):
        if fused_clip is None or self.clipnorm or not self.global_clipnorm:
            return super()._clip_gradients(grads)
        return fused_clip(grads, self.global_clipnorm)

    def _apply_weight_decay(self, variables):
        if fused_decay is None or self.weight_decay is None:
            return super()._apply_weight_decay(variables)
        for variable in variables:
            if self._use_weight_decay(variable):
                fused_decay(variable, self.learning_rate, self.weight_decay)
        return None

    def get_config(self):
        """Returns what `__init__` took."""
        return {**super().get_config(), "not_decayed": self.not_decayed, "peak": self.peak}
