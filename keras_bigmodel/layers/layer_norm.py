"""Layer normalization with a faster gradient. Knows tensors only."""

import keras

from keras_bigmodel import kernels


@keras.saving.register_keras_serializable("keras_bigmodel")
class LayerNorm(keras.layers.LayerNormalization):
    """Applies layer normalization over the last axis: `gamma * (x - mean) / sqrt(variance + epsilon) + beta`.

    Same as `keras.layers.LayerNormalization`, computed in float32 by `kernels.layer_norm`. Keras computes every other
    variant: another axis, no scale, no shift, or RMS scaling.

    Args:
        epsilon: float. Added to the variance. Defaults to 1e-3, as in Keras.
        **kwargs: Other arguments of `keras.layers.LayerNormalization`.

    Input shape: `(..., width)`. Output shape: the same.

    >>> tuple(LayerNorm()(keras.ops.ones((2, 5, 8))).shape)
    (2, 5, 8)

    Source: Ba et al., 2016, "Layer normalization".
    """

    def call(self, inputs, training=None):
        """Applies the layer; see the class for shapes."""
        last = self.axis in (-1, [-1], len(inputs.shape) - 1, [len(inputs.shape) - 1])
        if not (last and self.center and self.scale) or getattr(self, "rms_scaling", False):
            return super().call(inputs)
        inputs = keras.ops.cast(inputs, self.compute_dtype)
        gamma, beta = (keras.ops.cast(weight, "float32") for weight in (self.gamma, self.beta))
        return kernels.layer_norm(inputs, gamma, beta, self.epsilon, training=training)
