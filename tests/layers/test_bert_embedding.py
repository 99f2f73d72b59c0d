"""BERT's three tables."""

import numpy as np
import pytest
from keras import ops

from keras_bigmodel.layers import BertEmbedding
from tests.layers.plain_layers import normalised, number

pytestmark = pytest.mark.layers

TOKENS = np.array([[5, 0, 19, 5], [1, 2, 3, 4]])
SEGMENTS = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])


@pytest.fixture
def embedding():
    layer = BertEmbedding(20, 8, max_length=6, dropout=0.5)
    layer.build((None, None))
    random = np.random.default_rng(4)
    layer.set_weights([random.standard_normal(weight.shape) for weight in layer.get_weights()])
    return layer


def test_a_token_is_the_normalised_sum_of_token_position_and_segment(embedding):
    tokens, positions, segments = (
        number(table)
        for table in (embedding.token_embeddings, embedding.position_embeddings, embedding.segment_embeddings)
    )
    wanted = normalised(tokens[TOKENS] + positions[:4] + segments[SEGMENTS], embedding.norm, 1e-12)
    np.testing.assert_allclose(number(embedding([TOKENS, SEGMENTS])), wanted, atol=1e-5)


def test_without_segments_everything_is_the_first_text(embedding):
    np.testing.assert_array_equal(number(embedding(TOKENS)), number(embedding([TOKENS, 0 * TOKENS])))


def test_the_longest_text_fits_and_one_token_more_is_refused(embedding):
    assert tuple(embedding(np.ones((1, 6), "int32")).shape) == (1, 6, 8)
    with pytest.raises(ValueError, match=r"max_length=6\) got 7 tokens; truncate the text to 6"):
        embedding(np.ones((1, 7), "int32"))


def test_tokens_without_a_batch_of_segments_may_come_in_any_integer_type(embedding):
    wanted = number(embedding([TOKENS, SEGMENTS]))
    for dtype in ("int64", "uint8", "int32"):
        np.testing.assert_array_equal(number(embedding([TOKENS.astype(dtype), SEGMENTS.astype(dtype)])), wanted)


def test_the_three_tables_begin_with_different_numbers():
    layer = BertEmbedding(8, 8, max_length=8, num_segments=8)
    layer.build((None, None))
    tables = [number(table).ravel() for table in (layer.token_embeddings, layer.position_embeddings)]
    tables.append(number(layer.segment_embeddings).ravel())
    likeness = np.corrcoef(tables) - np.eye(3)
    assert np.abs(likeness).max() < 0.6  # 64 independent draws: five standard deviations of 1 / 8


def test_the_tables_begin_as_bert_does():
    layer = BertEmbedding(2000, 8)
    layer.build((None, None))
    table = number(layer.token_embeddings)
    assert np.abs(table).max() <= 0.04 + 1e-6  # cut at two standard deviations of 0.02
    assert 0.015 < table.std() < 0.021
    assert abs(ops.convert_to_numpy(layer.norm.gamma) - 1.0).max() == 0.0
