"""The LiteRT file of a version: written by the run or later, measured on the validation rows, refused if it loses."""

import importlib.util
import json
import re
import shutil

import numpy as np
import pytest

from keras_bigmodel import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.versions import LITE_PATH
from keras_bigmodel.edge import LiteClassifier
from keras_bigmodel.export import WorseExportError
from keras_bigmodel.pipeline import export, load_task, lost_accuracy, train
from keras_bigmodel.pipeline.lost_accuracy import LostAccuracy
from keras_bigmodel.pipeline.version_contents import write_lite
from keras_bigmodel.tables import read_text_table
from tests.pipeline.conftest import Listener

TEXTS = ["where is my order", "谢谢"]


def certificate(folder):
    return json.loads((folder / LITE_PATH.with_name("parity.json")).read_text(encoding="utf-8"))


def test_a_run_writes_the_file_into_the_version_and_measures_it(lite_version):
    manifest, facts = Manifest.read(lite_version), certificate(lite_version)
    assert {LITE_PATH.as_posix(), "lite/parity.json"} <= set(manifest.files)
    assert facts["agrees"]
    assert facts["quantize"] == "int8"
    assert facts["measured_texts"] == manifest.data["validation"]["rows"]
    assert facts["accuracy_of_the_model"] == manifest.metrics["validation"]["accuracy"]
    assert facts["points_lost"] <= 0.5
    assert len(facts["some_labels_changed"]) == min(10, facts["labels_changed"])
    changed = f"{facts['labels_changed']} of {facts['measured_texts']}"
    page = (lite_version / "report/index.html").read_text(encoding="utf-8")
    assert f'<th scope="row">LiteRT int8</th><td class="number">{facts["bytes"] / 1e6:.1f}</td>' in page
    assert f'<td class="number">{changed}</td>' in page
    row = next(line for line in (lite_version / "card.md").read_text().splitlines() if line.startswith("| LiteRT int8"))
    assert row.endswith(f"| {changed} |")
    found = LiteClassifier(lite_version / LITE_PATH).predict(TEXTS)
    np.testing.assert_allclose(found, load_task(lite_version).predict(TEXTS), atol=0.1)


@pytest.mark.full
def test_a_later_export_is_measured_on_the_same_rows_and_is_the_next_version(lite_version, tmp_path):
    base = shutil.copytree(lite_version.parent, tmp_path / "messages")
    listener = Listener()
    folder, facts = export(base, format="tflite", quantize="float16", reporter=listener)
    assert folder == base / "2"
    assert facts == certificate(folder)
    assert (facts["quantize"], facts["measured_texts"]) == ("float16", certificate(lite_version)["measured_texts"])
    assert facts["accuracy_of_the_model"] == certificate(lite_version)["accuracy_of_the_model"]
    assert not [sentence for sentence in listener.said if "not measured" in sentence]
    assert certificate(base / "1")["quantize"] == "int8"
    assert re.fullmatch(
        r"A LiteRT file \(float16, .* MB\) was added to version 1, whose report this is.",
        Manifest.read(folder).notes[-1],
    )


@pytest.mark.full  # an export
def test_rows_that_have_changed_measure_nothing(lite_version, messages_table, tmp_path):
    before = messages_table.read_bytes()
    listener = Listener()
    try:
        messages_table.write_bytes(before + b"one more,order_status\r\n")
        _, facts = export(lite_version, format="litert", out=tmp_path / "phone", reporter=listener)
        assert "points_lost" not in facts
        assert any("is not measured. Name a table with labels: --data" in sentence for sentence in listener.said)
        with pytest.raises(UserError, match="--max-drop came, and the validation rows .* Name a table with --data"):
            export(lite_version, format="litert", out=tmp_path / "again", max_drop=1.0)
    finally:
        messages_table.write_bytes(before)
    assert not (tmp_path / "again").exists()


