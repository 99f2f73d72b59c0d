"""Texts in one block of memory come back as they went in, in whatever batch."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_bigmodel.data import EncodedTexts, LengthBatches

PAD = 9


def _padded(rows, width=None):
    width = width or max(map(len, rows), default=0)
    mask = np.array([[place < len(row) for place in range(width)] for row in rows], "int32").reshape(len(rows), width)
    ids = np.full((len(rows), width), PAD, "int32")
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
    return {"token_ids": ids, "segment_ids": mask * (ids % 2), "padding_mask": mask}


ROWS = [[1, 2, 3], [4], [5, 6, 7, 8, 10], [], [11, 12]]


@pytest.fixture
def encoded():
    return EncodedTexts.from_padded([_padded(ROWS[:2]), _padded(ROWS[2:], width=7)], PAD)


def test_padding_is_left_out_and_comes_back_for_a_batch(encoded):
    assert len(encoded) == 5
    assert encoded.lengths.tolist() == [3, 1, 5, 0, 2]
    assert len(encoded.token_ids) == 11
    batch = encoded.batch(np.array([2, 0, 3]))
    wanted = _padded([ROWS[2], ROWS[0], ROWS[3]])
    for name, value in batch.items():
        assert value.dtype == np.int32
        np.testing.assert_array_equal(value, wanted[name] if name != "segment_ids" else wanted[name] * (value >= 0))


def test_a_batch_is_as_long_as_its_longest_text(encoded):
    assert encoded.batch(np.array([1, 4]))["token_ids"].tolist() == [[4, PAD], [11, 12]]
    assert encoded.batch(np.array([3]))["token_ids"].shape == (1, 0)
    assert encoded.batch(np.array([], int))["token_ids"].shape == (0, 0)


def test_ids_are_kept_in_the_narrowest_integers():
    single = {**_padded(ROWS), "segment_ids": np.zeros((5, 5), "int32")}
    wide = _padded([[70_000, 1]])
    assert EncodedTexts.from_padded([single]).token_ids.dtype == np.uint8
    assert EncodedTexts.from_padded([single]).segment_ids is None
    both = EncodedTexts.from_padded([single, wide])
    assert both.token_ids.dtype == np.int32
    assert both.batch(np.array([5]))["token_ids"].tolist() == [[70_000, 1]]


def test_nothing_encoded_has_no_rows():
    empty = EncodedTexts.from_padded([])
    assert len(empty) == 0
    assert empty.lengths.tolist() == []


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(st.lists(st.lists(st.integers(0, 99), max_size=12), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_every_batch_gives_back_what_went_in(rows, random):
    encoded = EncodedTexts.from_padded([_padded([row]) for row in rows], PAD)
    picked = random.choices(range(len(rows)), k=min(8, len(rows)))
    batch = encoded.batch(np.array(picked))
    for place, number in enumerate(picked):
        real = batch["padding_mask"][place] == 1
        assert batch["token_ids"][place][real].tolist() == rows[number]
        assert (batch["token_ids"][place][~real] == PAD).all()
        assert not batch["segment_ids"][place][~real].any()


# ---- batches of them as a dataset


@pytest.fixture
def many():
    rng = np.random.default_rng(0)
    return EncodedTexts.from_padded([_padded([[number] * rng.integers(1, 20)]) for number in range(50)], pad_id=-1)


def _epochs(batches, number):
    dataset = batches.dataset()
    return [[part[1].tolist() for part in dataset.as_numpy_iterator()] for _ in range(number)]


def test_epochs_differ_and_begin_again_from_the_same_seed(many):
    targets = np.arange(50)
    first, second = _epochs(LengthBatches(many, targets, batch_size=4, seed=3), 2)
    assert first != second
    assert sorted(chain(*first)) == sorted(chain(*second)) == list(range(50))
    assert _epochs(LengthBatches(many, targets, batch_size=4, seed=3), 2) == [first, second]
    resumed = LengthBatches(many, targets, batch_size=4, seed=3)
    resumed.epoch = 1
    assert _epochs(resumed, 1) == [second]


def test_features_targets_and_weights_of_a_text_stay_together(many):
    targets, weights = np.arange(50), np.arange(50, dtype="float32") / 2
    batches = LengthBatches(many, targets, weights, batch_size=8, seed=0)
    for features, numbers, shares in batches.dataset().as_numpy_iterator():
        np.testing.assert_array_equal(features["token_ids"][:, 0], numbers)
        np.testing.assert_array_equal(shares, numbers / 2)


def test_without_a_seed_order_says_which_text_is_where(many):
    batches = LengthBatches(many, np.arange(50), batch_size=8)
    assert list(chain(*_epochs(batches, 1)[0])) == batches.order.tolist()
    assert int(batches.dataset().cardinality()) == 7
