"""Folders that the package wrote before a version folder held each weight once: they still load."""

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.pipeline import export, load_task

OLD = Path(__file__).with_name("fixtures") / "format_1.tar.gz"


@pytest.fixture
def old(tmp_path):
    """`model/1`, a version folder; `pairs`, a saved task; `expected.json`, what both answered."""
    with tarfile.open(OLD) as archive:
        archive.extractall(tmp_path)  # our own file; `filter` is newer than some 3.11
    return tmp_path, json.loads((tmp_path / "expected.json").read_text(encoding="utf-8"))


def test_a_version_folder_answers_as_it_did(old):
    folder, expected = old
    for task in (
        TextClassifier.load(folder / "model", dtype="float32"),
        load_task(folder / "model").with_dtype("float32"),
    ):
        np.testing.assert_allclose(task.predict(expected["texts"]), expected["model"], atol=1e-6)


def test_a_saved_task_of_pairs_answers_as_it_did(old):
    folder, expected = old
    task = TextClassifier.load(folder / "pairs", dtype="float32")
    assert (task.pairs, task.pooling, task.dropout, task.l2, task.max_length) == (True, "cls", 0.2, 0.01, 24)
    texts = expected["texts"]
    np.testing.assert_allclose(task.predict((texts, texts[::-1])), expected["pairs"], atol=1e-6)


def test_its_manifest_reads_as_one_of_today(old):
    manifest = Manifest.read(old[0] / "model" / "1")
    assert (manifest.job, manifest.task, manifest.answers["kind"]) == ("classification", "TextClassifier", "prediction")
    assert manifest.labels == ["account_access", "change_order", "damaged_or_wrong_item"]
    assert manifest.preprocessor["columns"] == ["text"]
    assert manifest.headlines["validation"].startswith("8 texts, accuracy 0.")
    assert manifest.parity["agrees"] is True
    assert manifest.parity["rows"] > 1000


def test_inspect_and_predict_take_it(old, bigmodel):
    folder, expected = old
    shown = bigmodel("inspect", folder / "model")
    assert shown.code == 0, shown.err
    assert "account_access" in shown.out
    assert "token_ids equal" in shown.out
    asked = bigmodel("predict", folder / "model", *expected["texts"][:2])
    probabilities = [json.loads(line)["probabilities"] for line in asked.out.splitlines()]
    wanted = [dict(zip(Manifest.read(folder / "model" / "1").labels, row, strict=True)) for row in expected["model"]]
    for found, row in zip(probabilities, wanted, strict=False):
        assert found == pytest.approx(row, abs=0.01)


@pytest.mark.full
def test_an_export_of_it_is_of_todays_format(old):
    folder, expected = old
    written, certificate = export(folder / "model")
    assert certificate["agrees"]
    assert (written / "task.json").is_file()
    assert not (written / "weights.weights.h5").exists()
    assert Manifest.read(written).format == 2
    task = TextClassifier.load(folder / "model" / "2", dtype="float32")
    np.testing.assert_allclose(task.predict(expected["texts"]), expected["model"], atol=1e-6)


@pytest.mark.parametrize("name", ["weights.weights.h5", "vocab.txt", "task.json"])
def test_one_that_was_altered_is_refused(old, name):
    path = old[0] / "model" / "1" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for load in (TextClassifier.load, load_task):
        with pytest.raises(UserError, match=f"altered: {name}"):
            load(old[0] / "model")


def test_a_manifest_of_a_later_format_is_refused(old):
    path = old[0] / "model" / "1" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 3}))
    with pytest.raises(UserError, match="has format 3, this package knows 2. Install a newer"):
        load_task(old[0] / "model")
