"""Long rows are divided into windows that overlap, and their states joined; on every backend."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_bigmodel import UserError
from keras_bigmodel.layers import JoinedWindows, TokenWindows

pytestmark = pytest.mark.layers

CLS, SEP = 101, 102
SIZES = [(8, 2), *(pytest.param(*size, marks=pytest.mark.full) for size in [(8, 0), (8, 5), (5, 2), (16, 4)])]


def rows(*lengths):
    """Rows of so many pieces, padded: piece i of row r is 1000·r + i + 1."""
    longest = max(lengths)
    ids, mask = np.zeros((len(lengths), longest + 2), "int32"), np.zeros((len(lengths), longest + 2), "int32")
    for row, length in enumerate(lengths):
        ids[row, : length + 2] = [CLS, *(1000 * row + 1 + np.arange(length)), SEP]
        mask[row, : length + 2] = 1
    return {
        name: ops.convert_to_tensor(part)
        for name, part in {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": mask}.items()
    }


def both(width, overlap):
    return TokenWindows(width, overlap, cls_id=CLS, sep_id=SEP), JoinedWindows(width, overlap)


def as_states(windows):
    """States that say for each token what it is and how far from its window's border: (windows, width, 2)."""
    ids, mask = (ops.convert_to_numpy(windows[name]) for name in ("token_ids", "padding_mask"))
    place, length = np.arange(ids.shape[1])[None], mask.sum(1, keepdims=True)
    return ops.convert_to_tensor(np.stack([ids, np.minimum(place, length - 1 - place)], axis=2).astype("float32"))


@pytest.mark.parametrize(("width", "overlap"), SIZES)
def test_every_piece_comes_back_to_its_place(width, overlap):
    divide, join = both(width, overlap)
    given = rows(3, 40, 0, 17, width - 2, width - 1)
    windows = divide(given)
    found = ops.convert_to_numpy(join(as_states(windows), given["padding_mask"]))
    mask = ops.convert_to_numpy(given["padding_mask"]) == 1
    assert (found[..., 0][mask] == ops.convert_to_numpy(given["token_ids"])[mask]).all()


@pytest.mark.parametrize(("width", "overlap"), SIZES)
def test_windows_look_like_rows(width, overlap):
    windows = {name: ops.convert_to_numpy(part) for name, part in both(width, overlap)[0](rows(40, 9)).items()}
    assert windows["token_ids"].shape[1] == width
    for ids, mask in zip(windows["token_ids"], windows["padding_mask"], strict=True):
        length = mask.sum()
        assert ids[0] == CLS
        assert ids[length - 1] == SEP
        assert (mask[:length] == 1).all()
        assert not ids[length:].any()
    assert not windows["segment_ids"].any()


@pytest.mark.parametrize(("width", "overlap"), SIZES)
def test_a_row_does_not_depend_on_the_others(width, overlap):
    divide, join = both(width, overlap)
    lengths = [1, 5, 6, 7, 11, 12, 13, 29]
    together = rows(*lengths)
    found = ops.convert_to_numpy(join(as_states(divide(together)), together["padding_mask"]))
    for row, length in enumerate(lengths):
        alone = {name: part[row : row + 1, : length + 2] for name, part in together.items()}
        single = ops.convert_to_numpy(join(as_states(divide(alone)), alone["padding_mask"]))
        assert (single[0] == found[row, : length + 2]).all()


def test_pieces_inside_have_context_on_both_sides():
    divide, join = both(12, 4)
    given = rows(50)
    found = ops.convert_to_numpy(join(as_states(divide(given)), given["padding_mask"]))[0]
    assert found[5:-6, 1].min() >= 2  # half the overlap


def test_short_rows_are_left_as_they_are():
    given = rows(3, 6)
    divide, join = both(8, 2)
    windows = divide(given)
    for name, part in given.items():
        assert (ops.convert_to_numpy(windows[name]) == ops.convert_to_numpy(part)).all()
    states = as_states(windows)
    assert (ops.convert_to_numpy(join(states, given["padding_mask"])) == ops.convert_to_numpy(states)).all()


def test_a_model_of_rows_of_any_length_is_saved_and_trains(tmp_path):
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in rows(1)}
    divide, join = both(8, 2)
    states = keras.layers.Embedding(200, 4)(divide(inputs)["token_ids"])
    outputs = keras.layers.Dense(1)(join(states, inputs["padding_mask"]))
    model = keras.Model(inputs, outputs)
    model.compile(loss="mse", optimizer="sgd")
    before = [np.copy(weight) for weight in model.get_weights()]
    for length in (5, 30):
        given = {name: part % 200 for name, part in rows(length, 2).items()}
        model.train_on_batch(given, np.ones((2, length + 2, 1), "float32"))
        assert model.predict_on_batch(given).shape == (2, length + 2, 1)
    assert any((one != other).any() for one, other in zip(before, model.get_weights(), strict=True))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    given = {name: part % 200 for name, part in rows(20).items()}
    np.testing.assert_allclose(again.predict_on_batch(given), model.predict_on_batch(given), atol=1e-6)


@pytest.mark.parametrize("overlap", [-1, 6, 7])
def test_an_overlap_that_leaves_nothing_new_is_refused(overlap):
    with pytest.raises(UserError, match="each window has a new piece"):
        TokenWindows(8, overlap, cls_id=CLS, sep_id=SEP)