@pytest.mark.full  # a whole run
def test_a_file_that_loses_more_than_allowed_is_refused_and_removed(lite_version, messages_table, tmp_path):
    task, rows = load_task(lite_version), read_text_table(messages_table)
    worse = task.with_dtype("float32")
    worse.get_layer("logits").bias.assign_add(np.arange(len(task.labels), dtype="float32"))
    accept = LostAccuracy(task, rows, 0.5, Listener())
    words = (
        r"right on .* of the 400 rows of .*table.csv, the model on .* points less, and 0.5 are allowed \(.* changed, "
    )
    with pytest.raises(WorseExportError, match=words):
        write_lite(worse, tmp_path, accept, quantize="none", reporter=Listener())
    assert list(tmp_path.iterdir()) == []
    lenient = LostAccuracy(task, rows, 100.0, Listener())
    facts = write_lite(worse, tmp_path, lenient, quantize="none", reporter=Listener())
    change = facts["some_labels_changed"][0]
    assert facts["points_lost"] > 0.5
    assert change["model"] == task.classify([change["text"]])[0].label != change["file"]


@pytest.mark.full
def test_a_run_whose_file_is_refused_still_publishes_its_version(make_settings, messages_table, tmp_path, monkeypatch):
    """The weights of hours are not thrown away with the file for phones."""

    def refuse(self, folder):
        raise WorseExportError("It loses 3.00 points.")

    monkeypatch.setattr(lost_accuracy.LostAccuracy, "__call__", refuse)
    listener = Listener()
    settings = make_settings(tmp_path / "messages", table=str(messages_table), formats="saved_model,litert")
    folder, manifest = train(settings, reporter=listener)
    assert not (folder / LITE_PATH).parent.exists()
    assert manifest.notes == ["The version has no LiteRT file. It loses 3.00 points."]
    assert manifest.notes[0] in listener.said
    assert "It loses 3.00 points" in (folder / "report/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"formats": "litert"}, "--formats litert came; wanted saved_model or saved_model,litert"),
        ({"formats": "saved_model,onnx"}, "wanted saved_model or"),
        ({"formats": "saved_model,litert", "quantize": "int3"}, "--quantize int3 came; wanted one of int8"),
        ({"formats": "saved_model,litert", "max_drop": -1.0}, "--max-drop -1.0 came"),
        ({"formats": "saved_model,litert", "max_drop": float("nan")}, "--max-drop nan came"),
        ({"quantize": "int4"}, "--quantize and --max-drop are of a LiteRT file, which --formats does not name"),
        ({"max_drop": 3.0}, "--quantize and --max-drop are of a LiteRT file"),
        ({"formats": "saved_model,litert", "mode": "fast"}, "--mode fast, whose tokenizer"),
    ],
)
def test_settings_that_no_file_can_be_written_with_are_refused(make_settings, tmp_path, how, words):
    with pytest.raises(UserError, match=words):
        make_settings(tmp_path / "messages", **how)


@pytest.mark.parametrize("quantize", ["int8", "int4"])
def test_a_package_that_is_missing_is_told_before_training(make_settings, tmp_path, monkeypatch, quantize):
    package = {"int8": "ai_edge_litert", "int4": "litert_quantizer"}[quantize]
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else find(name))
    settings = make_settings(tmp_path / "messages", formats="saved_model,litert", quantize=quantize)
    with pytest.raises(UserError, match=f"needs {package.replace('_', '-')}, which is not installed. Install: pip"):
        train(settings)
    assert not (tmp_path / "messages/1").exists()


def test_a_loss_of_just_what_is_allowed_is_allowed(lite_version, messages_table, monkeypatch):
    accept = LostAccuracy(load_task(lite_version), read_text_table(messages_table), 0.5, Listener())
    wrong = np.array([accept._task.labels.index(label) for label in accept._choices])
    (first, second) = np.flatnonzero(wrong == accept._targets)[:2]  # two of 400 rows: half a point
    for row in (first, second):
        wrong[row] = (wrong[row] + 1) % 8
    monkeypatch.setattr(LostAccuracy, "_outputs_of_file", lambda self, classifier: np.eye(8, dtype="float32")[wrong])
    assert accept(lite_version / LITE_PATH.parent)["points_lost"] == 0.5
