"""The two products of a Transformer layer that look at one token at a time. Knows no attention."""

import keras

from keras_bigmodel.layers.projection import Projection


@keras.saving.register_keras_serializable("keras_bigmodel")
class FeedForward(keras.layers.Layer):
    """Widens every token, bends it, narrows it back.

    Args:
        intermediate_dim: int. Width between the two products.
        activation: str or callable. Defaults to `"gelu"` (erf form, as in BERT).
        kernel_initializer: str or initializer of the kernels. Defaults to `"glorot_uniform"`.

    Input shape: `(batch, length, hidden_dim)`. Output shape: the same.

    >>> tuple(FeedForward(16)(keras.ops.ones((2, 5, 8))).shape)
    (2, 5, 8)

    Source: Vaswani et al., 2017, "Attention is all you need", section 3.3.
    """

    def __init__(self, intermediate_dim, *, activation="gelu", kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.intermediate_dim = intermediate_dim
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True

    def build(self, input_shape):
        """Makes the two products; the second one's width is the input's."""
        self.widen = Projection(
            self.intermediate_dim,
            activation=self.activation,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name="widen",
        )
        self.narrow = Projection(
            input_shape[-1], kernel_initializer=self.kernel_initializer.clone(), dtype=self.dtype_policy, name="narrow"
        )
        self.widen.build(input_shape)
        self.narrow.build((*input_shape[:-1], self.intermediate_dim))

    def call(self, inputs, training=None):
        """Computes; see the class for shapes."""
        return self.narrow(self.widen(inputs, training=training), training=training)

    def compute_output_shape(self, input_shape):
        """Gives the input's shape."""
        return input_shape

    def get_config(self):
        """Returns what `__init__` took."""
        return {
            **super().get_config(),
            "intermediate_dim": self.intermediate_dim,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
