"""What a hostile caller hands to the methods of a task: a sentence each, no error of Keras, nothing wrong unsaid."""

import io
import itertools
import pathlib

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_bigmodel import TableStream, TextClassifier, UserError
from keras_bigmodel.tables import read_text_table
from tests.task_contract import LABELS, messages

TEXTS, NAMES = messages(12)
LONE = "\ud800"
LIST_WANTED = ["can be read only once", "Write list(...)"]
LONG = "a" * 300


@pytest.fixture(scope="module")
def task(tiny_bert):
    return TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)


@pytest.fixture(scope="module")
def pair_task(tiny_bert):
    return TextClassifier.from_encoder(tiny_bert, LABELS, pairs=True, dtype="float32", max_length=32)


def refused(act, words):
    with pytest.raises(UserError) as caught:
        act()
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", "]", "?", ")")), sentence
    for word in words:
        assert word in sentence
    return sentence


FILES = [open(__file__, mode) for mode in ("r", "rb")]  # noqa: SIM115, closed with the process


def _slices(*columns):
    return tf.data.Dataset.from_tensor_slices(columns if len(columns) > 1 else columns[0])


class _Loader(keras.utils.PyDataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        return np.array(["a text"]), np.array([0])


ROWS = {
    "a tensor of no axis": (lambda: tf.constant("a"), ["scalar", "list of texts"]),
    "an array of no axis": (lambda: np.array("a"), ["scalar"]),
    "a tensor of two axes": (lambda: tf.constant([["a"]]), ["Entry 0", "wanted one text"]),
    "a tensor of numbers": (lambda: tf.constant([1, 2]), ["Entry 0 is 1 (int)"]),
    "a generator": (lambda: (text for text in TEXTS), ["generator", *LIST_WANTED]),
    "an endless generator": (itertools.count, ["count", *LIST_WANTED]),
    "a map": (lambda: map(str, [1]), ["map", *LIST_WANTED]),
    "a zip": (lambda: zip(TEXTS, TEXTS, strict=True), ["zip", *LIST_WANTED]),
    "a filter": (lambda: filter(None, TEXTS), ["filter", *LIST_WANTED]),
    "an iterator": (lambda: iter(TEXTS), ["iterator", *LIST_WANTED]),
    "an open file": (lambda: FILES[0], ["TextIOWrapper", *LIST_WANTED]),
    "an open binary file": (lambda: FILES[1], ["BufferedReader", *LIST_WANTED]),
    "a text in memory": (lambda: io.StringIO("a\nb"), ["StringIO", *LIST_WANTED]),
    "a dict of another column": (lambda: {"body": TEXTS}, ["without the column text", "with the column body"]),
    "an empty dict": (dict, ["without the column text"]),
    "half of the features": (lambda: {"token_ids": np.ones((1, 2), "int32")}, ["without the column text"]),
    "a dict of one text": (lambda: {"text": "a"}, ["single str"]),
    "a path": (lambda: pathlib.Path("texts.txt"), ["Path", "list of texts"]),
    "an object": (object, ["object", "list of texts"]),
    "a class": (lambda: str, ["type", "list of texts"]),
    "a symbolic tensor": (lambda: keras.Input((3,)), ["KerasTensor", "list of texts"]),
    "bytes that can change": (lambda: bytearray(b"abc"), ["Entry 0"]),
    "a list of them": (lambda: [bytearray(b"abc")], ["bytearray"]),
    "a range": (lambda: range(3), ["Entry 0 is 0 (int)"]),
    "a set": (lambda: set(TEXTS), ["no order"]),
    "an empty tuple": (tuple, ["empty list"]),
    "an empty array": (lambda: np.array([]), ["empty list"]),
    "an empty series": (lambda: pd.Series([], dtype=str), ["empty list"]),
    "a sparse tensor": (lambda: tf.sparse.from_dense([["a"]]), ["SparseTensor"]),
    "a ragged tensor": (lambda: tf.ragged.constant([["a"], ["b", "c"]]), ["Entry 0"]),
    "a structured array": (lambda: np.array([("a", 1)], dtype=[("t", "U3"), ("n", "i4")]), ["Entry 0"]),
    "dates": (lambda: pd.Series(pd.to_datetime(["2020-01-01"])), ["Timestamp"]),
    "no time": (lambda: [pd.NaT], ["NaT", "Drop or fill"]),
    "a dataset of numbers": (lambda: _slices([1, 2]).batch(2), ["Entry 0 is 1 (int)"]),
    "a dataset of texts, unbatched": (lambda: _slices(TEXTS), [".batch(32)"]),
    "a dataset of two axes": (lambda: _slices(TEXTS).batch(2).batch(2), ["Entry 0"]),
    "a dataset without an end": (lambda: _slices(TEXTS).batch(4).repeat(), ["never ends", ".take"]),
    "an empty dataset": (lambda: _slices(TEXTS).batch(4).take(0), ["no batch"]),
    "a dataset of dicts of other columns": (lambda: _slices({"body": TEXTS}).batch(4), ["without the column text"]),
    "a dataset of dicts with a column more": (
        lambda: _slices({"text": TEXTS, "label": NAMES}).batch(4),
        ["with the column label"],
    ),
    "a dataset of pairs": (lambda: _slices((TEXTS, TEXTS), NAMES).batch(4), ["2 columns", "pairs=True"]),
    "Keras's own dataset": (_Loader, ["_Loader", "token_ids", "TableStream"]),
}


def rows_refused():
    """Returns name → function of a task that is handed such rows; also for the document."""
    return {name: lambda task, make=make: task.predict(make()) for name, (make, _) in ROWS.items()}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("method", ["predict", "answers"])
def test_rows_are_refused(task, method, name):
    if method == "answers" and "dataset" in name and name != "a dataset without an end":
        pytest.skip("the same reading")
    make, words = ROWS[name]
    refused(lambda: getattr(task, method)(make()), words)


PAIRS = {
    "a tuple of two tuples": (lambda: (("a", "b"), ("c", "d")), ["two ways", "two pairs", "two columns"]),
    "a zip": (lambda: zip(TEXTS, TEXTS, strict=True), LIST_WANTED),
    "a generator": (lambda: (pair for pair in [("a", "b")]), LIST_WANTED),
    "dicts": (lambda: [{"text": "a", "text_pair": "b"}], ["Entry 0", "pairs of texts"]),
    "sets": (lambda: [{"a", "b"}], ["Entry 0", "pairs of texts"]),
    "texts of two letters": (lambda: ["ab", "cd"], ["Entry 0", "pairs of texts"]),
    "another column": (lambda: {"text": ["a"], "other": ["b"]}, ["without the column text_pair"]),
    "single texts in a dict": (lambda: {"text": "a", "text_pair": "b"}, ["single str"]),
    "none": (lambda: [None], ["Entry 0 is None"]),
    "one column": (lambda: (["a"],), ["Entry 0"]),
    "three columns": (lambda: (["a"], ["b"], ["c"]), ["Entry 0"]),
    "two empty columns": (lambda: ((), ()), ["empty list"]),
    "a dataset of single texts": (lambda: _slices(TEXTS).batch(4), ["1 column", "text, text_pair"]),
}


@pytest.mark.parametrize("name", PAIRS)
def test_pairs_are_refused(pair_task, name):
    make, words = PAIRS[name]
    refused(lambda: pair_task.predict(make()), words)


def test_columns_and_pairs_that_can_be_read_in_one_way_only_are_answered(pair_task):
    columns, rows = (["a", "b"], ["c", "d"]), [("a", "c"), ("b", "d")]
    np.testing.assert_array_equal(pair_task.predict(columns), pair_task.predict(rows))
    np.testing.assert_array_equal(pair_task.predict((("a", "b", "e"), ("c", "d", "f")))[:2], pair_task.predict(rows))


def test_a_dataset_of_dicts_is_trained_on_and_answered(task):
    dataset = _slices({"text": TEXTS}, NAMES).batch(4)
    assert task.fit(dataset, verbose=0).epoch == [0]
    np.testing.assert_allclose(task.predict(dataset), task.predict(TEXTS), atol=1e-6)


LABEL_COLUMNS = {
    "of different lengths": (lambda: [["bad"], *[["bad", "good"]] * 11], ["different lengths"]),
    "a list among names": (lambda: [*NAMES[:11], ["bad", "good"]], ["Row 11", "one label a text"]),
    "a ragged tensor": (lambda: tf.ragged.constant([[0], [0, 1]] * 6), ["RaggedTensor"]),
    "a huge number": (lambda: [10**30, *[0] * 11], ["Row 0", "1000000000000"]),
    "a huge negative number": (lambda: [-(10**30), *[0] * 11], ["Row 0", "-1000000000000"]),
    "a number of thousands of digits": (lambda: [10**6000, *[0] * 11], ["Row 0", "bits"]),
    "a number beyond int64": (lambda: np.array([2**63, *[0] * 11], "uint64"), ["Row 0"]),
    "infinity": (lambda: [float("inf"), *[0] * 11], ["Row 0", "inf"]),
    "a complex number": (lambda: [1j, *[0] * 11], ["Row 0"]),
    "none": (lambda: [None, *NAMES[1:]], ["Row 0 has no label"]),
    "a generator": (lambda: (name for name in NAMES), ["generator"]),
    "a map": (lambda: map(str, NAMES), ["map"]),
    "a dict": (lambda: dict(zip(TEXTS, NAMES, strict=True)), ["dict"]),
    "a set": (lambda: set(NAMES), ["no order"]),
    "a tensor of no axis": (lambda: tf.constant("bad"), ["one label a text"]),
    "a sparse tensor": (lambda: tf.sparse.from_dense([[1, 0, 0]] * 12), ["SparseTensor"]),
    "too few": (lambda: NAMES[:3], ["12 texts and 3 labels"]),
    "none at all": (list, ["12 texts and 0 labels"]),
    "a table of other columns": (lambda: pd.DataFrame({"a": [1] * 12, "b": [1] * 12}), ["columns a, b"]),
    "shares below 0": (lambda: np.array([[1.0, 0.0, -1.0]] * 12), ["Row 0", "not below 0"]),
    "shares as texts": (lambda: np.array([["1", "0", "0"]] * 12), ["shape (12, 3)"]),
    "shares of other labels": (lambda: np.eye(12), ["shape (12, 12)"]),
}


@pytest.mark.parametrize("name", LABEL_COLUMNS)
def test_labels_are_refused(task, name):
    make, words = LABEL_COLUMNS[name]
    refused(lambda: task.fit(TEXTS, make(), verbose=0), words)


def _changing(*batches_of_a_reading):
    """Returns a dataset of texts and labels that gives another number of batches at every reading."""
    readings = itertools.count()

    def batches():
        number = batches_of_a_reading[min(next(readings), len(batches_of_a_reading) - 1)]
        for _ in range(number):
            yield TEXTS[:2], NAMES[:2]

    spec = tf.TensorSpec((None,), tf.string)
    return tf.data.Dataset.from_generator(batches, output_signature=(spec, spec))


FITS = {
    "a generator of rows and labels": (((text, name) for text, name in zip(TEXTS, NAMES, strict=True)), {}, "once"),
    "a list of rows with labels": (list(zip(TEXTS, NAMES, strict=True)), {}, "Entry 0"),
    "texts and labels in a tuple": ((TEXTS, NAMES), {}, "Entry 0"),
    "a dataset of four members": (_slices(TEXTS, NAMES, [1.0] * 12, [1.0] * 12).batch(4), {}, "gives 4 things"),
    "a dataset of texts alone": (_slices(TEXTS).batch(4), {}, "without labels"),
    "a dataset of weights as texts": (_slices(TEXTS, NAMES, ["a"] * 12).batch(4), {}, "sample weights"),
    "a dataset of weights below 0": (_slices(TEXTS, NAMES, [-1.0] * 12).batch(4), {}, "-1.0"),
    "a dataset of labels of two axes": (_slices(TEXTS, np.zeros((12, 2))).batch(4), {}, "shape (12, 2)"),
    "a dataset that never ends": (_slices(TEXTS, NAMES).batch(4).repeat(), {}, "give steps_per_epoch"),
    "a dataset that can be read once": (_changing(2, 0, 0), {"epochs": 2}, "gave no batch"),
    "a dataset that can be read twice": (_changing(2, 2, 0), {"epochs": 2}, "2 batches when it was counted, and 0"),
    "a dataset that grows": (_changing(2, 2, 3), {}, "2 batches when it was counted, and more"),
    "a dataset that shrinks": (_changing(3, 3, 2), {"epochs": 2}, "3 batches when it was counted, and 2"),
    "labels beside a dataset": (_slices(TEXTS).batch(4), {"y": NAMES}, "inside the dataset"),
}


@pytest.mark.parametrize("name", FITS)
def test_fit_refuses_data(task, name):
    rows, more, word = FITS[name]
    refused(lambda: task.fit(rows, verbose=0, **more), [word])


def test_a_dataset_that_never_ends_is_trained_on_as_long_as_is_asked(task):
    endless = _changing(10**9)
    history = task.fit(endless, steps_per_epoch=3, epochs=2, verbose=0)
    assert history.epoch == [0, 1]


FIT_ARGUMENTS = {
    "batch_size 2.5": ({"batch_size": 2.5}, "batch_size=2.5"),
    "batch_size as text": ({"batch_size": "8"}, "batch_size='8'"),
    "batch_size True": ({"batch_size": True}, "batch_size=True"),
    "tokens_per_batch as text": ({"tokens_per_batch": "9"}, "tokens_per_batch='9'"),
    "both sizes": ({"batch_size": 2, "tokens_per_batch": 9}, "wanted one of them"),
    "epochs as text": ({"epochs": "3"}, "epochs='3'"),
    "nothing left to train": ({"epochs": 3, "initial_epoch": 3}, "nothing is left to train"),
    "weights as texts": ({"sample_weight": ["1"] * 12}, "texts among them"),
    "weights as bytes": ({"sample_weight": np.array([b"1"] * 12)}, "texts among them"),
    "a word for weights": ({"sample_weight": "heavy"}, "sample weights"),
    "a dict of weights": ({"sample_weight": {"a": 1}}, "sample weights"),
    "a generator of weights": ({"sample_weight": (1.0 for _ in TEXTS)}, "sample weights"),
    "weights of two axes": ({"sample_weight": np.ones((12, 2))}, "shape (12, 2)"),
    "no weights": ({"sample_weight": [None] * 12}, "nan"),
    "weights of 0 alone": ({"sample_weight": [0.0] * 12}, "Every sample weight is 0"),
    "one weight": ({"sample_weight": 2.0}, "shape ()"),
    "a list of class weights": ({"class_weight": [1, 2, 3]}, "wanted a dict"),
    "a word for class weights": ({"class_weight": "balanced"}, "wanted a dict"),
    "a class weight twice": ({"class_weight": {"bad": 1.0, b"bad": 2.0}}, '"bad" two weights'),
    "a class by name and by number": ({"class_weight": {"bad": 1.0, 0: 2.0}}, "two ways"),
    "a class by two numbers": ({"class_weight": {0: 1.0, np.float64(0.0): 1.0, "0": 2.0}}, "'0'"),
    "an unknown class": ({"class_weight": {"worse": 1.0}}, "worse"),
    "no class": ({"class_weight": {None: 1.0}}, "None"),
    "class weights of 0 alone": ({"class_weight": dict.fromkeys(LABELS, 0)}, "every label 0"),
    "validation_split as text": ({"validation_split": "0.2"}, "validation_split='0.2'"),
    "validation texts alone": ({"validation_data": TEXTS}, "(texts, labels)"),
    "a word for validation": ({"validation_data": "x"}, "(texts, labels)"),
    "four parts of validation": ({"validation_data": (TEXTS, NAMES, None, None)}, "(texts, labels)"),
    "a generator of validation": ({"validation_data": iter([(TEXTS, NAMES)])}, "once"),
    "a dict of validation": ({"validation_data": {"x": TEXTS}}, "(texts, labels)"),
    "a number for validation": ({"validation_data": 0}, "(texts, labels)"),
    "a word for callbacks": ({"callbacks": "EarlyStopping"}, "wanted keras.callbacks.Callback"),
    "a class for callbacks": ({"callbacks": [keras.callbacks.EarlyStopping]}, "Write EarlyStopping(...)"),
}


def arguments_refused():
    """Returns name → function of a task whose `fit` is given such arguments; also for the document."""
    return {
        name: lambda task, how=how: task.fit(TEXTS, NAMES, verbose=0, **how) for name, (how, _) in FIT_ARGUMENTS.items()
    }


@pytest.mark.parametrize("name", FIT_ARGUMENTS)
def test_fit_refuses_arguments(task, name):
    how, word = FIT_ARGUMENTS[name]
    before = task.get_weights()
    refused(lambda: task.fit(TEXTS, NAMES, verbose=0, **how), [word])
    assert all(map(np.array_equal, before, task.get_weights())), "nothing was trained"


ASKED = {
    "predict, batch_size 2.5": (lambda task: task.predict(TEXTS, batch_size=2.5), "batch_size=2.5"),
    "predict, batch_size 0": (lambda task: task.predict(TEXTS, batch_size=0), "batch_size=0"),
    "classify, batch_size as text": (lambda task: task.classify(TEXTS, batch_size="x"), "batch_size='x'"),
    "embed, batch_size -1": (lambda task: task.embed(TEXTS, batch_size=-1), "batch_size=-1"),
    "embed, none": (lambda task: task.embed(None), "list of texts"),
    "evaluate, batch_size 0": (lambda task: task.evaluate(TEXTS, NAMES, batch_size=0, verbose=0), "batch_size=0"),
    "evaluate, no labels": (lambda task: task.evaluate(_slices(TEXTS).batch(4), verbose=0), "without labels"),
    "predict, steps": (lambda task: task.predict(TEXTS, steps=2), "steps"),
    "predict, a word for callbacks": (lambda task: task.predict(TEXTS, callbacks="x"), "Callback objects"),
    "predict_stream, none": (lambda task: list(task.predict_stream(None)), "TableStream"),
    "predict_stream, a text": (lambda task: list(task.predict_stream("a text")), "TableStream"),
    "predict_stream, texts": (lambda task: list(task.predict_stream(["a", "b"])), "single str"),
    "answer_stream, a number": (lambda task: list(task.answer_stream(3)), "TableStream"),
    "token_counts, none": (lambda task: task.token_counts(None), "list of texts"),
    "save, none": (lambda task: task.save(None), "NoneType"),
    "save, a number": (lambda task: task.save(7), "(int)"),
    "save, an empty name": (lambda task: task.save(""), "An empty name"),
    "save, a NUL": (lambda task: task.save("a\0b"), "NUL"),
    "save, a long name": (lambda task: task.save(LONG), "255 bytes"),
    "save, under a file": (lambda task: task.save(f"{__file__}/x"), "a file stands in its way"),
    "export, none": (lambda task: task.export(None), "NoneType"),
    "export, an empty name": (lambda task: task.export(""), "An empty name"),
    "export, an unknown format": (lambda task: task.export("x", format="coreml"), "coreml"),
    "compile, an unknown optimizer": (lambda task: task.compile(optimizer="adamm"), "optimizer='adamm'"),
    "compile, an unknown loss": (lambda task: task.compile(loss="crossentropie"), "loss='crossentropie'"),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_task_refuses_what_it_is_asked(task, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    act, word = ASKED[name]
    refused(lambda: act(task), [word])
    assert list(tmp_path.iterdir()) == []


MADE = {
    "no encoder": (None, {}, "NoneType"),
    "a number for the encoder": (3, {}, "(int)"),
    "an empty name": ("", {}, "An empty name"),
    "a NUL in the name": ("a\0b", {}, "NUL"),
    "a name too long": (LONG, {}, "255 bytes"),
    "a file": (__file__, {}, "No folder"),
    "a label with half a surrogate": (..., {"labels": ["a", LONE]}, "surrogate"),
    "a label with a NUL": (..., {"labels": ["a", "b\0c"]}, "NUL"),
    "an empty label": (..., {"labels": ["a", ""]}, "blank"),
    "a blank label": (..., {"labels": ["a", " \t"]}, "blank"),
    "bytes for labels": (..., {"labels": b"ab"}, "list of names"),
    "labels of bytes": (..., {"labels": [b"a", b"b"]}, 'labels=["a", "b"]'),
    "a set of labels": (..., {"labels": {"a", "b"}}, "no order"),
    "a dtype of no name": (..., {"dtype": "float12"}, "float12"),
    "a number for the dtype": (..., {"dtype": 3}, "dtype=3"),
    "a word for pairs": (..., {"pairs": "no"}, "pairs='no'"),
    "a word for freeze_encoder": (..., {"freeze_encoder": "False"}, "freeze_encoder='False'"),
    "no mode": (..., {"mode": None}, "mode is None"),
    "a number for pooling": (..., {"pooling": 3}, 'pooling="3"'),
    "a negative length": (..., {"max_length": -1}, "max_length=-1"),
}


@pytest.mark.parametrize("name", MADE)
def test_from_encoder_refuses(tiny_bert, name):
    source, how, word = MADE[name]
    refused(
        lambda: TextClassifier.from_encoder(tiny_bert if source is ... else source, **{"labels": LABELS, **how}), [word]
    )


OPENED = {
    "load, none": (lambda: TextClassifier.load(None), "NoneType"),
    "load, a number": (lambda: TextClassifier.load(3), "(int)"),
    "load, an empty name": (lambda: TextClassifier.load(""), "An empty name"),
    "load, nothing there": (lambda: TextClassifier.load("no/such/folder"), "No folder"),
    "load, a file": (lambda: TextClassifier.load(__file__), "is a file"),
    "load, a NUL": (lambda: TextClassifier.load("a\0b"), "NUL"),
    "load, a long name": (lambda: TextClassifier.load(LONG), "255 bytes"),
    "a table, none": (lambda: read_text_table(None), "NoneType"),
    "a table, an empty name": (lambda: read_text_table(""), "An empty name"),
    "a table, a folder": (lambda: read_text_table("/"), "folder"),
    "a table, a long name": (lambda: read_text_table(f"{LONG}.csv"), "255 bytes"),
    "a stream, none": (lambda: list(TableStream(None)), "NoneType"),
    "a stream, a NUL": (lambda: list(TableStream("a\0b.csv")), "NUL"),
    "a stream, a share of 2": (lambda: TableStream("a.csv").split(2), "share=2"),
}


@pytest.mark.parametrize("name", OPENED)
def test_what_cannot_be_opened_is_refused(name):
    act, word = OPENED[name]
    refused(act, [word])


ANSWERED = {
    "labels of NumPy": lambda bert: TextClassifier.from_encoder(bert, np.array(LABELS)).labels == LABELS,
    "labels of a generator": lambda bert: TextClassifier.from_encoder(bert, (part for part in LABELS)).labels == LABELS,
}


@pytest.mark.parametrize("name", ANSWERED)
def test_odd_labels_that_have_one_meaning_are_taken(tiny_bert, name):
    assert ANSWERED[name](tiny_bert)


ODD_TEXTS = [["a\0b"], [LONE], ["a" * 1_000_000], ["\u202e"], ["x " * 300_000], ["\ufffe"], [""], [" "], ["\r\n"]]


@pytest.mark.parametrize("texts", ODD_TEXTS, ids=lambda texts: ascii(texts[0][:8]))
def test_odd_texts_have_one_answer_each(task, texts):
    probabilities = task.predict([*texts, "a plain text"])
    assert probabilities.shape == (2, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)
