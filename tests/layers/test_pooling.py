"""One vector for a text."""

import numpy as np
import pytest
from keras import ops

from keras_bigmodel.layers import ClsPooling, MeanPooling

pytestmark = pytest.mark.layers

MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]])


@pytest.fixture
def states():
    return np.random.default_rng(2).standard_normal((3, 4, 8)).astype("float32")


def test_the_mean_is_numpys_mean_of_the_real_tokens(states):
    wanted = [text[row == 1].mean(axis=0) for text, row in zip(states, MASK, strict=True)]
    np.testing.assert_allclose(ops.convert_to_numpy(MeanPooling()(states, mask=MASK)), wanted, atol=1e-6)


def test_without_a_mask_every_token_counts(states):
    np.testing.assert_allclose(ops.convert_to_numpy(MeanPooling()(states)), states.mean(axis=1), atol=1e-6)


def test_a_text_without_tokens_has_a_mean_of_zeros(states):
    mask = MASK * np.array([[1], [0], [1]])
    mean = ops.convert_to_numpy(MeanPooling()(states, mask=mask))
    assert not mean[1].any()
    assert mean[0].any()


def test_a_long_text_loses_no_digits_in_bfloat16():
    # A sum held in bfloat16 stops growing at 256: 256 + 1 is 256 there.
    states = np.ones((1, 1000, 4), "float32")
    mean = MeanPooling(dtype="bfloat16")(states, mask=np.ones((1, 1000)))
    np.testing.assert_array_equal(ops.convert_to_numpy(ops.cast(mean, "float32")), 1.0)


def test_the_first_token_is_taken_whatever_the_mask_says(states):
    np.testing.assert_array_equal(ops.convert_to_numpy(ClsPooling()(states)), states[:, 0])
    np.testing.assert_array_equal(ops.convert_to_numpy(ClsPooling()(states, mask=1 - MASK)), states[:, 0])


@pytest.mark.parametrize("pooling", [MeanPooling, ClsPooling])
def test_the_vector_of_a_text_carries_no_mask(states, pooling):
    assert getattr(pooling()(states, mask=MASK), "_keras_mask", None) is None
