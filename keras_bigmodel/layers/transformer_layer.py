"""One layer of a Transformer encoder. Knows its sublayers, not the model that stacks it."""

import keras

from keras_bigmodel.layers.activations import activation_of, name_of
from keras_bigmodel.layers.dropout import Dropout
from keras_bigmodel.layers.feed_forward import FeedForward
from keras_bigmodel.layers.layer_norm import LayerNorm
from keras_bigmodel.layers.multi_head_attention import MultiHeadAttention


@keras.saving.register_keras_serializable("keras_bigmodel")
class TransformerLayer(keras.layers.Layer):
    """Applies self-attention and a feed-forward network, each with a residual connection and layer normalization.

    With post-norm (the default), the layer computes `x = norm(x + attention(x))`, then `x = norm(x + feed_forward(x))`.
    With pre-norm, it computes `x = x + attention(norm(x))`, then `x = x + feed_forward(norm(x))`. Dropout is applied to
    the output of each sublayer, before the addition.

    Args:
        d_model: int. Width of a token.
        num_heads: int. Number of attention heads.
        intermediate_dim: int. Width of the feed-forward network's hidden layer. Defaults to `4 * d_model`.
        dropout: float in [0, 1). Dropout rate of the outputs of both sublayers. Defaults to 0.1.
        attention_dropout: float in [0, 1). Dropout rate of the attention weights. Defaults to `dropout`.
        activation: str or callable. Activation of the feed-forward network. Defaults to `"gelu"` (erf form);
            `"gelu_tanh"` is its tanh form.
        norm_first: bool. Whether to normalize before each sublayer (pre-norm) instead of after (post-norm, as in BERT).
            Defaults to False.
        epsilon: float. Added to the variance in the normalizations. Defaults to 1e-12, as in BERT.
        kernel_initializer: str or initializer of the kernels. Defaults to `"glorot_uniform"`.
        **kwargs: Passed to `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        x: `(batch, length, d_model)`.
        training: bool. Whether dropout is applied.
        mask: Nonzero where visible: `(batch, length)`, `(batch, length, length)` or `(batch, heads, length, length)`.
            Defaults to the mask that `x` carries (from `Embedding(mask_zero=True)`).
        use_causal_mask: bool. Whether a position sees only itself and the positions before it. Defaults to False.
        return_attention_scores: bool. Whether to return the attention weights as well. Defaults to False.

    Input shape: `(batch, length, d_model)`.

    Output shape: the same. With `return_attention_scores`, a tuple of it and the attention weights before dropout,
    `(batch, heads, length, length)`.

    Raises:
        ValueError: the width of the input is not `d_model`, or `d_model` is not a multiple of `num_heads`.

    >>> tuple(TransformerLayer(8, 2)(keras.ops.ones((2, 5, 8))).shape)
    (2, 5, 8)

    Source: Vaswani et al., 2017, section 3.1; Devlin et al., 2018 (post-norm, GELU); Xiong et al., 2020 (pre-norm).
    """

    def __init__(
        self,
        d_model,
        num_heads,
        *,
        intermediate_dim=None,
        dropout=0.1,
        attention_dropout=None,
        activation="gelu",
        norm_first=False,
        epsilon=1e-12,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.d_model = d_model
        self.num_heads = num_heads
        self.intermediate_dim = 4 * d_model if intermediate_dim is None else intermediate_dim
        self.dropout = dropout
        self.attention_dropout = dropout if attention_dropout is None else attention_dropout
        self.activation = activation_of(activation)
        self.norm_first = norm_first
        self.epsilon = epsilon
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True

        policy = self.dtype_policy
        self.attention = MultiHeadAttention(
            d_model,
            num_heads,
            dropout=self.attention_dropout,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=policy,
            name="attention",
        )
        self.attention_norm = LayerNorm(epsilon=epsilon, dtype=policy, name="attention_norm")
        self.feed_forward = FeedForward(
            self.intermediate_dim,
            activation=self.activation,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=policy,
            name="feed_forward",
        )
        self.feed_forward_norm = LayerNorm(epsilon=epsilon, dtype=policy, name="feed_forward_norm")
        self.attention_output_dropout = Dropout(dropout, dtype=policy, name="attention_output_dropout")
        self.feed_forward_dropout = Dropout(dropout, dtype=policy, name="feed_forward_dropout")

    def build(self, input_shape):
        """Creates the weights of all sublayers."""
        if input_shape[-1] != self.d_model:
            raise ValueError(
                f"TransformerLayer(d_model={self.d_model}) got tokens of width {input_shape[-1]}; its shortcuts need "
                f"the two equal. Use d_model={input_shape[-1]}, or bring the tokens to {self.d_model} first."
            )
        self.attention.build(input_shape)
        self.attention_norm.build(input_shape)
        self.feed_forward.build(input_shape)
        self.feed_forward_norm.build(input_shape)

    def __call__(self, x, training=None, mask=None, **kwargs):
        """Applies the layer. Accepts `training` and `mask` by position too, as Keras does for tensors only."""
        return super().__call__(x, training=training, mask=mask, **kwargs)

    def call(self, x, training=None, mask=None, *, use_causal_mask=False, return_attention_scores=False):
        """Applies the layer; see the class for arguments and shapes."""
        inputs = self.attention_norm(x) if self.norm_first else x
        attended = self.attention(
            inputs,
            mask=mask,
            use_causal_mask=use_causal_mask,
            return_attention_scores=return_attention_scores,
            training=training,
        )
        attended, shares = attended if return_attention_scores else (attended, None)
        x = x + self.attention_output_dropout(attended, training=training)
        if not self.norm_first:
            x = self.attention_norm(x)
        inputs = self.feed_forward_norm(x) if self.norm_first else x
        x = x + self.feed_forward_dropout(self.feed_forward(inputs, training=training), training=training)
        if not self.norm_first:
            x = self.feed_forward_norm(x)
        return (x, shares) if return_attention_scores else x

    def compute_mask(self, x, previous_mask=None):
        """Returns the mask of the tokens; a mask of pairs of positions is not passed on."""
        if previous_mask is not None and len(previous_mask.shape) == 2:
            return previous_mask
        return getattr(x, "_keras_mask", None)

    def compute_output_spec(self, x, training=None, mask=None, *, return_attention_scores=False, **kwargs):
        """Returns the symbolic output, and with `return_attention_scores` that of the attention weights too."""
        output = keras.KerasTensor(x.shape, dtype=self.compute_dtype)
        if not return_attention_scores:
            return output
        shape = (x.shape[0], self.num_heads, x.shape[1], x.shape[1])
        return output, keras.KerasTensor(shape, dtype=self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Returns the output shape: that of the input."""
        return input_shape

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`."""
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation": name_of(self.activation),
            "norm_first": self.norm_first,
            "epsilon": self.epsilon,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
