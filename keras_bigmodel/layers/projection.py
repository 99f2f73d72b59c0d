"""A dense product over tokens, done as one matrix product. Knows nothing of attention or text."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_bigmodel")
class Projection(keras.layers.Dense):
    """Is `keras.layers.Dense`, computed on flattened tokens: one 2-D product instead of a batch of them.

    Arguments, weights, quantisation and `enable_lora` are those of `keras.layers.Dense`.

    Input shape: `(..., input_dim)`. Output shape: `(..., units)`.

    >>> tuple(Projection(3)(keras.ops.ones((2, 5, 8))).shape)
    (2, 5, 3)
    """

    def call(self, inputs, training=None):
        """Multiplies; see the class for shapes."""
        if len(inputs.shape) <= 2:
            return super().call(inputs, training=training)
        leading = ops.shape(inputs)[:-1]
        flat = super().call(ops.reshape(inputs, (-1, inputs.shape[-1])), training=training)  # (tokens, units)
        return ops.reshape(flat, (*leading, self.units))
