"""Texts in a file give the batches that the same texts in memory give, and leave nothing behind."""

import gc
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_bigmodel.data import EncodedTexts, LengthBatches, StoredTexts

texts = st.lists(st.lists(st.integers(0, 70_000), max_size=12), min_size=1, max_size=40)


def _encoded(rows, pairs, pad_id=0):
    splits = np.cumsum([0, *map(len, rows)])
    tokens = np.array([token for row in rows for token in row], "int32")
    return EncodedTexts(tokens, tokens % 2 if pairs else None, splits, pad_id)


def _stored(rows, pairs, folder, at_once=7):
    parts = (_encoded(rows[start : start + at_once], pairs) for start in range(0, len(rows), at_once))
    return StoredTexts.write(parts, vocabulary_size=70_001, pairs=pairs, pad_id=9, folder=folder)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(texts, st.booleans(), st.randoms(use_true_random=False))
def test_a_stored_batch_is_the_batch_in_memory(tmp_path_factory, rows, pairs, random):
    stored = _stored(rows, pairs, tmp_path_factory.getbasetemp())
    held = _encoded(rows, pairs, pad_id=9)
    assert len(stored) == len(held)
    np.testing.assert_array_equal(stored.lengths, held.lengths)
    picked = np.array(random.choices(range(len(rows)), k=min(8, len(rows))))
    for name, wanted in held.batch(picked).items():
        found = stored.batch(picked)[name]
        assert found.dtype == wanted.dtype == np.int32
        np.testing.assert_array_equal(found, wanted)


def test_an_epoch_is_the_same_from_file_and_from_memory(tmp_path):
    rows = [[number] * (1 + number * 7 % 13) for number in range(100)]
    how = {"batch_size": 8, "seed": 3}
    epochs = [
        list(LengthBatches(encoded, np.arange(100), **how).dataset().as_numpy_iterator())
        for encoded in (_encoded(rows, False, pad_id=9), _stored(rows, False, tmp_path))
    ]
    for (features, numbers), (others, other_numbers) in zip(*epochs, strict=True):
        np.testing.assert_array_equal(numbers, other_numbers)
        for name in features:
            np.testing.assert_array_equal(features[name], others[name])


@pytest.mark.parametrize(("vocabulary_size", "bytes_a_token"), [(65_536, 2), (65_537, 4)])
def test_ids_take_two_bytes_where_the_vocabulary_lets_them(tmp_path, vocabulary_size, bytes_a_token):
    rows = [[vocabulary_size - 1, 0, 1]] * 5
    stored = StoredTexts.write([_encoded(rows, False)], vocabulary_size=vocabulary_size, folder=tmp_path)
    (number, _), *others = stored._files.values()
    assert not others, "single texts have no segments to keep"
    assert os.fstat(number).st_size == 15 * bytes_a_token
    assert stored.batch(np.array([4]))["token_ids"].tolist() == rows[:1]


def test_the_file_has_no_name_and_goes_with_the_object(tmp_path):
    stored = _stored([[1, 2], [3]], True, tmp_path)
    assert list(tmp_path.iterdir()) == []
    numbers = [number for number, _ in stored._files.values()]
    del stored
    gc.collect()
    for number in numbers:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)


_WRITER = """
import sys, time
from tests.data.test_stored_texts import _encoded
from keras_bigmodel.data import StoredTexts

def parts():
    yield _encoded([[1] * 100_000], False)
    print("writing", flush=True)
    time.sleep(60)

StoredTexts.write(parts(), vocabulary_size=10, folder=sys.argv[1])
"""


def test_a_writer_killed_in_the_middle_leaves_nothing(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stdout.close()
    assert list(tmp_path.iterdir()) == []


def test_nothing_stored_has_no_rows(tmp_path):
    empty = StoredTexts.write([], vocabulary_size=10, folder=tmp_path)
    assert len(empty) == 0
    assert empty.batch(np.arange(0))["token_ids"].shape == (0, 0)
