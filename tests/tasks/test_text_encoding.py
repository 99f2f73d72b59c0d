"""Texts counted before they are cut, and turned to ids some at a time."""

import numpy as np
import pytest

from keras_bigmodel import TextClassifier
from keras_bigmodel.tasks import text_encoding
from tests.task_contract import LABELS, messages


@pytest.fixture(scope="module", params=[False, True], ids=["texts", "pairs"])
def task(request, tiny_bert):
    return TextClassifier.from_encoder(tiny_bert, LABELS, max_length=8, pairs=request.param, dtype="float32")


def _inputs(task, number=30):
    texts = messages(number)[0]
    return (texts, texts[::-1]) if task.pairs else texts


def test_tokens_are_counted_before_any_is_cut(task):
    tokens, unknown = task.token_counts(_inputs(task))
    long = TextClassifier.from_config({**task.get_config(), "max_length": 64})
    uncut = long.preprocess(_inputs(task))
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
    wanted = task.encode(_inputs(task))
    monkeypatch.setattr(text_encoding, "_CHARACTERS", limit)
    found = task.encode(_inputs(task))
    np.testing.assert_array_equal(found.token_ids, wanted.token_ids)
    np.testing.assert_array_equal(found.row_splits, wanted.row_splits)
