"""Masks as numbers: what is visible adds nothing, what is hidden adds so much that no share is left."""

import numpy as np
import pytest
from keras import ops

from keras_bigmodel.layers import attention_bias, causal_mask

pytestmark = pytest.mark.layers


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("kind", ["int32", "bool", "float32"])
def test_what_is_visible_adds_nothing_and_what_is_hidden_leaves_no_share(dtype, kind):
    mask = np.array([[1, 1, 0], [1, 0, 0]]).astype(kind)
    bias = attention_bias(ops.convert_to_tensor(mask), dtype)
    assert bias.dtype == ops.zeros((), dtype=dtype).dtype
    bias = ops.convert_to_numpy(ops.cast(bias, "float32"))
    assert bias.shape == (2, 1, 1, 3)
    assert np.isfinite(bias).all()
    np.testing.assert_array_equal(bias[:, 0, 0] == 0, mask.astype(bool))
    shares = ops.convert_to_numpy(ops.softmax(bias + 100.0 * np.array([0.0, 1.0, 2.0], "float32"), axis=-1))
    assert shares[:, 0, 0][mask == 0].max() == 0.0


def test_every_number_but_zero_means_look_at_it():
    bias = ops.convert_to_numpy(attention_bias(ops.convert_to_tensor([[2, -1, 0, 7]]), "float32"))
    assert (bias == 0).ravel().tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [((2, 5), (2, 1, 1, 5)), ((2, 4, 5), (2, 1, 4, 5)), ((2, 1, 4, 5), (2, 1, 4, 5)), ((2, 3, 1, 5), (2, 3, 1, 5))],
)
def test_masks_of_two_to_four_axes_fit_the_scores(given, wanted):
    assert tuple(attention_bias(ops.ones(given, dtype="int32"), "float32").shape) == wanted


@pytest.mark.parametrize("axes", [1, 5])
def test_a_mask_of_other_axes_is_refused(axes):
    with pytest.raises(ValueError, match=f"{axes} axes came"):
        attention_bias(ops.ones((2,) * axes), "float32")


def test_a_row_without_a_visible_position_gets_equal_shares():
    shares = ops.softmax(attention_bias(ops.zeros((1, 4), dtype="int32"), "float32"), axis=-1)
    np.testing.assert_allclose(ops.convert_to_numpy(shares).ravel(), 0.25)


@pytest.mark.parametrize(("queries", "keys"), [(1, 1), (4, 4), (2, 5), (1, 6)])
def test_a_position_sees_itself_and_what_came_before(queries, keys):
    mask = ops.convert_to_numpy(causal_mask(queries, keys))
    assert mask.shape == (1, 1, queries, keys)
    np.testing.assert_array_equal(mask[0, 0], np.tril(np.ones((keys, keys), bool))[keys - queries :])
