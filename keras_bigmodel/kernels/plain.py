"""The inner steps of layers in `keras.ops`, for every backend. Knows tensors only."""

import keras
from keras import ops


def affine(x, kernel, bias):
    """Multiplies and adds: `x @ kernel + bias`.

    Args:
        x: `(tokens, input_dim)`.
        kernel: `(input_dim, units)`.
        bias: `(units,)` or None.

    Returns:
        `(tokens, units)`.
    """
    product = ops.matmul(x, kernel)
    return product if bias is None else ops.add(product, bias)


def gelu(x):
    """Bends by the Gaussian error linear unit in its exact form, `x` times the normal distribution's share below `x`.

    Source: Hendrycks and Gimpel, 2016, "Gaussian error linear units".
    """
    return keras.activations.gelu(x)


def normalise(x, gamma, beta, epsilon, *, training=None):
    """Brings the last axis to mean 0 and variance 1, then scales and shifts it; in float32 inside.

    Args:
        x: `(..., width)`.
        gamma: `(width,)`, float32.
        beta: `(width,)`, float32.
        epsilon: float, added to the variance.
        training: bool. Whether a gradient will be asked for.

    Source: Ba et al., 2016, "Layer normalization".
    """
    wide = ops.cast(x, "float32")
    centred = wide - ops.mean(wide, axis=-1, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
    return ops.cast(centred * ops.rsqrt(variance + epsilon) * gamma + beta, x.dtype)


def drop(x, rate, seed):
    """Sets a share of the numbers to 0 and scales the others up, so that their mean stays.

    Args:
        x: tensor.
        rate: float in [0, 1).
        seed: `keras.random.SeedGenerator`.

    Source: Srivastava et al., 2014, "Dropout".
    """
    return keras.random.dropout(x, rate, seed=seed)


def attend(queries, keys, values, bias, *, rate=0.0, seed=None, training=None):
    """Mixes the values by how well their keys fit the queries.

    Args:
        queries: `(batch, heads, queries, key_dim)`.
        keys: `(batch, heads, keys, key_dim)`.
        values: `(batch, heads, keys, key_dim)`.
        bias: what is added to the scores, `masks.attention_bias` say, or None.
        rate: float in [0, 1). Share of the attention shares that is dropped.
        seed: `keras.random.SeedGenerator`, where `rate` is not 0.
        training: bool. Whether a gradient will be asked for.

    Returns:
        `(batch, heads, queries, key_dim)`.

    Source: Vaswani et al., 2017, "Attention is all you need", section 3.2.
    """
    return attend_and_show(queries, keys, values, bias, rate=rate, seed=seed)[0]


def attend_in_one_op(queries, keys, values, bias, *, rate=0.0, seed=None, training=None):
    """Is `attend` by `keras.ops.dot_product_attention` where nothing is dropped: flash attention where it exists."""
    if rate:
        return attend(queries, keys, values, bias, rate=rate, seed=seed)
    by_token = [
        ops.transpose(part, (0, 2, 1, 3)) for part in (queries, keys, values)
    ]  # (batch, length, heads, key_dim)
    return ops.transpose(ops.dot_product_attention(*by_token, bias=bias), (0, 2, 1, 3))


def attend_and_show(queries, keys, values, bias, *, rate=0.0, seed=None):
    """Is `attend` that also gives the shares, `(batch, heads, queries, keys)`, as they are before any is dropped."""
    queries = queries * ops.cast(queries.shape[-1] ** -0.5, queries.dtype)
    scores = ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2)))
    if bias is not None:
        scores = scores + bias
    # float32: a bfloat16 sum over many keys loses the third digit of every share.
    shares = ops.cast(ops.softmax(ops.cast(scores, "float32"), axis=-1), values.dtype)
    return ops.matmul(drop(shares, rate, seed) if rate else shares, values), shares
