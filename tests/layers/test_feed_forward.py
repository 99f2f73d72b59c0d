"""The two products of a token, and the one product they are made of."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_bigmodel.layers import FeedForward, Projection
from tests.layers.plain_layers import gelu, number, product

pytestmark = pytest.mark.layers


@pytest.fixture
def x():
    return np.random.default_rng(2).standard_normal((3, 4, 8)).astype("float32")


def test_it_widens_bends_by_the_exact_gelu_and_narrows(x):
    layer = FeedForward(16)
    output = number(layer(3 * x))
    wanted = product(gelu(product(3 * x.astype("float64"), layer.widen)), layer.narrow)
    np.testing.assert_allclose(output, wanted, atol=1e-5)


def test_the_activation_may_be_a_function_of_keras(x):
    layer = FeedForward(16, activation=keras.activations.silu)
    again = FeedForward.from_config(layer.get_config())
    again.build(x.shape)
    layer(x)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(number(again(x)), number(layer(x)))
    assert again.activation is keras.activations.silu


@pytest.mark.parametrize("shape", [(3, 8), (3, 4, 8), (2, 3, 4, 8)])
@pytest.mark.parametrize("use_bias", [True, False], ids=["bias", "no_bias"])
def test_a_projection_is_a_dense_layer(shape, use_bias):
    x = np.random.default_rng(3).standard_normal(shape).astype("float32")
    dense = keras.layers.Dense(5, activation="tanh", use_bias=use_bias)
    ours = Projection(5, activation="tanh", use_bias=use_bias)
    wanted = ops.convert_to_numpy(dense(x))
    ours.build(shape)
    ours.set_weights(dense.get_weights())
    np.testing.assert_allclose(ops.convert_to_numpy(ours(x)), wanted, atol=1e-6)


def test_a_projection_takes_a_low_rank_adapter(x):
    layer = Projection(5)
    before = number(layer(x))
    layer.enable_lora(2)
    np.testing.assert_allclose(number(layer(x)), before, atol=1e-6)
    layer.lora_kernel_b.assign(ops.ones((2, 5)))
    assert np.abs(number(layer(x)) - before).max() > 1e-3
    assert [weight.name for weight in layer.trainable_weights] == ["bias", "lora_kernel_a", "lora_kernel_b"]
