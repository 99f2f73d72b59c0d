"""What cannot be used is refused with one sentence that says what came, what was wanted, what to do."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier, UserError
from tests.task_contract import LABELS, messages


@pytest.fixture(scope="module")
def task(tiny_bert):
    return TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)


@pytest.fixture(scope="module")
def pair_task(tiny_bert):
    return TextClassifier.from_encoder(tiny_bert, LABELS, pairs=True, dtype="float32", max_length=32)


def refused(act, *words):
    """Runs what must be refused; gives the sentence, in which every word stands."""
    with pytest.raises(UserError) as caught:
        act()
    sentence = str(caught.value)
    assert "\n" not in sentence
    for word in words:
        assert word in sentence
    return sentence


TEXTS = {
    "a string": ("where is it", ["single str", "['where is it']"]),
    "bytes": (b"where is it", ["single bytes"]),
    "none": (None, ["None came", "list of texts"]),
    "a number": (7, ["7 (int)", "list of texts"]),
    "numbers": ([1, 2], ["Entry 0 is 1 (int)", "wanted a text"]),
    "an array of numbers": (np.ones((2, 3)), ["Entry 0", "wanted one text"]),
    "none among texts": (["a", None], ["Entry 1 is None", "Drop or fill"]),
    "nan in a series": (pd.Series(["a", "b", np.nan]), ["Entry 2 is nan", "Drop or fill"]),
    "null in arrow": (pa.array(["a", None]), ["Entry 1 is None"]),
    "strings and bytes": (["a", b"b"], ["Strings and bytes", "Decode"]),
    "pairs": ([("a", "b")], ["Entry 0", "pairs=True"]),
    "lists": ([["a", "b", "c"]], ["Entry 0", "wanted one text"]),
    "a scalar array": (np.array("a"), ["scalar", "list of texts"]),
    "a table": (pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"]}), ["DataFrame"]),
}


@pytest.mark.parametrize("name", TEXTS)
def test_predict_refuses(task, name):
    texts, words = TEXTS[name]
    refused(lambda: task.predict(texts), *words)


@pytest.mark.parametrize("name", TEXTS)
def test_fit_and_preprocess_refuse_as_predict_does(task, name):
    texts, words = TEXTS[name]
    refused(lambda: task.fit(texts, ["bad", "good"], verbose=0), *words)
    if name != "an array of numbers":
        refused(lambda: task.preprocess(texts), *words)


PAIRS = {
    "single texts": (["a", "b", "c"], ["Entry 0", "pairs of texts", "(texts, others)"]),
    "a string": ("a", ["str came", "pairs of texts"]),
    "none": (None, ["NoneType came", "pairs of texts"]),
    "triples": ([("a", "b", "c")], ["Entry 0", "pairs of texts"]),
    "columns of unequal length": ((["a", "b", "c"], ["d"]), ["3 first and 1 second", "wanted as many"]),
    "a second text missing": ([("a", None)], ["Entry 0 is None", "second text"]),
    "a table": (pd.DataFrame({"text": ["a"], "other": ["b"]}), ["DataFrame"]),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_task_of_pairs_refuses(pair_task, name):
    pairs, words = PAIRS[name]
    refused(lambda: pair_task.predict(pairs), *words)


def _dataset(*columns):
    return tf.data.Dataset.from_tensor_slices(columns if len(columns) > 1 else columns[0])


FITS = {
    "no text": (lambda task: task.fit([], []), ["empty list", "at least one"]),
    "no labels": (lambda task: task.fit(["a"]), ["without labels", "one label a text"]),
    "too few labels": (lambda task: task.fit(["a", "b"], ["bad"]), ["2 texts and 1 label came", "as many"]),
    "too few weights": (
        lambda task: task.fit(["a", "b"], ["bad", "good"], sample_weight=[1.0]),
        ["2 texts and 1 sample weight came"],
    ),
    "an unknown label": (lambda task: task.fit(["a", "b"], ["bad", "awful"]), ["Row 1", "'awful'", "bad, fair, good"]),
    "a number too high": (lambda task: task.fit(["a", "b"], [0, 3]), ["Row 1", "label 3", "0 to 2"]),
    "a number below zero": (lambda task: task.fit(["a", "b"], [-1, 0]), ["Row 0", "label -1"]),
    "half a label": (lambda task: task.fit(["a", "b"], [0.5, 1.0]), ["Row 0", "0.5"]),
    "a label that is nan": (lambda task: task.fit(["a", "b"], pd.Series(["bad", np.nan])), ["Row 1", "nan"]),
    "one label for all": (lambda task: task.fit(["a", "b"], "bad"), ["one label a text"]),
    "labels of two axes": (lambda task: task.fit(["a"], np.zeros((1, 2))), ["shape (1, 2)"]),
    "an unbatched dataset": (lambda task: task.fit(_dataset(["a"], ["bad"])), [".batch(32)"]),
    "labels beside a dataset": (
        lambda task: task.fit(_dataset(["a"], ["bad"]).batch(1), ["bad"]),
        ["dataset and labels", "inside"],
    ),
    "a dataset without labels": (lambda task: task.fit(_dataset(["a", "b"]).batch(1)), ["label"]),
    "an empty dataset": (lambda task: task.fit(_dataset(["a"], ["bad"]).batch(1).take(0)), ["no batch"]),
    "an unknown label in a dataset": (
        lambda task: task.fit(_dataset(["a"], ["awful"]).batch(1)),
        ["'awful'", "bad, fair, good"],
    ),
    "a split of a dataset": (
        lambda task: task.fit(_dataset(["a"], ["bad"]).batch(1), validation_split=0.5),
        ["validation_split", "validation_data"],
    ),
    "a split that leaves nothing": (
        lambda task: task.fit(["a", "b"], ["bad", "good"], validation_split=0.99),
        ["validation_split=0.99", "empty"],
    ),
    "validation texts alone": (
        lambda task: task.fit(["a", "b"], ["bad", "good"], validation_data=(["a"],)),
        ["validation_data"],
    ),
    "a negative batch size": (lambda task: task.fit(["a", "b"], ["bad", "good"], batch_size=-1), ["batch_size"]),
    "evaluating without labels": (lambda task: task.evaluate(["a"]), ["without labels"]),
}


@pytest.mark.parametrize("name", FITS)
def test_fit_refuses(task, name):
    act, words = FITS[name]
    refused(lambda: act(task), *words)


MAKINGS = {
    "a label twice": ({"labels": ["a", "b", "a"]}, ['"a"', "twice"]),
    "one label": ({"labels": ["a"]}, ["1 label", "at least two"]),
    "no label": ({"labels": []}, ["0 label", "at least two"]),
    "labels as numbers": ({"labels": [0, 1]}, ["0", "int", '"0", "1"']),
    "labels as one string": ({"labels": "good"}, ["labels='good'", "list of names"]),
    "labels as a number": ({"labels": 3}, ["labels=3", "list of names"]),
    "max_length too large": ({"max_length": 65}, ["max_length=65", "3 to 64"]),
    "max_length too small": ({"max_length": 2}, ["max_length=2", "3 to 64"]),
    "max_length too small for pairs": ({"max_length": 4, "pairs": True}, ["max_length=4", "5 to 64"]),
    "max_length as text": ({"max_length": "32"}, ["max_length"]),
    "unknown pooling": ({"pooling": "max"}, ['pooling="max"', "mean, cls, pooler"]),
    "unknown mode": ({"mode": "slow"}, ["'slow'", "'exact'", "'fast'"]),
}


@pytest.mark.parametrize("name", MAKINGS)
def test_from_encoder_refuses(tiny_bert, name):
    settings, words = MAKINGS[name]
    refused(lambda: TextClassifier.from_encoder(tiny_bert, **{"labels": LABELS, **settings}), *words)


def test_a_misspelt_argument_is_not_passed_over(task):
    with pytest.raises((TypeError, UserError), match="max_lenght"):
        TextClassifier(task.encoder, task.preprocessor, LABELS, max_lenght=16)


def test_an_encoder_that_is_nowhere_is_refused_with_a_hint():
    refused(lambda: TextClassifier.from_encoder("minilmm", LABELS), '"minilmm"', 'Did you mean "minilm"')
    refused(lambda: TextClassifier.from_encoder("no/such/folder", LABELS), "no/such/folder", "config.json")


def test_a_tokenizer_of_another_encoder_is_refused(task):
    encoder = task.encoder
    smaller = type(encoder)(**{**encoder.settings, "vocabulary_size": 10})
    refused(lambda: TextClassifier(smaller, task.preprocessor, LABELS), "500 tokens", "10")


def test_the_pooler_of_an_encoder_without_one_is_refused(task):
    settings = {**task.encoder.settings, "pooler": False}
    bare = type(task.encoder)(**settings)
    refused(lambda: TextClassifier(bare, task.preprocessor, LABELS, pooling="pooler"), "no pooler", "mean")


def test_tasks_on_another_backend_are_refused_with_a_sentence():
    pytest.importorskip("jax")
    done = subprocess.run(
        [sys.executable, "-c", "import keras_bigmodel.layers; import keras_bigmodel; keras_bigmodel.TextClassifier"],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1
    assert last.startswith("keras_bigmodel.core.errors.UserError: ")
    assert "jax" in last
    assert "KERAS_BACKEND=tensorflow" in last


# ---- numbers outside of their range

NAN, INF = float("nan"), float("inf")
NUMBERS = {
    "learning_rate": [0.0, -1e-4, NAN, INF, "1e-4", True],
    "weight_decay": [-0.1, NAN, INF, "0.1"],
    "gradient_accumulation_steps": [0, -1, 1.5, NAN],
    "label_smoothing": [-0.1, 1.0, NAN],
}
FIT_NUMBERS = {
    "epochs": [0, -1, 1.5, NAN],
    "initial_epoch": [-1, 0.5],
    "steps_per_epoch": [0, 1.5],
    "seed": [-1, 0.5, NAN],
    "batch_size": [0, 2.5, NAN],
    "tokens_per_batch": [0, 2.5],
    "validation_split": [-0.1, 1.0, 2, NAN],
    "class_weight": [{"bad": NAN}, {"bad": -1.0}, {"bad": INF}, {"bad": "much"}],
    "sample_weight": [[NAN] * 12, [-1.0] * 12, [INF] * 12, ["much"] * 12],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in NUMBERS.items() for value in values])
def test_compile_refuses_numbers_outside_of_their_range(task, name, value):
    refused(lambda: task.compile(**{name: value}), f"{name}=", "wanted a")


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in FIT_NUMBERS.items() for value in values], ids=str
)
def test_fit_refuses_numbers_outside_of_their_range(task, name, value):
    texts, labels = messages(12)
    words = name.split("_")[0] if name.endswith("weight") else f"{name}="
    refused(lambda: task.fit(texts, labels, verbose=0, **{name: value}), words, "wanted")


@pytest.mark.parametrize(
    "how", [{"dropout": NAN}, {"dropout": 1.0}, {"dropout": "0.1"}, {"l2": NAN}, {"l2": -1.0}], ids=str
)
def test_a_classifier_refuses_numbers_outside_of_their_range(tiny_bert, how):
    (name,) = how
    refused(
        lambda: TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", **how), f"{name}=", "wanted a number"
    )


@pytest.mark.parametrize("top_k", [0, -1, 1.5, "2", NAN])
def test_answers_refuse_a_top_k_that_is_no_number_of_labels(task, top_k):
    refused(lambda: task.classify(["a text"], top_k=top_k), "top_k=", "whole number, 1 or more")
