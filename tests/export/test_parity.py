"""An export appears when it agrees with its model, and not otherwise."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text as tf_text

from keras_bigmodel import UserError
from keras_bigmodel.export import PARITY_FILE, saved_model_parity
from keras_bigmodel.export.safe_ops import LINKED_OPS
from keras_bigmodel.tasks.export_formats import EXPORTERS, export_checked


def test_the_certificate_says_on_what_it_rests(exported):
    folder, certificate = exported
    assert certificate["agrees"] is True
    assert certificate["rows"] >= 1000
    assert certificate["dtype"] == "float32"
    assert sorted(certificate["endpoints"]) == ["embed", "serving_default", "tokenize", "tokens"]
    outputs = certificate["endpoints"]["serving_default"]["outputs"]
    assert {name: facts["rule"] for name, facts in outputs.items()} == {
        "label": "same_choice",
        "labels": "equal",
        "probabilities": "close",
    }
    logits = certificate["endpoints"]["tokens"]
    assert logits["rows"] == certificate["rows"]
    assert logits["outputs"]["logits"]["tolerance"] == 1e-5
    assert {facts["rule"] for facts in certificate["endpoints"]["tokenize"]["outputs"].values()} == {"equal"}
    assert certificate["clean_process"]["tensorflow"] == tf.__version__
    assert set(certificate["versions"]) >= {"keras_bigmodel", "keras", "tensorflow", "numpy", "python"}
    assert json.loads((folder / PARITY_FILE).read_text(encoding="utf-8")) == certificate


@pytest.mark.full
def test_a_clean_process_gives_the_same_on_ones_own_texts(exported, task):
    texts = ["where is my parcel", "", "e\u0301 é", "\u202e gnp", "👩‍👩‍👧", "x" * 5000] * 40
    certificate = saved_model_parity(task, exported[0], {"text": texts})
    assert certificate["agrees"]
    assert certificate["rows"] == 240
    assert certificate["endpoints"]["tokens"]["outputs"]["logits"]["largest_difference"] <= 1e-5


def test_other_weights_than_those_written_are_noticed(exported, task):
    twin = task.with_dtype("float32")
    twin.get_layer("logits").bias.assign_add([1e-3, 0.0, 0.0])
    certificate = saved_model_parity(twin, exported[0], {"text": ["where is it", "thanks"]})
    assert certificate["agrees"] is False
    logits = certificate["endpoints"]["tokens"]["outputs"]["logits"]
    assert logits["largest_difference"] == pytest.approx(1e-3, rel=1e-2)
    assert logits["rows_that_differ"] == 2
    assert logits["some_rows_that_differ"] == ["thanks", "where is it"]
    assert any("logits of tokens differs" in reason for reason in certificate["reasons"])


def _more(name, amount):
    """Adds something to one output in every tracing but the first, which is the one that is written."""
    return lambda outputs, tracing: {**outputs, name: outputs[name] + amount * (tracing > 1)}


ALTERED = {
    "other logits": ({"tokens": _more("logits", 1e-3)}, "logits of tokens differs by up to 1.0e-03"),
    "logits that are no number": ({"tokens": _more("logits", float("nan"))}, "logits of tokens differs"),
    "other tokens": ({"tokenize": _more("token_ids", 1)}, "get another token_ids of tokenize"),
    "other probabilities": ({"serving_default": _more("probabilities", 0.5)}, "serving_default"),
}


@pytest.mark.parametrize(
    "name", ["other logits", *(pytest.param(name, marks=pytest.mark.full) for name in list(ALTERED)[1:])]
)
def test_an_export_that_does_not_agree_leaves_nothing(letter_counter, tmp_path, name):
    change, words = ALTERED[name]
    if name == "logits that are no number":  # 0 · nan is nan: it must not reach what is written
        change = {"tokens": lambda outputs, tracing: outputs if tracing == 1 else _nan(outputs)}
    with pytest.raises(UserError, match="does not agree") as caught:
        export_checked(letter_counter(change), tmp_path / "model")
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def _nan(outputs):
    return {"logits": outputs["logits"] * float("nan")}


def test_an_export_that_agrees_appears_whole(letter_counter, tmp_path):
    certificate = export_checked(letter_counter(), tmp_path / "model")
    assert certificate["agrees"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert {path.name for path in (tmp_path / "model").iterdir()} >= {"saved_model.pb", "variables", "parity.json"}


def _trimmed(outputs, tracing):
    rows = tf.RaggedTensor.from_tensor(outputs["token_ids"])
    return {"token_ids": tf_text.RoundRobinTrimmer(40).trim([rows])[0].to_tensor(shape=[None, 40])}


def _split_at_spaces(outputs, tracing):
    words = tf_text.WhitespaceTokenizer().tokenize(tf.strings.as_string(outputs["token_ids"][:, 0]))
    return {"token_ids": outputs["token_ids"] + 0 * tf.cast(words.row_lengths(), tf.int32)[:, None]}


_WHITESPACE_OP = "TFText>WhitespaceTokenizeWithOffsetsV2"
FOREIGN = {
    "an op of newer servers": (_trimmed, "TFText>RoundRobin", "only in TensorFlow Serving 2.20 and later"),
    "an op of no server": (_split_at_spaces, _WHITESPACE_OP, "unknown to it"),
}


@pytest.mark.parametrize("name", ["an op of newer servers", pytest.param("an op of no server", marks=pytest.mark.full)])
def test_an_op_that_a_stock_server_lacks_is_refused_by_name(letter_counter, tmp_path, name, monkeypatch):
    change, op, words = FOREIGN[name]
    monkeypatch.delitem(LINKED_OPS, _WHITESPACE_OP)  # all foreign ops that are installed here are linked in some server
    with pytest.raises(UserError) as caught:
        export_checked(letter_counter({"tokenize": change}), tmp_path / "model")
    assert op in str(caught.value)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_a_model_that_calls_back_into_python_is_refused(letter_counter, tmp_path):
    def through_python(outputs, tracing):
        same = tf.numpy_function(lambda ids: ids, [outputs["token_ids"]], tf.int32)
        return {"token_ids": tf.ensure_shape(same, [None, 40])}

    with pytest.raises(UserError, match="does not run in a process of its own"):
        export_checked(letter_counter({"tokenize": through_python}), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_the_way_is_refused_before_anything_is_written(task, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="already there"):
        task.export(tmp_path / "model")
    with pytest.raises(UserError, match="is a file"):
        task.export(tmp_path / "file")
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["mine.txt"]
    assert (tmp_path / "file").read_text() == "mine"


def test_an_unknown_format_lists_the_known(task, tmp_path):
    with pytest.raises(UserError, match=r'"torch".*saved_model'):
        task.export(tmp_path / "model", format="torch")
    assert list(EXPORTERS) == [
        "saved_model",
        "litert",
        "litert_embedding",
        "onnx",
        "openvino",
        "hugging_face",
        "tf_hub",
    ]


@pytest.mark.parametrize("dtype", ["float16", "float99"])
def test_a_dtype_that_cannot_be_exported_is_refused_with_a_sentence(task, tmp_path, dtype):
    with pytest.raises(UserError, match=f"{dtype}.*float32"):
        task.export(tmp_path / "model", dtype=dtype)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_an_export_in_bfloat16_agrees_with_the_model_in_bfloat16(task, tmp_path):
    certificate = task.export(tmp_path / "model", dtype="bfloat16", parity_texts=["where is it"])
    assert (certificate["agrees"], certificate["dtype"]) == (True, "bfloat16")
    assert certificate["endpoints"]["tokens"]["outputs"]["logits"]["tolerance"] == 3e-2
    served = tf.saved_model.load(str(tmp_path / "model")).signatures["serving_default"]
    texts = ["where is it", "thank you very much"]
    found = served(text=tf.constant(texts))["probabilities"].numpy()
    np.testing.assert_allclose(found, task.predict(texts), atol=0.03)  # bfloat16 keeps two to three digits
    assert np.abs(found - task.predict(texts)).max() > 1e-6  # it did compute in bfloat16


KILLED = """
import os, sys
from keras_bigmodel.export import checked_exports
from keras_bigmodel.tasks import TextClassifier
kill = lambda *given, **named: os.kill(os.getpid(), 9)  # written, not compared
checked_exports.saved_model_parity = checked_exports.edge_parity = kill
TextClassifier.from_encoder(sys.argv[1], ["a", "b"], dtype="float32").export(sys.argv[2], sys.argv[3])
"""


@pytest.mark.full
@pytest.mark.parametrize("format", ["saved_model", "litert", "openvino"])
def test_a_killed_export_leaves_no_model(tiny_bert, letter_counter, tmp_path, format):
    folder = tmp_path / "model"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tiny_bert), str(folder), format], env=dict(os.environ), check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert not folder.exists()
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())  # TF Serving passes over such names
    export_checked(letter_counter(), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
