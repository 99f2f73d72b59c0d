"""The inner steps of layers: the way that this backend takes, against the plain one and against the formula.

On JAX both ways are the plain one, and the formulas are what is tested.
"""

import functools

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import erf

from keras_bigmodel import kernels
from keras_bigmodel.kernels import plain
from tests.layers.plain_layers import number

pytestmark = pytest.mark.layers

TOLERANCE = {"float32": 2e-6, "bfloat16": 2e-2}


def drawn(*shape, seed=0, scale=1.0):
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype("float32")


def value_and_gradients(function, arguments, upstream):
    """The function's answer, and the gradient of its product with `upstream` by each argument."""
    if keras.backend.backend() == "jax":
        import jax

        answer, back = jax.vjp(function, *arguments)
        return [number(part) for part in (answer, *back(ops.cast(upstream, answer.dtype)))]
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(arguments)
        answer = function(*arguments)
    gradients = tape.gradient(answer, arguments, output_gradients=tf.cast(upstream, answer.dtype))
    return [number(part) for part in (answer, *gradients)]


def same_both_ways(fast, slow, arrays, dtype, upstream_shape):
    # float32 arguments of a normalisation stay so; the rest is in the dtype of the layer.
    arguments = [ops.convert_to_tensor(array, dtype=dtype) for array in arrays]
    upstream = ops.convert_to_tensor(drawn(*upstream_shape, seed=9), dtype=dtype)
    found = value_and_gradients(fast, arguments, upstream)
    wanted = value_and_gradients(slow, arguments, upstream)
    for ours, theirs in zip(found, wanted, strict=True):
        assert np.abs(theirs).max() > 1e-3
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE[dtype] * np.abs(theirs).max())


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("bias", [True, False])
def test_a_product_and_its_gradients(dtype, bias):
    arrays = [drawn(30, 12), drawn(12, 7, seed=1), *([drawn(7, seed=2)] if bias else [])]
    slow, fast = (
        (lambda *parts, way=way: way(*parts, *(() if bias else (None,)))) for way in (plain.affine, kernels.affine)
    )
    same_both_ways(fast, slow, arrays, dtype, (30, 7))


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_gelu_and_its_slope(dtype):
    same_both_ways(kernels.gelu, plain.gelu, [drawn(50, 20, scale=3.0)], dtype, (50, 20))


def test_gelu_is_the_exact_one_to_a_millionth():
    x = np.linspace(-12.0, 12.0, 20_001).astype("float32")
    exact = 0.5 * x.astype("float64") * (1.0 + erf(x.astype("float64") / np.sqrt(2.0)))
    slope = 0.5 * (1.0 + erf(x.astype("float64") / np.sqrt(2.0))) + x * np.exp(
        -0.5 * x.astype("float64") ** 2
    ) / np.sqrt(2.0 * np.pi)
    found, found_slope = value_and_gradients(kernels.gelu, [ops.convert_to_tensor(x)], np.ones_like(x))
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found_slope, slope, rtol=0, atol=1e-6)


def test_gelu_of_what_is_very_large_is_itself_or_nothing():
    x = ops.convert_to_tensor(np.array([-1e30, -100.0, 0.0, 100.0, 1e30], "float32"))
    found, slope = value_and_gradients(kernels.gelu, [x], np.ones(5, "float32"))
    np.testing.assert_array_equal(found, np.array([0.0, 0.0, 0.0, 100.0, 1e30], "float32"))
    np.testing.assert_array_equal(slope, [0.0, 0.0, 0.5, 1.0, 1.0])


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_gelu_tanh_and_its_slope(dtype):
    same_both_ways(kernels.gelu_tanh, plain.gelu_tanh, [drawn(50, 20, scale=3.0)], dtype, (50, 20))


def test_gelu_tanh_is_googles_formula_to_a_hundred_thousandth():
    x = np.linspace(-12.0, 12.0, 20_001).astype("float32")
    wide, k = x.astype("float64"), np.sqrt(2.0 / np.pi)
    bent = np.tanh(k * (wide + 0.044715 * wide**3))
    slope = 0.5 * (1.0 + bent) + 0.5 * wide * (1.0 - bent**2) * k * (1.0 + 3 * 0.044715 * wide**2)
    found, found_slope = value_and_gradients(kernels.gelu_tanh, [ops.convert_to_tensor(x)], np.ones_like(x))
    np.testing.assert_allclose(found, 0.5 * wide * (1.0 + bent), rtol=0, atol=1e-5)
    np.testing.assert_allclose(found_slope, slope, rtol=0, atol=1e-5)


