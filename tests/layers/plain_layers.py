"""The textbook's formulas in NumPy and float64, written from the papers and not from the package."""

import math

import numpy as np

HIDDEN = -1e30


def number(tensor):
    """A tensor of any backend as a float64 array."""
    import keras

    return keras.ops.convert_to_numpy(tensor).astype("float64")


def gelu(x):
    return 0.5 * x * (1.0 + np.vectorize(math.erf)(x / math.sqrt(2.0)))


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def normalised(x, norm, epsilon):
    """`norm` is a Keras LayerNormalization."""
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon)
    return scaled * number(norm.gamma) + number(norm.beta)


def product(x, dense):
    return x @ number(dense.kernel) + number(dense.bias)


def self_attention(x, attention, num_heads, mask):
    """One head after the other, one text after the other; `mask` is `(batch, keys)`."""
    queries, keys, values = np.split(product(x, attention.query_key_value), 3, axis=-1)
    width = queries.shape[-1] // num_heads
    mixed = np.zeros_like(queries)
    for text in range(len(x)):
        for head in range(num_heads):
            part = slice(head * width, (head + 1) * width)
            scores = queries[text, :, part] @ keys[text, :, part].T / math.sqrt(width)
            shares = softmax(np.where(mask[text][None, :] != 0, scores, HIDDEN))
            mixed[text, :, part] = shares @ values[text, :, part]
    return product(mixed, attention.output_projection)
