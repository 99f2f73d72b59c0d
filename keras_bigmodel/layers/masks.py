"""Attention masks and their conversion to an additive bias on attention scores. Knows shapes and dtypes, no weights.

A mask follows the Keras convention everywhere in the package: nonzero means visible, zero means hidden.
"""

import keras
from keras import ops

# Finite: softmax of a row without a visible position is then uniform instead of NaN. -6e4 is within float16's range.
_HIDDEN = {"float16": -6e4}


def attention_bias(mask, dtype):
    """Converts a mask to the bias that is added to attention scores.

    The bias is 0 where visible. Where hidden, it is -1e9, or -6e4 in float16.

    Args:
        mask: tensor of integers, floats or bools, nonzero where visible: `(batch, keys)` for padding,
            `(batch, queries, keys)`, or `(batch, heads or 1, queries or 1, keys)`.
        dtype: str. Dtype of the scores.

    Returns:
        Tensor of `dtype` that broadcasts against `(batch, heads, queries, keys)`.

    Raises:
        ValueError: the mask does not have two, three or four axes.

    >>> attention_bias(ops.convert_to_tensor([[1, 0]]), "float32").shape
    TensorShape([1, 1, 1, 2])
    """
    rank = len(mask.shape)
    if rank == 2:
        mask = ops.expand_dims(mask, (1, 2))  # not [:, None]: LiteRT does not support that slice
    elif rank == 3:
        mask = ops.expand_dims(mask, 1)
    elif rank != 4:
        raise ValueError(
            f"A mask of {rank} axes came; wanted (batch, keys), (batch, queries, keys) or "
            "(batch, heads, queries, keys), nonzero where attention may look."
        )
    dtype = keras.backend.standardize_dtype(dtype)
    hidden = _HIDDEN.get(dtype, -1e9)
    return (1.0 - ops.cast(ops.not_equal(mask, 0), dtype)) * ops.cast(hidden, dtype)


def causal_mask(num_queries, num_keys):
    """Returns the causal mask: each position sees itself and the positions before it.

    Args:
        num_queries: int or scalar tensor. The queries are the last `num_queries` of the keys' positions.
        num_keys: int or scalar tensor. Number of keys.

    Returns:
        Bool tensor `(1, 1, num_queries, num_keys)`, True where visible.

    >>> ops.convert_to_numpy(causal_mask(2, 3)).astype(int).tolist()
    [[[[1, 1, 0], [1, 1, 1]]]]
    """
    queries = ops.arange(num_queries, dtype="int32")[:, None] + (num_keys - num_queries)
    keys = ops.arange(num_keys, dtype="int32")[None, :]
    return ops.greater_equal(queries, keys)[None, None]
