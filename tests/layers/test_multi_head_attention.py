"""Our attention against Keras's own, its masks, and the sentences it refuses with."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_bigmodel.layers import MeanPooling, MultiHeadAttention

pytestmark = pytest.mark.layers

BATCH, QUERIES, KEYS, WIDTH, HEADS = 2, 5, 5, 8, 2


@pytest.fixture
def random():
    return np.random.default_rng(5)


def drawn(random, *shape):
    return random.standard_normal(shape).astype("float32")


def keras_attention(random, query, value, *, key_dim=4, use_bias=True):
    """Keras's layer with every weight drawn, the biases too."""
    layer = keras.layers.MultiHeadAttention(HEADS, key_dim, use_bias=use_bias)
    layer(query, value)
    layer.set_weights([drawn(random, *weight.shape) for weight in layer.get_weights()])
    return layer


MASKS = {
    "none": lambda random, queries, keys: (None, None),
    "padding": lambda random, queries, keys: _both(np.array([[1] * keys, [1, 1] + [0] * (keys - 2)]), 2),
    "pairs": lambda random, queries, keys: _both(_seeing_first(random, BATCH, queries, keys), 3),
    "heads": lambda random, queries, keys: _both(_seeing_first(random, BATCH, HEADS, queries, keys), 4),
}


def _seeing_first(random, *shape):
    mask = random.integers(0, 2, shape)
    mask[..., 0] = 1
    return mask


def _both(mask, rank):
    """(our mask, Keras's: a bool one of pairs)."""
    return mask, mask[:, None, :].astype(bool) if rank == 2 else mask.astype(bool)


@pytest.mark.parametrize("causal", [False, True], ids=["both_ways", "causal"])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("cross", [False, True], ids=["self", "cross"])
@pytest.mark.parametrize(
    ("use_bias", "key_dim"), [(True, 4), (False, 4), (True, 3)], ids=["bias", "no_bias", "key_dim_given"]
)
def test_gives_the_numbers_of_keras(random, use_bias, key_dim, cross, mask, causal):
    query = drawn(random, BATCH, QUERIES, WIDTH)
    value = drawn(random, BATCH, KEYS + 2, WIDTH) if cross and not causal else drawn(random, BATCH, KEYS, WIDTH)
    value = value if cross else query
    theirs = keras_attention(random, query, value, key_dim=key_dim, use_bias=use_bias)
    ours = MultiHeadAttention(WIDTH, HEADS, key_dim=key_dim, use_bias=use_bias)
    ours.copy_from(theirs)
    our_mask, their_mask = MASKS[mask](random, QUERIES, value.shape[1])
    wanted, wanted_scores = theirs(
        query, value, attention_mask=their_mask, use_causal_mask=causal, return_attention_scores=True
    )
    output, scores = ours(
        query,
        value if cross else None,
        mask=our_mask,
        use_causal_mask=causal,
        return_attention_scores=True,
    )
    np.testing.assert_allclose(ops.convert_to_numpy(output), ops.convert_to_numpy(wanted), atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(scores), ops.convert_to_numpy(wanted_scores), atol=1e-5)


def test_attention_to_oneself_and_to_a_copy_of_oneself_are_equal(random):
    x = drawn(random, BATCH, QUERIES, WIDTH)
    layer = MultiHeadAttention(WIDTH, HEADS)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), ops.convert_to_numpy(layer(x, x)), atol=1e-6)


def test_the_scores_come_out_of_a_functional_model_too(random):
    inputs = keras.Input((None, WIDTH))
    outputs = MultiHeadAttention(WIDTH, HEADS)(inputs, return_attention_scores=True)
    output, scores = keras.Model(inputs, outputs)(drawn(random, BATCH, QUERIES, WIDTH))
    assert tuple(output.shape) == (BATCH, QUERIES, WIDTH)
    assert tuple(scores.shape) == (BATCH, HEADS, QUERIES, QUERIES)
    np.testing.assert_allclose(ops.convert_to_numpy(scores).sum(axis=-1), 1.0, atol=1e-6)


@pytest.fixture
def masked_embedding():
    return keras.layers.Embedding(20, WIDTH, mask_zero=True)


TOKENS = np.array([[3, 4, 5, 0, 0], [6, 7, 8, 9, 0]])


def test_a_mask_that_keras_carries_is_used(masked_embedding):
    layer = MultiHeadAttention(WIDTH, HEADS)
    carried = layer(masked_embedding(TOKENS))
    given = layer(ops.convert_to_numpy(masked_embedding(TOKENS)), mask=TOKENS)
    np.testing.assert_array_equal(ops.convert_to_numpy(carried), ops.convert_to_numpy(given))


