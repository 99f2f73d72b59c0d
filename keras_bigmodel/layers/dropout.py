"""Dropout with a faster draw of random numbers. Knows tensors only."""

import keras

from keras_bigmodel import kernels


@keras.saving.register_keras_serializable("keras_bigmodel")
class Dropout(keras.layers.Dropout):
    """Applies dropout: sets a fraction `rate` of the inputs to 0 and multiplies the others by `1 / (1 - rate)`.

    Acts in training only. Same as `keras.layers.Dropout`, with the random numbers drawn by `kernels.dropout`. With a
    `noise_shape`, Keras draws them.

    Args:
        rate: float in [0, 1]. Fraction of the inputs that is set to 0.
        noise_shape: tuple of int. Shape of the random mask, which is broadcast. Defaults to the shape of the input.
        seed: int. Defaults to None: a random seed.
        **kwargs: Passed to `keras.layers.Dropout`, e.g. `name` and `dtype`.

    Input shape: any. Output shape: the same.

    >>> float(Dropout(0.5)(keras.ops.ones(()), training=False))
    1.0

    Source: Srivastava et al., 2014, "Dropout".
    """

    def call(self, inputs, training=False):
        """Applies dropout if `training` is True; otherwise returns the inputs."""
        if not training or self.rate == 0 or self.noise_shape is not None:
            return super().call(inputs, training=training)
        return kernels.dropout(inputs, self.rate, self.seed_generator)
