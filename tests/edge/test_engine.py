"""A model's LiteRT or ONNX file answers in its place (`load(..., engine=)`, `bigmodel predict --engine`)."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.versions import LITE_PATH
from keras_bigmodel.edge import load_engine

TEXTS = ["where is my parcel", "", "谢谢", "wait " * 60]


def test_it_answers_as_its_model_and_does_not_train(exported, task):
    folder = exported["none"][0].parent
    engine = TextClassifier.load(folder, engine="litert")
    assert (engine.engine, engine.labels, engine.columns) == ("litert-none", task.labels, ("text",))
    assert (engine.pairs, engine.max_length) == (False, task.max_length)
    np.testing.assert_allclose(engine.predict(TEXTS), task.predict(TEXTS), atol=1e-5)
    assert [one.label for one in engine.classify(TEXTS)] == [one.label for one in task.classify(TEXTS)]
    assert len(engine.answers(TEXTS, top_k=2)[0].probabilities) == 2
    assert engine.loss_sentence == "litert-none: what it loses in accuracy was not measured when it was exported."
    with pytest.raises(UserError, match='fit came on a model .* engine="litert-none", which only answers'):
        engine.fit(TEXTS, ["no"] * 4)
    with pytest.raises(UserError, match="export came on a model"):
        engine.export("somewhere")
    assert not hasattr(engine, "fit")
    assert not hasattr(engine, "something_else")
    assert engine.predict(TEXTS, batch_size=8, verbose=0).shape == (4, len(task.labels))


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("litert-int4000", 'engine="litert-int4000" came; known are litert-int8'),
        ("tensorrt", 'engine="tensorrt" came; known are'),
        ("", 'engine="" came; known are'),
        (
            "litert-float16",
            'quantized as int8. Say engine="litert-int8", or export the model again: .* --quantize float16',
        ),
        ("onnx-int8", "is an export without model.onnx. Name an engine for the file that it holds"),
    ],
)
def test_other_engines_than_the_folder_has_are_refused(exported, engine, words):
    with pytest.raises(UserError, match=words):
        load_engine(exported["int8"][0].parent, engine)


def test_an_altered_export_and_a_file_in_the_folder_s_place_are_refused(exported, tmp_path):
    folder = shutil.copytree(exported["int8"][0].parent, tmp_path / "copy")
    with pytest.raises(UserError, match="is a file; wanted the folder"):
        load_engine(folder / "model.tflite", "litert-int8")
    data = bytearray((folder / "model.tflite").read_bytes())
    data[len(data) // 3] ^= 1
    (folder / "model.tflite").write_bytes(data)
    with pytest.raises(UserError, match="altered: model.tflite"):
        load_engine(folder, "litert-int8")


def test_a_dtype_and_an_engine_are_one_too_many(exported):
    with pytest.raises(UserError, match='dtype="auto" came with engine="litert-int8"'):
        TextClassifier.load(exported["int8"][0].parent, dtype="auto", engine="litert-int8")


def version_with_file(folder, exported, facts=None):
    """Makes a version folder around a LiteRT file."""
    lite = folder / "1" / LITE_PATH.parent
    shutil.copytree(exported["int8"][0].parent, lite)
    if facts:
        path = lite / "parity.json"
        path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **facts}))
    labels = ["a", "b"]
    Manifest(
        "TextClassifier", folder.name, 1, "classification", {"kind": "prediction", "labels": labels},
        {"columns": ["text"]}, {"parameters": 1}, {}, {}, {}, {}, {"rows": 1, "outputs": {}},
    ).write(folder / "1")  # fmt: skip
    return folder


def test_a_versions_file_answers_and_says_what_was_lost(exported, task, tmp_path, bigmodel):
    facts = {"points_lost": 0.25, "accuracy": 0.9, "accuracy_of_the_model": 0.9025, "labels_changed": 3}
    facts |= {"measured_texts": 1200, "measured_on": "test.csv"}
    model = version_with_file(tmp_path / "messages", exported, facts)
    words = "accuracy 90.00% where the model has 90.25% (3 of 1,200 answers changed; test.csv)"
    assert words in load_engine(model, "litert-int8").loss_sentence
    ran = bigmodel("predict", model, "--engine", "litert-int8", "--top-k", "1", *TEXTS[:3])
    assert ran.code == 0
    assert words in ran.err
    found = [json.loads(line) for line in ran.out.splitlines()]
    wanted = load_engine(model / "1", "litert-int8").classify([TEXTS[0], TEXTS[2]])
    assert [row["label"] for row in found] == [wanted[0].label, None, wanted[1].label]
    refused = bigmodel("predict", model, "--engine", "litert-int8", "--dtype", "mixed_bfloat16", "text")
    assert (refused.code, refused.out) == (2, "")
    assert "--dtype mixed_bfloat16 came with --engine litert-int8" in refused.err


def test_an_altered_file_and_a_version_without_one_are_refused(exported, tmp_path, bigmodel):
    model = version_with_file(tmp_path / "messages", exported)
    with (model / "1" / LITE_PATH).open("ab") as file:
        file.write(b"more")
    ran = bigmodel("predict", model, "--engine", "litert-int8", "text")
    assert (ran.code, ran.out) == (2, "")
    assert "altered: lite/model.tflite" in ran.err
    shutil.rmtree(model / "1" / LITE_PATH.parent)
    with pytest.raises(UserError, match=r"holds no model.tflite. Write one: bigmodel export .* --format litert"):
        load_engine(model, "litert-int8")
    with pytest.raises(UserError, match="--format onnx --out FOLDER"):
        load_engine(model, "onnx")


def test_the_command_needs_no_tensorflow(exported, tmp_path):
    model = version_with_file(tmp_path / "messages", exported)
    code = (
        "import sys; sys.modules.update(tensorflow=None, keras=None); from keras_bigmodel.cli.main import main; main()"
    )
    command = [sys.executable, "-c", code, "predict", str(model), "--engine", "litert-int8", "where is it"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["text"] == "where is it"
