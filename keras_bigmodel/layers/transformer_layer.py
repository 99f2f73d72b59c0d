"""One layer of a Transformer encoder. Knows its parts, not the model that stacks it."""

import keras

from keras_bigmodel.layers.dropout import Dropout
from keras_bigmodel.layers.feed_forward import FeedForward
from keras_bigmodel.layers.layer_norm import LayerNorm
from keras_bigmodel.layers.multi_head_attention import MultiHeadAttention


@keras.saving.register_keras_serializable("keras_bigmodel")
class TransformerLayer(keras.layers.Layer):
    """Lets tokens look at each other, then thinks about each alone; both with a shortcut and a normalisation.

    Args:
        d_model: int. Width of a token.
        num_heads: int. Number of attention heads.
        intermediate_dim: int. Width inside the feed-forward part. Defaults to `4 * d_model`.
        dropout: float in [0, 1). Share dropped after attention and after feed-forward in training. Defaults to 0.1.
        attention_dropout: float in [0, 1). Share of attention shares dropped. Defaults to `dropout`.
        activation: str or callable of the feed-forward part. Defaults to `"gelu"`.
        norm_first: bool. Normalise before each part (pre-norm) instead of after (post-norm, as BERT).
            Defaults to False.
        epsilon: float added to the variance in the normalisations. Defaults to 1e-12, as BERT.
        kernel_initializer: str or initializer of the kernels. Defaults to `"glorot_uniform"`.

    Call arguments:
        x: `(batch, length, d_model)`.
        training: bool. Whether dropout acts.
        mask: nonzero where visible: `(batch, length)`, `(batch, length, length)` or
            `(batch, heads, length, length)`. A mask that Keras carries along (`Embedding(mask_zero=True)`) is used.
        use_causal_mask: bool. Whether a position sees only itself and what came before it.
        return_attention_scores: bool. Whether to return the attention shares too, `(batch, heads, length, length)`.

    Output shape: the shape of `x`.

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
        self.activation = keras.activations.get(activation)
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
        """Makes the weights of all parts."""
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
        """Takes `training` and `mask` by position too, which Keras refuses for what is no tensor."""
        return super().__call__(x, training=training, mask=mask, **kwargs)

    def call(self, x, training=None, mask=None, *, use_causal_mask=False, return_attention_scores=False):
        """Computes; see the class for arguments and shapes."""
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
        """Gives the mask of the tokens; one of pairs ends here."""
        if previous_mask is not None and len(previous_mask.shape) == 2:
            return previous_mask
        return getattr(x, "_keras_mask", None)

    def compute_output_spec(self, x, training=None, mask=None, *, return_attention_scores=False, **kwargs):
        """Gives the output's symbol, and that of the shares where they are asked for."""
        output = keras.KerasTensor(x.shape, dtype=self.compute_dtype)
        if not return_attention_scores:
            return output
        shape = (x.shape[0], self.num_heads, x.shape[1], x.shape[1])
        return output, keras.KerasTensor(shape, dtype=self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Gives the input's shape."""
        return input_shape

    def get_config(self):
        """Returns what `__init__` took."""
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation": keras.activations.serialize(self.activation),
            "norm_first": self.norm_first,
            "epsilon": self.epsilon,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
