"""Normalisation of each token with a faster gradient. Knows tensors only."""

import keras

from keras_bigmodel import kernels


@keras.saving.register_keras_serializable("keras_bigmodel")
class LayerNorm(keras.layers.LayerNormalization):
    """Is `keras.layers.LayerNormalization` over the last axis, computed by `kernels.normalise`.

    Arguments and weights are those of `keras.layers.LayerNormalization`. Whatever is no plain normalisation of the last
    axis (another axis, no scale, no shift) is computed by Keras.

    Input shape: `(..., width)`. Output shape: the same.

    >>> tuple(LayerNorm()(keras.ops.ones((2, 5, 8))).shape)
    (2, 5, 8)

    Source: Ba et al., 2016, "Layer normalization".
    """

    def call(self, inputs, training=None):
        """Normalises; see the class for shapes."""
        last = self.axis in (-1, [-1], len(inputs.shape) - 1, [len(inputs.shape) - 1])
        if not (last and self.center and self.scale) or getattr(self, "rms_scaling", False):
            return super().call(inputs)
        inputs = keras.ops.cast(inputs, self.compute_dtype)
        gamma, beta = (keras.ops.cast(weight, "float32") for weight in (self.gamma, self.beta))
        return kernels.normalise(inputs, gamma, beta, self.epsilon, training=training)
