"""The inner steps of layers with a faster TensorFlow implementation, mostly of the gradient. Knows tensors only.

TensorFlow runs one op after another over whole tensors. The cost on a CPU is therefore the number of passes over
memory, and some of its kernels are far slower than others (`docs/performance.md` has the figures).
"""

import math

import tensorflow as tf

from keras_bigmodel.kernels import plain

_SQRT_HALF = math.sqrt(0.5)
_DENSITY_AT_ZERO = 1.0 / math.sqrt(2.0 * math.pi)
_TANH_SCALE, _TANH_CUBE = math.sqrt(2.0 / math.pi), 0.044715  # of GELU's tanh form


def affine(x, kernel, bias):
    """Computes `plain.affine`; the bias gradient is a product with ones, 3 to 5 times as fast as `BiasAddGrad`."""
    if bias is None:
        return tf.matmul(x, kernel)
    return _affine(x, tf.convert_to_tensor(kernel), tf.convert_to_tensor(bias))  # custom gradients accept no variables


@tf.custom_gradient
def _affine(x, kernel, bias):
    def gradient(upstream):
        ones = tf.ones((1, tf.shape(upstream)[0]), upstream.dtype)
        return (
            tf.matmul(upstream, kernel, transpose_b=True),
            tf.matmul(x, upstream, transpose_a=True),
            tf.matmul(ones, upstream)[0],
        )

    return tf.nn.bias_add(tf.matmul(x, kernel), bias), gradient


@tf.custom_gradient
def gelu(x):
    """Applies GELU in its exact (erf) form, as `plain.gelu`.

    Computes in float32, which is faster than in bfloat16. The forward pass stores the derivative for the gradient.
    """
    wide = tf.cast(x, tf.float32)
    below = 0.5 + 0.5 * tf.math.erf(wide * _SQRT_HALF)  # cumulative distribution function of the normal distribution
    density = tf.exp(-0.5 * tf.square(wide)) * _DENSITY_AT_ZERO
    slope = tf.cast(below + wide * density, x.dtype)
    return tf.cast(wide * below, x.dtype), lambda upstream: upstream * slope


@tf.custom_gradient
def gelu_tanh(x):
    """Applies GELU in its tanh form, as `plain.gelu_tanh`.

    Computes in float32. The forward pass stores the derivative for the gradient.
    """
    wide = tf.cast(x, tf.float32)
    square = tf.square(wide)
    bent = tf.tanh(wide * (_TANH_SCALE + _TANH_SCALE * _TANH_CUBE * square))
    below = 0.5 + 0.5 * bent
    steepness = wide * (_TANH_SCALE + 3.0 * _TANH_SCALE * _TANH_CUBE * square)
    # 1 - bent² is written as a product of 0 for large x, whose square may overflow.
    slope = below + tf.math.multiply_no_nan(0.5 * steepness, 1.0 - tf.square(bent))
    return tf.cast(wide * below, x.dtype), lambda upstream: upstream * tf.cast(slope, x.dtype)


def layer_norm(x, gamma, beta, epsilon, *, training=None):
    """Computes layer normalization as `plain.layer_norm`.

    In training, it uses a custom gradient and computes means as matrix products, which are faster.
    """
    if not training:
        return plain.layer_norm(x, gamma, beta, epsilon)  # a SavedModel has no custom gradients
    width = x.shape[-1]
    gamma, beta = tf.convert_to_tensor(gamma), tf.convert_to_tensor(beta)  # custom gradients accept no variables
    flat = _layer_norm(tf.reshape(x, (-1, width)), gamma, beta, tf.constant(epsilon, tf.float32))
    return tf.reshape(flat, tf.shape(x)) if x.shape.rank != 2 else flat


