"""Texts counted before they are cut, and turned to ids some at a time."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.preprocessors import TextPreprocessor, text_preprocessor
from tests.task_contract import LABELS, messages


@pytest.fixture(scope="module", params=[False, True], ids=["texts", "pairs"])
def task(request, tiny_bert):
    return TextClassifier.from_encoder(tiny_bert, LABELS, max_length=8, pairs=request.param, dtype="float32")


def _inputs(task, number=30):
    texts = messages(number)[0]
    return (texts, texts[::-1]) if task.pairs else texts


def test_tokens_are_counted_before_any_is_cut(task):
    tokens, unknown = task.token_counts(_inputs(task))
    long = TextPreprocessor(task.tokenizer, columns=task.preprocessor.columns, max_length=64)
    uncut = long.features_of(_inputs(task))
    fits = tokens <= 64
    np.testing.assert_array_equal(tokens[fits], uncut["padding_mask"].numpy().sum(axis=1)[fits])
    assert tokens.max() > task.max_length
    in_text = (uncut["token_ids"].numpy() == task.tokenizer.unknown_id).sum(axis=1)
    np.testing.assert_array_equal(unknown[fits], in_text[fits])


def test_what_the_vocabulary_lacks_is_counted_as_unknown(tiny_bert):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32")
    tokens, unknown = task.token_counts(["the card", "酒店很好", ""])
    assert unknown.tolist() == [0, 4, 0]
    assert tokens[1:].tolist() == [6, 2]


@pytest.mark.parametrize("limit", [1, 50, 10_000])
def test_how_many_are_taken_at_once_changes_nothing(task, limit, monkeypatch):
    columns = task.preprocessor.checked(_inputs(task))
    wanted = task.preprocessor.encode(columns)
    monkeypatch.setattr(text_preprocessor, "_CHARACTERS", limit)
    found = task.preprocessor.encode(columns)
    for name, column in wanted.features.items():
        np.testing.assert_array_equal(found.features[name].values, column.values)
        np.testing.assert_array_equal(found.features[name].row_splits, column.row_splits)


# ---- named columns


COLUMNS = {
    "a dict": dict,
    "a data frame": pd.DataFrame,
    "an Arrow table": pa.table,
}


@pytest.mark.parametrize("form", COLUMNS)
def test_columns_are_taken_by_their_names(task, form):
    names = task.preprocessor.columns
    columns = dict(zip(names, (["a", "b"], ["c", "d"]), strict=False))
    given = COLUMNS[form](dict(reversed(columns.items())))
    assert task.preprocessor.checked(given) == columns
    assert task.preprocessor.is_raw(columns)
    np.testing.assert_array_equal(task.predict(columns), task.predict(_positional(columns)))


def _positional(columns):
    return tuple(columns.values()) if len(columns) > 1 else columns["text"]


def test_columns_that_are_missing_or_too_many_are_named(task):
    columns = {name: ["a text"] for name in task.preprocessor.columns}
    with pytest.raises(UserError, match=r"dict came with the column label; wanted the columns text"):
        task.predict({**columns, "label": ["bad"]})
    missing = {"text_pair": ["b"]} if not task.pairs else {"text": ["a"]}
    with pytest.raises(UserError, match="without the column"):
        task.predict(missing)


def test_columns_of_different_lengths_are_refused(tiny_bert):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, pairs=True, dtype="float32")
    with pytest.raises(UserError, match="2 of text, 1 of text_pair"):
        task.predict({"text": ["a", "b"], "text_pair": ["c"]})


def test_token_ids_in_a_dict_are_not_taken_for_texts(task):
    assert not task.preprocessor.is_raw(task.preprocess(_inputs(task)))


def test_it_keeps_what_a_feature_needs_and_no_more(task):
    examples = task.preprocessor.encode(task.preprocessor.checked(_inputs(task)))
    features = examples.features
    assert {name: column.values.dtype.name for name, column in features.items()} == {
        "token_ids": "uint16",
        "padding_mask": "uint8",
        "segment_ids": "uint8",
    }
    assert features["padding_mask"].values.strides == (0,)
    assert (features["segment_ids"].values.strides == (0,)) == (not task.pairs)
    assert len({id(column.row_splits) for column in features.values()}) == 1


def test_string_tensors_inside_of_a_graph_get_the_same_features(task):
    inputs = _inputs(task)
    columns = inputs if task.pairs else (inputs,)
    specs = [tf.TensorSpec([None], tf.string) for _ in columns]
    by_name = dict(zip(task.preprocessor.columns, columns, strict=True))
    as_given = tf.function(lambda *texts: task.preprocess(texts if task.pairs else texts[0]), input_signature=specs)
    named = tf.function(task.preprocess, autograph=False)
    expected = task.preprocess(inputs)
    for features in (as_given(*columns), named({name: tf.constant(column) for name, column in by_name.items()})):
        for name, values in expected.items():
            np.testing.assert_array_equal(features[name].numpy(), values.numpy())


def test_tensors_inside_of_a_graph_that_are_too_few_or_too_many_are_refused(task):
    number = 1 if task.pairs else 2
    texts = [tf.constant(["a text"])] * number
    with pytest.raises(UserError, match=f"{number} tensors came.*one each of text"):
        tf.function(task.preprocess, autograph=False)(tuple(texts))
