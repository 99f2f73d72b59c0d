"""Examples of any shape come back as they went in, in whatever batch, from memory and from files."""

import gc
import os
import signal
import subprocess
import sys
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_bigmodel import UserError
from keras_bigmodel.data import Examples, FileColumn, LengthBatches, RaggedColumn

PAD = 9
SETTINGS = settings(max_examples=60, deadline=None, derandomize=True, database=None)
rows_of_ids = st.lists(st.lists(st.integers(0, 60_000), max_size=12), min_size=1, max_size=40)


def column(rows, *, pad=PAD, dtype="uint16"):
    return RaggedColumn.of([np.array(row, dtype) for row in rows], pad=pad, dtype="int32")


def ones(rows):
    splits = np.cumsum([0, *map(len, rows)])
    return RaggedColumn(np.broadcast_to(np.ones(1, "uint8"), (int(splits[-1]),)), splits, dtype="int32")


def examples(rows, targets=None, weights=None):
    return Examples({"ids": column(rows), "mask": ones(rows)}, targets, weights, length_of="mask")


ROWS = [[1, 2, 3], [4], [5, 6, 7, 8, 10], [], [11, 12]]


def test_a_batch_is_padded_to_its_longest():
    batch = examples(ROWS).batch(np.array([2, 0, 3]))
    assert batch["ids"].tolist() == [ROWS[2], [*ROWS[0], PAD, PAD], [PAD] * 5]
    assert batch["mask"].tolist() == [[1] * 5, [1, 1, 1, 0, 0], [0] * 5]
    assert {part.dtype.name for part in batch.values()} == {"int32"}
    assert examples(ROWS).batch(np.array([1, 4]))["ids"].tolist() == [[4, PAD], [11, 12]]
    assert examples(ROWS).batch(np.array([3]))["ids"].shape == (1, 0)
    assert examples(ROWS).batch(np.array([], int))["ids"].shape == (0, 0)
    assert examples(ROWS).lengths.tolist() == [3, 1, 5, 0, 2]


def test_images_and_vectors_of_tokens_have_their_shapes():
    images = np.arange(24).reshape(4, 3, 2)
    vectors = [np.full((length, 2), length, "float32") for length in (1, 3, 0, 2)]
    found = Examples({"image": RaggedColumn(images), "vectors": RaggedColumn.of(vectors)}).batch(np.array([1, 0]))
    np.testing.assert_array_equal(found["image"], images[[1, 0]])
    assert found["vectors"].tolist() == [[[3.0, 3.0]] * 3, [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]]


def test_a_constant_column_costs_no_memory():
    column = ones(ROWS * 1000)
    assert column.values.strides == (0,)
    assert RaggedColumn.joined([column, column]).values.strides == (0,)


# ---- targets and weights


