"""The feed-forward network of a Transformer layer, applied to each token separately. Knows no attention."""

import keras

from keras_bigmodel.layers.activations import activation_of, name_of
from keras_bigmodel.layers.projection import Projection


@keras.saving.register_keras_serializable("keras_bigmodel")
class FeedForward(keras.layers.Layer):
    """Applies the feed-forward network of a Transformer layer to each token.

    Computes `activation(x @ W1 + b1) @ W2 + b2`.

    Args:
        intermediate_dim: int. Width of the hidden layer, between the two dense products.
        activation: str or callable. Activation of the hidden layer. Defaults to `"gelu"` (erf form); `"gelu_tanh"` is
            its tanh form, as in the BERTs of TF-Hub.
        kernel_initializer: str or initializer of the kernels. Defaults to `"glorot_uniform"`.
        **kwargs: Passed to `keras.layers.Layer`, e.g. `name` and `dtype`.

    Input shape: `(batch, length, hidden_dim)`. Output shape: the same.

    >>> tuple(FeedForward(16)(keras.ops.ones((2, 5, 8))).shape)
    (2, 5, 8)

    Source: Vaswani et al., 2017, "Attention is all you need", section 3.3.
    """

    def __init__(self, intermediate_dim, *, activation="gelu", kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.intermediate_dim = intermediate_dim
        self.activation = activation_of(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True

    def build(self, input_shape):
        """Creates the two dense products; the output has the width of the input."""
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
        """Applies the layer; see the class for shapes."""
        return self.narrow(self.widen(inputs, training=training), training=training)

    def compute_output_shape(self, input_shape):
        """Returns the output shape: that of the input."""
        return input_shape

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`."""
        return {
            **super().get_config(),
            "intermediate_dim": self.intermediate_dim,
            "activation": name_of(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
