"""Dropout with a faster way to draw. Knows tensors only."""

import keras

from keras_bigmodel import kernels


@keras.saving.register_keras_serializable("keras_bigmodel")
class Dropout(keras.layers.Dropout):
    """Is `keras.layers.Dropout`, drawn by `kernels.drop`; arguments are the same.

    >>> float(Dropout(0.5)(keras.ops.ones(()), training=False))
    1.0

    Source: Srivastava et al., 2014, "Dropout".
    """

    def call(self, inputs, training=False):
        """Drops in training, and only then."""
        if not training or self.rate == 0 or self.noise_shape is not None:
            return super().call(inputs, training=training)
        return kernels.drop(inputs, self.rate, self.seed_generator)