def test_the_mask_that_the_values_carry_is_used(masked_embedding, random):
    layer = MultiHeadAttention(WIDTH, HEADS)
    query = drawn(random, BATCH, 3, WIDTH)
    carried = layer(query, masked_embedding(TOKENS))
    given = layer(query, ops.convert_to_numpy(masked_embedding(TOKENS)), mask=TOKENS)
    np.testing.assert_allclose(ops.convert_to_numpy(carried), ops.convert_to_numpy(given), atol=1e-6)


def test_the_mask_of_the_keys_is_not_taken_for_one_of_the_queries(random):
    query, value = drawn(random, BATCH, KEYS, WIDTH), drawn(random, BATCH, KEYS, WIDTH)
    output = MultiHeadAttention(WIDTH, HEADS)(query, value, mask=TOKENS)
    every_query = ops.convert_to_numpy(output).mean(axis=1)
    np.testing.assert_allclose(ops.convert_to_numpy(MeanPooling()(output)), every_query, atol=1e-6)


def test_dropout_thins_what_is_mixed_and_not_the_scores_that_are_shown(random):
    x = drawn(random, BATCH, QUERIES, WIDTH)
    layer = MultiHeadAttention(WIDTH, HEADS, dropout=0.5)
    _, quiet = layer(x, return_attention_scores=True, training=False)
    _, trained = layer(x, return_attention_scores=True, training=True)
    np.testing.assert_array_equal(ops.convert_to_numpy(quiet), ops.convert_to_numpy(trained))


def test_its_products_begin_with_different_numbers():
    layer = MultiHeadAttention(WIDTH, HEADS)
    layer.build((None, None, WIDTH))
    fused, output = (
        ops.convert_to_numpy(part.kernel).ravel()[: WIDTH * WIDTH]
        for part in (layer.query_key_value, layer.output_projection)
    )
    assert abs(np.corrcoef(fused, output)[0, 1]) < 0.6  # 64 independent draws: five standard deviations of 1 / 8


@pytest.mark.parametrize(("d_model", "num_heads"), [(10, 4), (8, 0), (8, -2)])
def test_heads_that_do_not_divide_the_width_are_refused(d_model, num_heads):
    with pytest.raises(ValueError, match=f"d_model={d_model} and num_heads={num_heads}.*Change one"):
        MultiHeadAttention(d_model, num_heads)


def test_values_of_another_width_are_refused(random):
    layer = MultiHeadAttention(WIDTH, HEADS)
    with pytest.raises(ValueError, match="queries of width 8 and values of width 6.*keras.layers.Dense"):
        layer(drawn(random, 2, 3, 8), drawn(random, 2, 4, 6))


@pytest.mark.parametrize("shape", [(5,), (2, 1, 1, 5, 5)])
def test_a_mask_with_another_number_of_axes_is_refused(random, shape):
    layer = MultiHeadAttention(WIDTH, HEADS)
    with pytest.raises(ValueError, match=f"mask of {len(shape)} axes"):
        layer(drawn(random, BATCH, QUERIES, WIDTH), mask=np.ones(shape))


@pytest.mark.parametrize("sizes", [(4, 2), (2, 3)], ids=["other_heads", "other_head_width"])
def test_a_layer_with_other_heads_is_not_copied(random, sizes):
    x = drawn(random, BATCH, QUERIES, WIDTH)
    theirs = keras.layers.MultiHeadAttention(*sizes)
    theirs(x, x)
    with pytest.raises(ValueError, match="same num_heads and key_dim"):
        MultiHeadAttention(WIDTH, HEADS).copy_from(theirs)


@pytest.mark.parametrize("ours", [True, False])
def test_a_layer_with_a_bias_is_not_copied_into_one_without_nor_back(random, ours):
    x = drawn(random, BATCH, QUERIES, WIDTH)
    theirs = keras_attention(random, x, x, use_bias=not ours)
    with pytest.raises(ValueError, match="use_bias"):
        MultiHeadAttention(WIDTH, HEADS, use_bias=ours).copy_from(theirs)


@pytest.mark.parametrize("other", ["values", "output"])
def test_a_layer_of_other_widths_is_not_copied(random, other):
    x = drawn(random, BATCH, QUERIES, WIDTH)
    theirs = keras.layers.MultiHeadAttention(HEADS, 4, output_shape=10 if other == "output" else None)
    theirs(x, x[..., :6] if other == "values" else x)
    ours = MultiHeadAttention(WIDTH, HEADS)
    with pytest.raises(ValueError, match="layer to copy"):
        ours.copy_from(theirs)
