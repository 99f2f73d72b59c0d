"""The best legal sequence of tags, in NumPy and in the graph, and the spans that it makes."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keras_bigmodel import Tags, TextSpan
from keras_bigmodel.core.answers import READERS, describe_reader, reader_of
from keras_bigmodel.core.tags import (
    TagsReader,
    TextWords,
    begin_tag,
    best_tags,
    inside_tag,
    is_legal,
    label_of_tag,
    runs_of,
    tag_names,
)
from keras_bigmodel.tasks import tag_decoding


def probabilities(words, labels):
    size = 1 + 2 * labels
    positive = st.floats(2**-10, 1, width=32)
    return arrays("float32", (words, size), elements=positive).map(lambda drawn: drawn / drawn.sum(1, keepdims=True))


def best_by_trying(scores):
    """The highest sum of logarithms of any legal sequence, by trying all."""
    sequences = map(np.array, itertools.product(range(scores.shape[1]), repeat=len(scores)))
    legal = [tags for tags in sequences if is_legal(tags)]
    return max(np.log(scores[np.arange(len(tags)), tags].astype("float64")).sum() for tags in legal)


@given(st.integers(1, 2).flatmap(lambda labels: st.integers(1, 4).flatmap(lambda words: probabilities(words, labels))))
def test_no_legal_sequence_is_more_probable(drawn):
    tags = best_tags(drawn)
    assert is_legal(tags)
    found = np.log(drawn[np.arange(len(tags)), tags].astype("float64")).sum()
    assert found == pytest.approx(best_by_trying(drawn), abs=1e-4)


@given(
    st.integers(1, 4).flatmap(
        lambda labels: st.lists(st.integers(0, 6).flatmap(lambda n: probabilities(n, labels)), min_size=1, max_size=4)
    )
)
def test_the_graph_finds_the_same_for_rows_of_any_length(rows):
    size, longest = rows[0].shape[1], max(map(len, rows)) + 1
    padded = np.tile(np.eye(size, dtype="float32")[0], (len(rows), longest, 1))
    for row, words in enumerate(rows):
        padded[row, : len(words)] = words
    found = tag_decoding.best_tags(tf.constant(padded)).numpy()
    for row, words in enumerate(rows):
        assert found[row, : len(words)].tolist() == best_tags(words).tolist()
        assert not found[row, len(words) :].any()


def test_probabilities_of_zero_are_no_error():
    certain = np.eye(3, dtype="float32")[[2, 1, 2, 0]]  # begins inside, which is illegal
    tags = best_tags(certain)
    assert is_legal(tags)
    assert tags[1:].tolist() == [1, 2, 0]
    assert tag_decoding.best_tags(tf.constant(certain[None])).numpy()[0].tolist() == tags.tolist()


def test_tags_have_names_and_numbers():
    assert tag_names(["A", "B"]) == ["O", "B-A", "I-A", "B-B", "I-B"]
    assert [begin_tag(1), inside_tag(1)] == [3, 4]
    assert [label_of_tag(tag) for tag in (1, 2, 3, 4)] == [0, 0, 1, 1]


def test_spans_that_touch_are_two():
    assert runs_of(np.array([1, 2, 1, 0, 3, 4, 4])) == [(0, 2), (2, 3), (4, 7)]
    assert runs_of(np.array([], "int64")) == []


def test_the_reader_cuts_the_text_and_multiplies():
    outputs = np.zeros((5, 3), "float32")
    outputs[[0, 4], 0] = 1
    outputs[1] = 0.1, 0.8, 0.1
    outputs[2] = 0.25, 0.25, 0.5
    outputs[3] = 0.9, 0.05, 0.05
    row = {"text": "Ada Lovelace wrote", "words": TextWords(np.array([1, 2, 3]), np.array([[0, 3], [4, 12], [13, 18]]))}
    found = TagsReader(["PER"])(outputs, row)
    assert found == Tags((TextSpan(0, 12, "PER", "Ada Lovelace", pytest.approx(0.4)),))
    assert found.as_json() == {
        "spans": [{"start": 0, "end": 12, "label": "PER", "text": "Ada Lovelace", "probability": 0.4}]
    }


def test_a_text_without_words_has_no_spans():
    row = {"text": "", "words": TextWords(np.zeros(0, "int64"), np.zeros((0, 2), "int64"))}
    assert TagsReader(["PER"])(np.ones((2, 3), "float32"), row) == Tags(())


def test_a_manifest_names_the_reader():
    reader = reader_of(describe_reader(TagsReader(["PER", "LOC"])))
    assert reader.labels == ["PER", "LOC"]
    assert READERS["tags"] is TagsReader