def test_padded_targets_weigh_nothing():
    tags = column([[1] * len(row) for row in ROWS], pad=0, dtype="int32")
    _, targets, weights = examples(ROWS, tags).batch(np.array([0, 1]))
    assert targets.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert weights.tolist() == [[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]
    assert weights.dtype == "float32"
    of_rows = RaggedColumn(np.array([0.5, 2.0, 1.0, 1.0, 1.0], "float32"))
    assert examples(ROWS, tags, of_rows).batch(np.array([0, 1]))[2].tolist() == [[0.5] * 3, [2.0, 0.0, 0.0]]
    of_tokens = RaggedColumn.of([np.full(len(row), 3.0, "float32") for row in ROWS])
    assert examples(ROWS, tags, of_tokens).batch(np.array([0, 1]))[2].tolist() == [[3.0] * 3, [3.0, 0.0, 0.0]]


def test_several_outputs_have_targets_and_weights_of_their_own():
    starts = {name: column([[at] * len(row) for row in ROWS], pad=0) for at, name in enumerate(("start", "end"))}
    _, targets, weights = examples(ROWS, starts).batch(np.array([1, 4]))
    assert {name: part.tolist() for name, part in targets.items()} == {"start": [[0, 0]] * 2, "end": [[1, 0], [1, 1]]}
    assert weights["end"].tolist() == weights["start"].tolist() == [[1.0, 0.0], [1.0, 1.0]]


BAD = {
    "too few targets": (lambda: examples(ROWS, RaggedColumn(np.arange(4))), ["different lengths", "4 targets"]),
    "a tag too many": (
        lambda: examples(ROWS, column([[1] * (len(row) + (at == 2)) for at, row in enumerate(ROWS)])),
        ["Example 2 has 6 targets and 5 values of ids"],
    ),
    "weights of other lengths": (
        lambda: examples(ROWS, column(ROWS), RaggedColumn.of([np.ones(2, "float32")] * 5)),
        ["Example 0 has 2 weights and 3 values of targets"],
    ),
    "tags of an image": (
        lambda: Examples({"image": RaggedColumn(np.zeros((5, 2)))}, column(ROWS)),
        ["targets have lengths of their own", "none of the model's inputs has"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_columns_that_do_not_fit_are_refused(case):
    make, words = BAD[case]
    with pytest.raises(UserError) as refused:
        make()
    assert all(word in str(refused.value) for word in words), refused.value


# ---- files


def stored(rows, folder, at_once=7, **more):
    starts = range(0, len(rows), at_once)
    cut = lambda values, start: None if values is None else values[start : start + at_once]
    parts = (
        examples(
            rows[start : start + at_once],
            *(None if part is None else RaggedColumn.of(cut(part, start)) for part in (more.get("y"), more.get("w"))),
        )
        for start in starts
    )
    return Examples.in_files(parts, folder)


@SETTINGS
@given(rows_of_ids, st.randoms(use_true_random=False))
def test_a_batch_from_files_is_the_batch_from_memory(tmp_path_factory, rows, random):
    targets, weights = np.arange(len(rows)), np.ones(len(rows), "float32")
    held = examples(rows, RaggedColumn(targets), RaggedColumn(weights))
    found = stored(rows, tmp_path_factory.getbasetemp(), y=targets, w=weights)
    assert len(found) == len(held)
    np.testing.assert_array_equal(found.lengths, held.lengths)
    picked = np.array(random.choices(range(len(rows)), k=min(8, len(rows))))
    (ours, *others), (theirs, *wanted) = found.batch(picked), held.batch(picked)
    for name in theirs:
        assert ours[name].dtype == theirs[name].dtype
        np.testing.assert_array_equal(ours[name], theirs[name])
    for other, value in zip(others, wanted, strict=True):
        np.testing.assert_array_equal(other, value)
    assert found.shapes() == held.shapes()


@SETTINGS
@given(rows_of_ids, st.randoms(use_true_random=False))
def test_every_batch_gives_back_what_went_in(rows, random):
    picked = random.choices(range(len(rows)), k=min(8, len(rows)))
    batch = examples(rows).batch(np.array(picked))
    for place, number in enumerate(picked):
        real = batch["mask"][place] == 1
        assert batch["ids"][place][real].tolist() == rows[number]
        assert (batch["ids"][place][~real] == PAD).all()


def test_only_what_has_a_length_of_its_own_goes_to_files(tmp_path):
    found = stored(ROWS, tmp_path, y=np.arange(5))
    assert isinstance(found.features["ids"], FileColumn)
    assert isinstance(found.features["mask"], RaggedColumn)
    assert found.features["ids"].row_splits is found.features["mask"].row_splits, "places are held once"
    assert os.fstat(found.features["ids"]._number).st_size == 11 * 2, "two bytes an id"


def test_ragged_targets_go_to_files_too(tmp_path):
    found = stored(ROWS, tmp_path, y=[np.array(row, "int32") for row in ROWS])
    assert isinstance(found.targets, FileColumn)
    assert found.batch(np.array([4, 1]))[1].tolist() == [[11, 12], [4, 0]]
    assert found.batch(np.array([4, 1]))[2].tolist() == [[1.0, 1.0], [1.0, 0.0]]


def test_the_file_has_no_name_and_goes_with_the_object(tmp_path):
    found = stored([[1, 2], [3]], tmp_path)
    assert list(tmp_path.iterdir()) == []
    number = found.features["ids"]._number
    del found
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


_WRITER = """
import sys, time
from tests.data.test_examples import examples
from keras_bigmodel.data import Examples

def parts():
    yield examples([[1] * 100_000])
    print("writing", flush=True)
    time.sleep(60)

Examples.in_files(parts(), sys.argv[1])
"""


def test_a_writer_killed_in_the_middle_leaves_nothing(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stdout.close()
    assert list(tmp_path.iterdir()) == []


def test_no_parts_are_refused(tmp_path):
    with pytest.raises(UserError, match="No examples came"):
        Examples.in_files([], tmp_path)


# ---- batches of them as a dataset


@pytest.fixture
def many():
    rng = np.random.default_rng(0)
    return [[number] * rng.integers(1, 20) for number in range(50)]


def _epochs(batches, number):
    dataset = batches.dataset()
    return [[part[1].tolist() for part in dataset.as_numpy_iterator()] for _ in range(number)]


def test_epochs_differ_and_begin_again_from_the_same_seed(many):
    held = examples(many, RaggedColumn(np.arange(50)))
    first, second = _epochs(LengthBatches(held, batch_size=4, seed=3), 2)
    assert first != second
    assert sorted(chain(*first)) == sorted(chain(*second)) == list(range(50))
    assert _epochs(LengthBatches(held, batch_size=4, seed=3), 2) == [first, second]
    resumed = LengthBatches(held, batch_size=4, seed=3)
    resumed.epoch = 1
    assert _epochs(resumed, 1) == [second]


def test_features_targets_and_weights_stay_together_from_memory_and_from_files(many, tmp_path):
    targets, weights = np.arange(50), np.arange(50, dtype="float32") / 2
    held = examples(many, RaggedColumn(targets), RaggedColumn(weights))
    how = {"batch_size": 8, "seed": 0}
    epochs = [
        list(LengthBatches(part, **how).dataset().as_numpy_iterator())
        for part in (held, stored(many, tmp_path, y=targets, w=weights))
    ]
    for (features, numbers, shares), (others, other_numbers, other_shares) in zip(*epochs, strict=True):
        np.testing.assert_array_equal(features["ids"][:, 0], numbers)
        np.testing.assert_array_equal(shares, numbers / 2)
        np.testing.assert_array_equal(numbers, other_numbers)
        np.testing.assert_array_equal(shares, other_shares)
        np.testing.assert_array_equal(features["ids"], others["ids"])


def test_without_a_seed_order_says_which_example_is_where(many):
    batches = LengthBatches(examples(many, RaggedColumn(np.arange(50))), batch_size=8)
    assert list(chain(*_epochs(batches, 1)[0])) == batches.order.tolist()
    assert int(batches.dataset().cardinality()) == 7


def test_examples_of_one_shape_are_batched_too():
    images = Examples({"image": RaggedColumn(np.zeros((10, 4, 4), "float32"))}, RaggedColumn(np.arange(10)))
    batches = LengthBatches(images, batch_size=4, seed=1)
    sizes = [features["image"].shape for features, _ in batches.dataset().as_numpy_iterator()]
    assert sorted(sizes) == [(2, 4, 4), (4, 4, 4), (4, 4, 4)]
