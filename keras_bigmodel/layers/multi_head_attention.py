"""Multi-head attention between all positions. Knows tensors only: no text, no model."""

import functools

import keras
from keras import ops

from keras_bigmodel import kernels
from keras_bigmodel.layers.dropout import Dropout
from keras_bigmodel.layers.masks import attention_bias, causal_mask
from keras_bigmodel.layers.projection import Projection


@keras.saving.register_keras_serializable("keras_bigmodel")
class MultiHeadAttention(keras.layers.Layer):
    """Applies multi-head scaled dot-product attention.

    Each head computes `softmax(q @ k.T / sqrt(key_dim) + bias) @ v`, where `bias` is a large negative number at hidden
    positions. The heads' outputs are concatenated and projected to `d_model`. Queries, keys and values are computed by
    one fused product. With `value` given, the layer computes cross-attention: queries from `query`, keys and values
    from `value`, both of the same width.

    Args:
        d_model: int. Width of the output.
        num_heads: int. Number of heads.
        key_dim: int. Width of one head. Defaults to `d_model // num_heads`.
        dropout: float in [0, 1). Dropout rate of the attention weights. Defaults to 0.
        use_bias: bool. Whether the projections add a bias. Defaults to True.
        kernel_initializer: str or initializer of the kernels. Defaults to `"glorot_uniform"`.
        **kwargs: Passed to `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        query: `(batch, queries, width)`.
        value: `(batch, keys, width)`, the source of keys and values. Defaults to `query`: self-attention.
        mask: Nonzero where visible: `(batch, keys)`, `(batch, queries, keys)` or `(batch, heads, queries, keys)`.
        value_mask: As `mask`, used with `value` only; Keras fills in the mask that `value` carries. A position is
            visible only if all masks show it.
        use_causal_mask: bool. Whether a position sees only itself and the positions before it. Defaults to False.
        return_attention_scores: bool. Whether to return the attention weights as well. Defaults to False.
        training: bool. Whether dropout is applied.

    Input shape: `(batch, queries, width)`, and `(batch, keys, width)` for `value`.

    Output shape: `(batch, queries, d_model)`. With `return_attention_scores`, a tuple of it and the attention weights
    before dropout, `(batch, heads, queries, keys)`.

    Raises:
        ValueError: `num_heads` is less than 1; `d_model` is no multiple of `num_heads` and `key_dim` is not given; or
            the widths of `query` and `value` differ.

    >>> tuple(MultiHeadAttention(8, 2)(keras.ops.ones((2, 5, 8))).shape)
    (2, 5, 8)

    Source: Vaswani et al., 2017, "Attention is all you need", section 3.2.
    """

    def __init__(
        self,
        d_model,
        num_heads,
        *,
        key_dim=None,
        dropout=0.0,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if num_heads < 1 or (key_dim is None and d_model % num_heads):
            raise ValueError(
                f"MultiHeadAttention got d_model={d_model} and num_heads={num_heads}; d_model must be a multiple of "
                "num_heads. Change one of them, or give key_dim, the width of one head."
            )
        self.d_model = d_model
        self.num_heads = num_heads
        self.key_dim = d_model // num_heads if key_dim is None else key_dim
        self.dropout = dropout
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True
        self.query_key_value = Projection(
            3 * self._inner_dim,
            use_bias=use_bias,
            kernel_initializer=self.kernel_initializer.clone(),  # one instance would draw equal values for both kernels
            dtype=self.dtype_policy,
            name="query_key_value",
        )
        self.output_projection = Projection(
            d_model,
            use_bias=use_bias,
            kernel_initializer=self.kernel_initializer.clone(),  # one instance would draw equal values for both kernels
            dtype=self.dtype_policy,
            name="output_projection",
        )
        self.score_dropout = Dropout(dropout, dtype=self.dtype_policy, name="score_dropout")

    @property
    def _inner_dim(self):
        return self.num_heads * self.key_dim

    def build(self, query_shape, value_shape=None):
        """Creates the weights.

        Args:
            query_shape: tuple of int or None. Shape of the queries.
            value_shape: tuple of int or None. Shape of the values in cross-attention. Defaults to None: self-attention.

        Raises:
            ValueError: the widths of queries and values differ.
        """
        if value_shape is not None and value_shape[-1] != query_shape[-1]:
            raise ValueError(
                f"Cross-attention got queries of width {query_shape[-1]} and values of width {value_shape[-1]}; they "
                "must be equal. Bring the values to the queries' width first, e.g. with keras.layers.Dense."
            )
        self.query_key_value.build(query_shape)
        self.output_projection.build((*query_shape[:-1], self._inner_dim))

    def call(
        self,
        query,
        value=None,
        mask=None,
        *,
        value_mask=None,
        use_causal_mask=False,
        return_attention_scores=False,
        training=None,
    ):
        """Applies the layer; see the class for arguments and shapes."""
        queries, keys, values = self._project(query, value, training)  # each (batch, heads, length, key_dim)
        masks = [mask, value_mask if value is not None else None]
        bias = self._bias(masks, queries, keys, use_causal_mask)
        mixed, shares = self._attend(queries, keys, values, bias, training, return_attention_scores)
        batch, length = ops.shape(query)[0], ops.shape(query)[1]
        mixed = ops.reshape(ops.transpose(mixed, (0, 2, 1, 3)), (batch, length, self._inner_dim))
        output = self.output_projection(mixed, training=training)
        return (output, shares) if return_attention_scores else output

    def _project(self, query, value, training):
        if value is None:
            return self._split_heads(self.query_key_value(query, training=training), 3)
        kernel = ops.cast(self.query_key_value.kernel, self.compute_dtype)
        queries = ops.matmul(query, kernel[:, : self._inner_dim])
        keys_values = ops.matmul(value, kernel[:, self._inner_dim :])
        if self.use_bias:
            bias = ops.cast(self.query_key_value.bias, self.compute_dtype)
            queries, keys_values = queries + bias[: self._inner_dim], keys_values + bias[self._inner_dim :]
        return [*self._split_heads(queries, 1), *self._split_heads(keys_values, 2)]

    def _split_heads(self, fused, parts):
        """Splits `(batch, length, parts * heads * key_dim)` into a list of `(batch, heads, length, key_dim)`."""
        batch, length = ops.shape(fused)[0], ops.shape(fused)[1]
        fused = ops.reshape(fused, (batch, length, parts, self.num_heads, self.key_dim))
        # unstack, not three slices: a slice's gradient is a full-size tensor of zeros around it.
        return ops.unstack(ops.transpose(fused, (2, 0, 3, 1, 4)), parts, axis=0)

    def _bias(self, masks, queries, keys, use_causal_mask):
        if use_causal_mask:
            masks = [*masks, causal_mask(ops.shape(queries)[2], ops.shape(keys)[2])]
        biases = [attention_bias(mask, self.compute_dtype) for mask in masks if mask is not None]
        return functools.reduce(ops.minimum, biases) if biases else None

    def _attend(self, queries, keys, values, bias, training, with_shares):
        drawn = {"rate": self.dropout, "seed": self.score_dropout.seed_generator} if training and self.dropout else {}
        if with_shares:
            return kernels.attention_with_weights(queries, keys, values, bias, **drawn)
        return kernels.dot_product_attention(queries, keys, values, bias, training=training, **drawn), None

    def copy_from(self, attention):
        """Copies the weights of a built `keras.layers.MultiHeadAttention`, so that this layer returns the same outputs.

        Args:
            attention: A built `keras.layers.MultiHeadAttention` with the same heads, widths and `use_bias`.

        Raises:
            ValueError: its number of heads, its widths or its `use_bias` differ from this layer's.
        """
        if not self.built:
            self.build((None, None, attention.query_dense.kernel.shape[0]))
        parts = [attention.query_dense, attention.key_dense, attention.value_dense]
        widths = [part.kernel.shape[0] for part in parts] + [attention.output_dense.kernel.shape[-1]]
        wanted = [self.query_key_value.kernel.shape[0]] * 3 + [self.d_model]
        if widths != wanted:
            raise ValueError(
                f"The layer to copy has the widths {widths} of query, key, value and output; this one has {wanted}. "
                "Only attention between tokens of one width can be copied."
            )
        biased = attention.query_dense.bias is not None
        if biased != self.use_bias:
            raise ValueError(
                f"The layer to copy has use_bias={biased}; this one has use_bias={self.use_bias}. Create it with the "
                "same use_bias."
            )
        shapes = [tuple(part.kernel.shape[1:]) for part in parts]
        if any(shape != (self.num_heads, self.key_dim) for shape in shapes):
            raise ValueError(
                f"The layer to copy has (heads, head width) {shapes} for query, key and value; this one has "
                f"{(self.num_heads, self.key_dim)}. Create it with the same num_heads and key_dim."
            )
        kernels = [ops.reshape(part.kernel, (-1, self._inner_dim)) for part in parts]
        self.query_key_value.kernel.assign(ops.concatenate(kernels, axis=1))
        self.output_projection.kernel.assign(ops.reshape(attention.output_dense.kernel, (self._inner_dim, -1)))
        if self.use_bias:
            biases = [ops.reshape(part.bias, (-1,)) for part in parts]
            self.query_key_value.bias.assign(ops.concatenate(biases))
            self.output_projection.bias.assign(attention.output_dense.bias)

    def compute_mask(self, query, previous_mask=None):
        """Returns the mask that the queries carry; `mask` may refer to the values or to pairs of positions."""
        return getattr(query, "_keras_mask", None)

    def compute_output_spec(self, query, value=None, mask=None, *, return_attention_scores=False, **kwargs):
        """Returns the symbolic output, and with `return_attention_scores` that of the attention weights too."""
        output = keras.KerasTensor((*query.shape[:-1], self.d_model), dtype=self.compute_dtype)
        if not return_attention_scores:
            return output
        keys = query if value is None else value
        shape = (query.shape[0], self.num_heads, query.shape[1], keys.shape[1])
        return output, keras.KerasTensor(shape, dtype=self.compute_dtype)

    def compute_output_shape(self, query_shape, value_shape=None):
        """Returns the output shape: `(batch, queries, d_model)`."""
        return (*query_shape[:-1], self.d_model)

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`."""
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
