"""The inner steps of layers in `keras.ops`, for every backend. Knows tensors only."""

import keras
from keras import ops


def affine(x, kernel, bias):
    """Computes the affine product `x @ kernel + bias`.

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
    """Applies GELU in its exact (erf) form: `0.5 * x * (1 + erf(x / sqrt(2)))`.

    Args:
        x: tensor of any shape.

    Returns:
        Tensor of the same shape and dtype.

    Source: Hendrycks and Gimpel, 2016, "Gaussian error linear units".
    """
    return keras.activations.gelu(x)


def gelu_tanh(x):
    """Applies GELU in its tanh form: `0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3)))`.

    Args:
        x: tensor of any shape.

    Returns:
        Tensor of the same shape and dtype.

    Source: Hendrycks and Gimpel, 2016, "Gaussian error linear units".
    """
    return keras.activations.gelu(x, approximate=True)


def layer_norm(x, gamma, beta, epsilon, *, training=None):
    """Computes layer normalization over the last axis in float32.

    Computes `gamma * (x - mean) / sqrt(variance + epsilon) + beta`.

    Args:
        x: `(..., width)`.
        gamma: `(width,)`, float32. Scale.
        beta: `(width,)`, float32. Shift.
        epsilon: float. Added to the variance.
        training: bool. Whether a gradient will be computed. Ignored here; other implementations use it.

    Returns:
        Tensor of the shape and dtype of `x`.

    Source: Ba et al., 2016, "Layer normalization".
    """
    wide = ops.cast(x, "float32")
    centred = wide - ops.mean(wide, axis=-1, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
    return ops.cast(centred * ops.rsqrt(variance + epsilon) * gamma + beta, x.dtype)


def dropout(x, rate, seed):
    """Applies dropout: sets a fraction `rate` of the values to 0 and multiplies the others by `1 / (1 - rate)`.

    Args:
        x: tensor of any shape.
        rate: float in [0, 1). Fraction of the values that is set to 0.
        seed: `keras.random.SeedGenerator`.

    Returns:
        Tensor of the shape and dtype of `x`, with the same expected value.

    Source: Srivastava et al., 2014, "Dropout".
    """
    return keras.random.dropout(x, rate, seed=seed)


def dot_product_attention(queries, keys, values, bias, *, rate=0.0, seed=None, training=None):
    """Computes scaled dot-product attention: `softmax(queries @ keys.T / sqrt(key_dim) + bias) @ values`.

    Args:
        queries: `(batch, heads, queries, key_dim)`.
        keys: `(batch, heads, keys, key_dim)`.
        values: `(batch, heads, keys, key_dim)`.
        bias: Tensor that is added to the scores, e.g. from `masks.attention_bias`, or None.
        rate: float in [0, 1). Dropout rate of the attention weights. Defaults to 0.
        seed: `keras.random.SeedGenerator`. Required if `rate` is not 0.
        training: bool. Whether a gradient will be computed. Ignored here; other implementations use it.

    Returns:
        `(batch, heads, queries, key_dim)`.

    Source: Vaswani et al., 2017, "Attention is all you need", section 3.2.
    """
    return attention_with_weights(queries, keys, values, bias, rate=rate, seed=seed)[0]


def fused_attention(queries, keys, values, bias, *, rate=0.0, seed=None, training=None):
    """Computes `dot_product_attention` with `keras.ops.dot_product_attention` if `rate` is 0.

    That op uses flash attention where it exists. Arguments and return value are those of `dot_product_attention`.
    """
    if rate:
        return dot_product_attention(queries, keys, values, bias, rate=rate, seed=seed)
    by_token = [
        ops.transpose(part, (0, 2, 1, 3)) for part in (queries, keys, values)
    ]  # (batch, length, heads, key_dim)
    return ops.transpose(ops.dot_product_attention(*by_token, bias=bias), (0, 2, 1, 3))


def attention_with_weights(queries, keys, values, bias, *, rate=0.0, seed=None):
    """Computes scaled dot-product attention and returns the attention weights too.

    Args:
        queries: `(batch, heads, queries, key_dim)`.
        keys: `(batch, heads, keys, key_dim)`.
        values: `(batch, heads, keys, key_dim)`.
        bias: Tensor that is added to the scores, or None.
        rate: float in [0, 1). Dropout rate of the attention weights. Defaults to 0.
        seed: `keras.random.SeedGenerator`. Required if `rate` is not 0.

    Returns:
        `(output, weights)`: `(batch, heads, queries, key_dim)` and the attention weights before dropout,
        `(batch, heads, queries, keys)`.
    """
    queries = queries * ops.cast(queries.shape[-1] ** -0.5, queries.dtype)
    scores = ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2)))
    if bias is not None:
        scores = scores + bias
    # float32: a bfloat16 sum over many keys loses the third digit of every attention weight.
    shares = ops.cast(ops.softmax(ops.cast(scores, "float32"), axis=-1), values.dtype)
    return ops.matmul(dropout(shares, rate, seed) if rate else shares, values), shares