def test_gelu_tanh_of_what_is_very_large_is_itself_or_nothing():
    if keras.backend.backend() == "jax":
        pytest.skip("JAX differentiates Keras's own formula, whose cube overflows.")
    x = ops.convert_to_tensor(np.array([-1e30, -100.0, 0.0, 100.0, 1e30], "float32"))
    found, slope = value_and_gradients(kernels.gelu_tanh, [x], np.ones(5, "float32"))
    np.testing.assert_array_equal(found, np.array([0.0, 0.0, 0.0, 100.0, 1e30], "float32"))
    np.testing.assert_array_equal(slope, [0.0, 0.0, 0.5, 1.0, 1.0])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", [(6, 16), (2, 3, 16)])
def test_a_normalisation_and_its_gradients(dtype, shape):
    gamma, beta = drawn(16, seed=1), drawn(16, seed=2)

    def by(way):
        return lambda x, gamma, beta: way(x, ops.cast(gamma, "float32"), ops.cast(beta, "float32"), 1e-12)

    same_both_ways(
        by(functools.partial(kernels.layer_norm, training=True)),
        by(plain.layer_norm),
        [drawn(*shape) * 3 + 1, gamma, beta],
        dtype,
        shape,
    )


def test_a_normalisation_keeps_its_digits_far_from_zero():
    x = drawn(4, 64) + 1000.0
    found = number(kernels.layer_norm(ops.convert_to_tensor(x), ops.ones(64), ops.zeros(64), 1e-12, training=True))
    wide = x.astype("float64")
    wanted = (wide - wide.mean(-1, keepdims=True)) / wide.std(-1, keepdims=True)
    np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_tokens_all_alike_are_normalised_to_the_shift():
    found = number(kernels.layer_norm(ops.zeros((3, 8)), ops.ones(8), 2.0 * ops.ones(8), 1e-12, training=True))
    np.testing.assert_array_equal(found, np.full((3, 8), 2.0))


def attention_parts():
    queries, keys, values = (drawn(2, 3, length, 4, seed=length) for length in (5, 6, 6))
    mask = np.ones((2, 6), "int32")
    mask[1, 3:] = 0
    return [queries, keys, values], mask


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_attention_and_its_gradients(dtype, masked, training):
    from keras_bigmodel.layers import attention_bias

    arrays, mask = attention_parts()
    bias = attention_bias(ops.convert_to_tensor(mask), dtype) if masked else None

    def fast(*parts):
        return kernels.dot_product_attention(*parts, bias, training=training)

    def slow(*parts):
        return plain.attention_with_weights(*parts, bias)[0]

    same_both_ways(fast, slow, arrays, dtype, (2, 3, 5, 4))


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_attention_with_dropped_shares_has_the_gradient_of_what_was_kept(dtype):
    arrays, _ = attention_parts()
    rate = 0.3
    kept = kernels.dropout(ops.ones((2, 3, 5, 6), dtype), rate, keras.random.SeedGenerator(5))
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only TensorFlow's way has a gradient of its own")

    def fast(*parts):
        return kernels.dot_product_attention(*parts, None, rate=rate, seed=keras.random.SeedGenerator(5), training=True)

    def slow(*parts):
        return ops.matmul(plain.attention_with_weights(*parts, None)[1] * kept, parts[2])

    same_both_ways(fast, slow, arrays, dtype, (2, 3, 5, 4))


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.25, 0.5, 0.9, 0.999])
def test_the_share_that_is_dropped_is_the_rate(rate):
    seed = keras.random.SeedGenerator(1)
    calls = [number(kernels.dropout(ops.ones((50, 201)), rate, seed)) for _ in range(40)]
    numbers = np.concatenate([call.ravel() for call in calls])
    kept = numbers[numbers != 0]
    np.testing.assert_allclose(kept, 1.0 / (1.0 - rate), rtol=1e-6)
    deviation = np.sqrt(rate * (1.0 - rate) / numbers.size)
    assert abs((numbers == 0).mean() - rate) < 4 * deviation


def test_what_is_dropped_is_another_part_in_each_call_and_the_same_from_the_same_seed():
    first, second = (keras.random.SeedGenerator(7) for _ in range(2))
    ours = [number(kernels.dropout(ops.ones((64, 33)), 0.5, first)) for _ in range(2)]
    again = number(kernels.dropout(ops.ones((64, 33)), 0.5, second))
    np.testing.assert_array_equal(ours[0], again)
    assert 0.4 < (ours[0] != ours[1]).mean() < 0.6


def test_neighbours_are_dropped_independently():
    dropped = number(kernels.dropout(ops.ones((400, 400)), 0.3, keras.random.SeedGenerator(2))) == 0
    for one, other in (
        (dropped[:, 1:], dropped[:, :-1]),
        (dropped[1:], dropped[:-1]),
        (dropped[:, 4:], dropped[:, :-4]),
    ):
        assert abs((one & other).mean() - 0.09) < 0.005


@pytest.mark.parametrize("shape", [(0, 5), (3, 0, 2), (1,), (5,), (2, 3, 7)])
def test_any_shape_may_be_dropped_from(shape):
    assert number(kernels.dropout(ops.ones(shape), 0.5, keras.random.SeedGenerator(1))).shape == shape