@tf.custom_gradient
def _layer_norm(x, gamma, beta, epsilon):
    width = x.shape[-1]
    share = tf.fill((width, 1), tf.constant(1.0 / width, tf.float32))
    wide = tf.cast(x, tf.float32)
    centred = wide - tf.matmul(wide, share)
    scale = tf.math.rsqrt(tf.matmul(tf.square(centred), share) + epsilon)  # (tokens, 1)
    unit = centred * scale

    def gradient(upstream):
        upstream = tf.cast(upstream, tf.float32)
        along = upstream * unit
        ones = tf.ones((1, tf.shape(upstream)[0]), tf.float32)
        weights = share * gamma[:, None]
        # Changes of a token's mean or variance are removed by the normalization, so they have no gradient.
        inside = upstream * gamma - tf.matmul(upstream, weights) - unit * tf.matmul(along, weights)
        return (
            tf.cast(inside * scale, x.dtype),
            tf.matmul(ones, along)[0],
            tf.matmul(ones, upstream)[0],
            None,
        )

    return tf.cast(unit * gamma + beta, x.dtype), gradient


def dropout(x, rate, seed):
    """Applies dropout as `plain.dropout`, from 8 random bits per value instead of 32.

    Drawing the bits takes most of the time.
    """
    return x * _dropout_factors(tf.shape(x), x.dtype, rate, seed)


def _dropout_factors(shape, dtype, rate, seed):
    """Draws the factors that `dropout` multiplies by: 0 for dropped values, `1 / (1 - rate)` for the others.

    A random byte below an integer threshold drops its value. Where `256 * rate` is not an integer, calls alternate
    between the two nearest integers, so that the fraction dropped over all calls is the rate to 1/65536. The scale is
    always that of the rate.
    """
    if not 1 / 256 <= rate <= 255 / 256:
        return plain.dropout(tf.ones(shape, dtype), rate, seed)
    seed = tf.cast(seed.next(), tf.int64)
    call, parts = seed[1], round(rate * 65536)
    threshold = tf.bitwise.right_shift((call + 1) * parts, 8) - tf.bitwise.right_shift(call * parts, 8)
    size = tf.reduce_prod(shape)
    bits = tf.random.stateless_uniform([(size + 3) // 4], seed, minval=None, maxval=None, dtype=tf.uint32)
    bits = tf.reshape(tf.reshape(tf.bitcast(bits, tf.uint8), [-1])[:size], shape)
    stays = bits >= tf.cast(threshold, tf.uint8)
    return tf.where(stays, tf.constant(1.0 / (1.0 - rate), dtype), tf.constant(0.0, dtype))


def dot_product_attention(queries, keys, values, bias, *, rate=0.0, seed=None, training=None):
    """Computes scaled dot-product attention as `plain.dot_product_attention`.

    In training, it uses a custom gradient that stores fewer and smaller tensors.
    """
    if not training:
        return plain.dot_product_attention(queries, keys, values, bias)
    queries = queries * tf.cast(queries.shape[-1] ** -0.5, queries.dtype)

    @tf.custom_gradient
    def mix(queries, keys, values):
        scores = tf.matmul(queries, keys, transpose_b=True)  # (batch, heads, queries, keys)
        shares = tf.nn.softmax(scores if bias is None else scores + bias)  # sums in float32 for every dtype
        used = shares * _dropout_factors(tf.shape(shares), shares.dtype, rate, seed) if rate else shares
        mixed = tf.matmul(used, values)

        def gradient(upstream):
            of_used = tf.matmul(upstream, values, transpose_b=True)
            # Sum over keys of weight times its gradient, from the far smaller output: Dao et al., 2022, section B.
            along = tf.reduce_sum(upstream * mixed, axis=-1, keepdims=True)
            of_scores = used * of_used - shares * along if rate else shares * (of_used - along)
            return (
                tf.matmul(of_scores, keys),
                tf.matmul(of_scores, queries, transpose_a=True),
                tf.matmul(used, upstream, transpose_a=True),
            )

        return mixed, gradient

    return mix(queries, keys, values)
