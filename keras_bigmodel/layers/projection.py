"""A dense layer over tokens, computed as one matrix product. Knows nothing of attention or text."""

import keras
from keras import ops

from keras_bigmodel import kernels
from keras_bigmodel.layers.activations import gelu_tanh


@keras.saving.register_keras_serializable("keras_bigmodel")
class Projection(keras.layers.Dense):
    """Applies a dense layer to the last axis: `activation(x @ kernel + bias)`.

    Same as `keras.layers.Dense`, computed on flattened tokens: one 2-D product instead of a batched one.
    Quantization and `enable_lora` work as in Keras.

    Args:
        units: int. Width of the output.
        **kwargs: Other arguments of `keras.layers.Dense`.

    Input shape: `(..., input_dim)`. Output shape: `(..., units)`.

    >>> tuple(Projection(3)(keras.ops.ones((2, 5, 8))).shape)
    (2, 5, 3)
    """

    def call(self, inputs, training=None):
        """Applies the layer; see the class for shapes."""
        if len(inputs.shape) <= 2:
            return super().call(inputs, training=training)
        leading = ops.shape(inputs)[:-1]
        flat = self._multiply(ops.reshape(inputs, (-1, inputs.shape[-1])), training)  # (tokens, units)
        return ops.reshape(flat, (*leading, self.units))

    def _multiply(self, flat, training):
        # Outside training, Keras's own ops: TensorFlow fuses product, bias and GELU where no gradient is computed.
        if not training or self.quantization_mode is not None:
            return super().call(flat, training=training)
        product = kernels.affine(flat, self.kernel, self.bias)
        if self.activation is keras.activations.gelu:
            return kernels.gelu(product)
        if self.activation is gelu_tanh:
            return kernels.gelu_tanh(product)
        return product if self.activation is None else self.activation(product)
