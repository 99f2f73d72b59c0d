"""A dense product over tokens, done as one matrix product. Knows nothing of attention or text."""

import keras
from keras import ops

from keras_bigmodel import kernels


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
        flat = self._multiply(ops.reshape(inputs, (-1, inputs.shape[-1])), training)  # (tokens, units)
        return ops.reshape(flat, (*leading, self.units))

    def _multiply(self, flat, training):
        # Outside of training plain ops: TensorFlow fuses product, bias and GELU where no gradient hangs on them.
        if not training or self.quantization_mode is not None:
            return super().call(flat, training=training)
        product = kernels.affine(flat, self.kernel, self.bias)
        if self.activation is keras.activations.gelu:
            return kernels.gelu(product)
        return product if self.activation is None else self.activation(product)
