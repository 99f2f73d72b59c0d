"""The Transformer layer step by step, as a textbook calls it, and what it must not look at."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_bigmodel.layers import MeanPooling, TransformerLayer
from tests.layers.plain_layers import gelu, normalised, number, product, self_attention

pytestmark = pytest.mark.layers

WIDTH, HEADS, EPSILON = 8, 2, 1e-3
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])


@pytest.fixture
def x():
    return np.random.default_rng(7).standard_normal((2, 5, WIDTH)).astype("float32")


def layer_of_drawn_weights(**kwargs):
    """Every weight drawn, also biases and normalisations."""
    layer = TransformerLayer(WIDTH, HEADS, **kwargs)
    layer.build((None, None, WIDTH))
    random = np.random.default_rng(8)
    layer.set_weights([0.5 * random.standard_normal(weight.shape) for weight in layer.get_weights()])
    return layer


def feed_forward(x, layer):
    return product(gelu(product(x, layer.feed_forward.widen)), layer.feed_forward.narrow)


def test_post_norm_is_the_formula_of_the_paper(x):
    layer = layer_of_drawn_weights(epsilon=EPSILON)
    attended = self_attention(x.astype("float64"), layer.attention, HEADS, MASK)
    middle = normalised(x + attended, layer.attention_norm, EPSILON)
    wanted = normalised(middle + feed_forward(middle, layer), layer.feed_forward_norm, EPSILON)
    np.testing.assert_allclose(number(layer(x, mask=MASK)), wanted, atol=1e-5)


def test_pre_norm_is_the_formula_of_the_paper(x):
    layer = layer_of_drawn_weights(epsilon=EPSILON, norm_first=True)
    attended = self_attention(
        normalised(x.astype("float64"), layer.attention_norm, EPSILON), layer.attention, HEADS, MASK
    )
    middle = x + attended
    wanted = middle + feed_forward(normalised(middle, layer.feed_forward_norm, EPSILON), layer)
    np.testing.assert_allclose(number(layer(x, mask=MASK)), wanted, atol=2e-5)


def test_the_textbook_call_hands_over_training_and_mask_by_position(x):
    layer = layer_of_drawn_weights(dropout=0.5)
    np.testing.assert_array_equal(number(layer(x, False, MASK)), number(layer(x, training=False, mask=MASK)))
    assert np.abs(number(layer(x, False, MASK)) - number(layer(x, False, None))).max() > 1e-3
    assert np.abs(number(layer(x, True, MASK)) - number(layer(x, False, MASK))).max() > 1e-3


def test_the_feed_forward_part_is_four_times_as_wide_unless_said():
    assert TransformerLayer(WIDTH, HEADS).intermediate_dim == 4 * WIDTH
    assert layer_of_drawn_weights(intermediate_dim=20).feed_forward.widen.kernel.shape == (WIDTH, 20)


def test_attention_dropout_is_dropout_unless_said():
    assert TransformerLayer(WIDTH, HEADS, dropout=0.3).attention.dropout == 0.3
    layer = TransformerLayer(WIDTH, HEADS, dropout=0.3, attention_dropout=0.0)
    assert layer.attention.dropout == 0.0
    assert TransformerLayer.from_config(layer.get_config()).attention.dropout == 0.0


@pytest.mark.parametrize("norm_first", [False, True], ids=["post_norm", "pre_norm"])
def test_the_future_does_not_leak(x, norm_first):
    layer = layer_of_drawn_weights(norm_first=norm_first)
    for position in range(1, x.shape[1]):
        changed = x.copy()
        changed[:, position:] += 3.0
        before = number(layer(x, use_causal_mask=True))
        after = number(layer(changed, use_causal_mask=True))
        np.testing.assert_allclose(after[:, :position], before[:, :position], atol=1e-6)
        assert np.abs(after[:, position:] - before[:, position:]).max() > 1e-3


def test_a_causal_mask_and_padding_hide_together(x):
    layer = layer_of_drawn_weights()
    pairs = np.tril(np.ones((5, 5)))[None] * MASK[:, None, :]
    np.testing.assert_allclose(
        number(layer(x, mask=MASK, use_causal_mask=True)), number(layer(x, mask=pairs)), atol=1e-6
    )


def test_the_mask_of_an_embedding_passes_through_layer_after_layer():
    tokens = np.array([[3, 4, 5, 0, 0], [6, 7, 8, 9, 1]])
    embedding = keras.layers.Embedding(20, WIDTH, mask_zero=True)
    layers = [layer_of_drawn_weights(), layer_of_drawn_weights(norm_first=True)]
    carried = MeanPooling()(layers[1](layers[0](embedding(tokens))))
    states = ops.convert_to_numpy(embedding(tokens))
    for layer in layers:
        states = ops.convert_to_numpy(layer(states, mask=tokens))
    given = MeanPooling()(states, mask=tokens)
    np.testing.assert_allclose(number(carried), number(given), atol=1e-6)
    model = keras.Sequential([embedding, *layers, MeanPooling()])
    np.testing.assert_allclose(number(model(tokens)), number(given), atol=1e-6)


@pytest.mark.parametrize("axes", [3, 4])
def test_a_mask_of_pairs_is_not_taken_for_padding_by_what_follows(x, axes):
    mask = np.tril(np.ones((2, 5, 5), "int32"))
    states = layer_of_drawn_weights()(x, mask=mask if axes == 3 else mask[:, None])
    np.testing.assert_allclose(number(MeanPooling()(states)), number(states).mean(axis=1), atol=1e-6)


def test_the_attention_shares_come_out_when_asked(x):
    layer = layer_of_drawn_weights()
    states, shares = layer(x, mask=MASK, return_attention_scores=True)
    shares = number(shares)
    np.testing.assert_array_equal(number(states), number(layer(x, mask=MASK)))
    assert shares.shape == (2, HEADS, 5, 5)
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, atol=1e-6)
    assert shares[1, :, :, 3:].max() == 0.0


def test_the_attention_shares_come_out_of_a_functional_model_too(x):
    inputs = keras.Input((None, WIDTH))
    states, shares = layer_of_drawn_weights()(inputs, return_attention_scores=True)
    states, shares = keras.Model(inputs, [states, shares])(x)
    assert tuple(states.shape) == (2, 5, WIDTH)
    assert tuple(shares.shape) == (2, HEADS, 5, 5)


def test_another_width_is_refused():
    with pytest.raises(ValueError, match=r"d_model=8.*width 6.*Use d_model=6"):
        TransformerLayer(WIDTH, HEADS)(np.zeros((2, 5, 6), "float32"))


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match="d_model=8 and num_heads=3"):
        TransformerLayer(8, 3)


def test_its_two_wide_products_begin_with_different_numbers():
    layer = TransformerLayer(WIDTH, HEADS)
    layer.build((None, None, WIDTH))
    widen = ops.convert_to_numpy(layer.feed_forward.widen.kernel).ravel()
    narrow = ops.convert_to_numpy(layer.feed_forward.narrow.kernel).ravel()
    assert abs(np.corrcoef(widen, narrow)[0, 1]) < 0.3  # 256 independent draws: five standard deviations of 1 / 16


def test_attention_and_feed_forward_begin_with_different_numbers():
    layer = TransformerLayer(WIDTH, HEADS)
    layer.build((None, None, WIDTH))
    fused = ops.convert_to_numpy(layer.attention.query_key_value.kernel).ravel()
    widen = ops.convert_to_numpy(layer.feed_forward.widen.kernel).ravel()[: fused.size]
    assert abs(np.corrcoef(fused, widen)[0, 1]) < 0.36  # 192 independent draws: five standard deviations


def test_a_seeded_initializer_begins_alike_twice():
    kernels = []
    for _ in range(2):
        layer = TransformerLayer(WIDTH, HEADS, kernel_initializer=keras.initializers.GlorotUniform(seed=3))
        layer.build((None, None, WIDTH))
        kernels.append(layer.get_weights())
    for one, other in zip(*kernels, strict=True):
        np.testing.assert_array_equal(one, other)
