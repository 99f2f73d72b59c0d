"""From a table to a version folder: whole, described, checked; or nothing at all."""

import hashlib
import json
import shutil
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.sentences import parity_in_short
from keras_bigmodel.pipeline import export, load_task, measure, train
from keras_bigmodel.tables import read_text_table
from tests.pipeline.conftest import Listener, write_table
from tests.task_contract import LABELS, messages

FILES = {"saved_model.pb", "variables", "parity.json", "task.json", "vocab.txt", "manifest.json"}


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---- what a run writes


def test_the_first_run_writes_version_1_and_the_next_version_2(versions):
    folders = [versions[run][0] for run in ("first", "second")]
    assert folders == [versions["base"] / "1", versions["base"] / "2"]
    assert sorted(path.name for path in versions["base"].iterdir()) == ["1", "2"]
    for folder in folders:
        assert {path.name for path in folder.iterdir()} >= FILES


def test_the_manifest_names_every_file_that_nobody_edits_and_its_checksum(versions):
    folder, _ = versions["first"]
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    read = Manifest.read(folder)
    assert len(written) >= 8
    edited = {name for name in written if name.startswith("serving/")}
    assert set(read.files) == written - {"manifest.json"} - edited
    assert all(_sha256(folder / name) == digest for name, digest in read.files.items())


def test_the_manifest_says_what_was_trained_on_what(versions, table):
    manifest = Manifest.read(versions["first"][0])
    assert (manifest.task, manifest.name, manifest.version, manifest.parent) == ("TextClassifier", "reviews", 1, None)
    assert manifest.labels == LABELS
    assert set(manifest.data) == {"train", "validation"}
    for part, rows in (("train", 48), ("validation", 12)):
        described = manifest.data[part]
        assert described["sha256"] == _sha256(table)
        assert described["rows"] == rows
        assert described["classes"] == dict.fromkeys(LABELS, rows // 3)
    assert manifest.settings["epochs"] == 1
    assert manifest.settings["table"] == str(table)
    assert manifest.sizes["num_layers"] == 2
    assert manifest.preprocessor["max_length"] == 32
    assert manifest.preprocessor["tokenizer"]["mode"] == "exact"
    assert manifest.preprocessor["columns"] == ["text"]
    assert manifest.answers == {"kind": "prediction", "labels": LABELS}
    assert manifest.headlines["validation"].startswith(f"{manifest.metrics['validation']['texts']} texts, accuracy ")
    assert set(manifest.versions) >= {"keras_bigmodel", "tensorflow", "keras", "numpy", "python"}
    assert abs(time.time() - time.mktime(time.strptime(manifest.created, "%Y-%m-%dT%H:%M:%SZ"))) < 86_400 * 2


def test_the_manifests_measures_are_those_of_the_model_in_the_folder(versions):
    folder, manifest = versions["second"]
    assert set(manifest.metrics) == {"validation", "test"}
    path = versions["base"].parent / "test.csv"
    again = measure(load_task(folder).with_dtype("float32"), read_text_table(path))
    assert again["texts"] == manifest.metrics["test"]["texts"] == 20
    assert again["accuracy"] == manifest.metrics["test"]["accuracy"]
    assert again["log_loss"] == pytest.approx(manifest.metrics["test"]["log_loss"], abs=1e-4)
    assert set(manifest.metrics["test"]["per_class"]) == {*LABELS, "rare"}


def test_the_manifest_carries_the_certificate_in_short(versions):
    folder, manifest = versions["first"]
    certificate = json.loads((folder / "parity.json").read_text(encoding="utf-8"))
    assert manifest.parity["agrees"] is True
    assert manifest.parity["rows"] >= 1000
    assert {facts["rows_that_differ"] for facts in manifest.parity["outputs"].values()} == {0}
    assert parity_in_short(certificate) == manifest.parity


def test_a_class_of_one_row_is_trained_on(versions):
    manifest = Manifest.read(versions["second"][0])
    assert manifest.labels == [*LABELS, "rare"]
    assert manifest.data["train"]["classes"]["rare"] == 1
    assert manifest.data["validation"]["classes"]["rare"] == 1


def test_rows_left_out_are_told(versions):
    assert any("1 of 62 rows" in sentence and "empty text" in sentence for sentence in versions["said"])
    assert any("1 of 62 rows" in sentence and "no label" in sentence for sentence in versions["said"])


def test_every_long_part_of_a_run_is_a_bar_that_is_filled(versions):
    titles = [bar["title"] for bar in versions["bars"]]
    assert any("comparing" in title for title in titles)
    assert any("measuring" in title for title in titles)
    assert all(bar["done"] == bar["total"] > 0 for bar in versions["bars"])


def test_the_folder_answers_alike_as_task_and_as_saved_model(versions):
    folder, _ = versions["first"]
    texts = messages(10)[0]
    task = TextClassifier.load(folder, dtype="float32")
    served = tf.saved_model.load(str(folder)).signatures["serving_default"](text=tf.constant(texts))
    np.testing.assert_allclose(served["probabilities"], task.predict(texts), atol=1e-5)


def test_the_base_folder_means_the_highest_version(versions):
    assert load_task(versions["base"]).labels == [*LABELS, "rare"]
    assert TextClassifier.load(versions["base"]).labels == [*LABELS, "rare"]
    assert load_task(versions["base"] / "1").labels == LABELS


# ---- what is never changed after


def _altered(versions, tmp_path, alter):
    shutil.copytree(versions["base"] / "1", tmp_path / "reviews" / "1")
    alter(tmp_path / "reviews" / "1")
    return tmp_path / "reviews"


def _flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


SOME_FILES = ["variables/variables.data-00000-of-00001", "task.json", "variables/variables.index", "saved_model.pb"]


@pytest.mark.parametrize("name", SOME_FILES)
def test_an_altered_file_is_refused_by_name(versions, tmp_path, name):
    base = _altered(versions, tmp_path, lambda folder: _flip_a_bit(folder / name))
    with pytest.raises(UserError, match=f"altered: {name}"):
        load_task(base)


def test_a_missing_file_is_refused_by_name(versions, tmp_path):
    base = _altered(versions, tmp_path, lambda folder: (folder / "vocab.txt").unlink())
    with pytest.raises(UserError, match=r"missing: vocab\.txt"):
        load_task(base)


def test_a_task_that_this_package_does_not_know_is_refused(versions, tmp_path):
    def rename(folder):
        path = folder / "manifest.json"
        path.write_text(path.read_text().replace('"task": "TextClassifier"', '"task": "ImageClassifier"'))

    with pytest.raises(UserError, match=r"ImageClassifier.*TextClassifier"):
        load_task(_altered(versions, tmp_path, rename))


def test_a_folder_that_save_wrote_is_loaded_too(versions, tmp_path):
    load_task(versions["base"]).save(tmp_path / "saved")
    assert load_task(tmp_path / "saved").labels == [*LABELS, "rare"]


# ---- export


@pytest.fixture(scope="module")
def third(versions, tmp_path_factory):
    """Version 1 exported once more, in a copy of the model's folder, beside a report."""
    base = tmp_path_factory.mktemp("copy") / "reviews"
    shutil.copytree(versions["base"], base)
    manifest = Manifest.read(base / "1")
    assert (base / "1" / "report" / "index.html").is_file()
    (base / "1" / "report" / "index.html").write_text("report")
    manifest.write(base / "1")
    before = {path: path.read_bytes() for path in base.rglob("*") if path.is_file()}
    return base, *export(base / "1"), before


@pytest.mark.full
def test_an_export_becomes_the_next_version_and_names_its_parent(third):
    base, folder, certificate, _ = third
    assert folder == base / "3"
    manifest, parent = Manifest.read(folder), Manifest.read(base / "1")
    assert (manifest.version, manifest.parent) == (3, 1)
    assert certificate["agrees"]
    for kept in ("task", "job", "name", "answers", "preprocessor", "sizes", "settings", "data", "metrics"):
        assert getattr(manifest, kept) == getattr(parent, kept)
    manifest.check(folder)


def test_an_export_keeps_the_model_and_its_report(third):
    base, folder, _, before = third
    for name in ("variables/variables.index", "vocab.txt", "task.json"):
        assert (folder / name).is_file()
    assert (folder / "report" / "index.html").read_text() == "report"
    assert {path: path.read_bytes() for path in before} == before  # the other versions are never touched
    texts = messages(10)[0]
    one, other = (TextClassifier.load(path, dtype="float32") for path in (base / "1", folder))
    np.testing.assert_allclose(one.predict(texts), other.predict(texts), atol=1e-6)


@pytest.mark.full
def test_an_export_to_a_folder_of_its_own_leaves_the_versions_alone(versions, tmp_path):
    folder, certificate = export(versions["base"], out=str(tmp_path / "served"))
    assert folder == tmp_path / "served"
    assert certificate["agrees"]
    assert {path.name for path in folder.iterdir()} >= {"saved_model.pb", "variables", "parity.json"}
    assert sorted(path.name for path in versions["base"].iterdir()) == ["1", "2"]
    with pytest.raises(UserError, match="already there"):
        export(versions["base"], out=str(tmp_path / "served"))


def test_an_unknown_format_is_refused_before_anything_is_loaded(tmp_path):
    with pytest.raises(UserError, match='"torch"'):
        export(tmp_path / "nowhere", format="torch")


# ---- what is refused, and leaves nothing


def _one_class(folder):
    return {"table": str(write_table(folder / "one.csv", [(f"text {row}", "bad") for row in range(20)]))}


def _unknown_label(option):
    def make(folder):
        rows = [*zip(*messages(10), strict=True), ("where is it", "awful")]
        return {option: str(write_table(folder / "other.csv", rows))}

    return make


def _text_as_label(folder):
    rows = [(f"text {row}", f"label {row}") for row in range(80)]
    return {"table": str(write_table(folder / "ids.csv", rows))}


REFUSED = {
    "a table that is nowhere": (lambda folder: {"table": str(folder / "nowhere.csv")}, ["No file", "nowhere.csv"]),
    "one class only": (_one_class, ['the label "bad"', "at least two labels"]),
    "a label of validation that training never saw": (_unknown_label("validation"), ["validation row ", '"awful"']),
    "a label of the test that training never saw": (_unknown_label("test"), ["test row ", '"awful"']),
    "too few rows to hold any back": (
        lambda folder: {
            "table": str(write_table(folder / "two.csv", [("a", "x"), ("a", "x"), ("b", "y"), ("b", "y")]))
        },
        ["4 usable rows", "--validation"],
    ),
    "labels that are no labels": (_text_as_label, ["different labels", "--label"]),
    "a column that is not there": (lambda folder: {"text": "review"}, ['No column "review"', "text, label"]),
    "an encoder that is nowhere": (lambda folder: {"encoder": "nothing"}, ['No encoder "nothing"']),
    "texts longer than the encoder takes": (lambda folder: {"max_length": 65}, ["max_length=65", "3 to 64"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_trained_on_is_refused_before_training(make_settings, tmp_path, name):
    make, words = REFUSED[name]
    trained = []
    settings = make_settings(tmp_path / "models" / "reviews", **make(tmp_path))
    watch = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: trained.append("begun"))
    with pytest.raises(UserError) as caught:
        train(settings, callbacks=[watch])
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)
    assert trained == []
    assert not (tmp_path / "models").exists()  # not even an empty folder


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"epochs": 0}, "--epochs 0 came; wanted 1 or more"),
        ({"batch_size": 0}, "--batch-size 0"),
        ({"learning_rate": 0.0}, "--learning-rate 0.0"),
        ({"validation_share": 1.0}, "--validation-share 1.0"),
        ({"dropout": 1.0}, "--dropout 1.0"),
        ({"seed": -1}, "--seed -1"),
        ({"learning_rate": float("nan")}, "--learning-rate nan"),
    ],
    ids=str,
)
def test_a_setting_outside_its_range_is_refused(make_settings, tmp_path, setting, words):
    with pytest.raises(UserError, match=words):
        make_settings(tmp_path / "reviews", **setting)


def test_a_base_that_is_a_file_or_a_model_is_refused(make_settings, versions, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file"):
        train(make_settings(tmp_path / "file"))
    with pytest.raises(UserError, match="itself a saved model"):
        train(make_settings(versions["base"] / "1"))


class Raising(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise RuntimeError("the machine is on fire")


def test_a_run_that_fails_in_the_middle_leaves_nothing(make_settings, tmp_path):
    base = tmp_path / "reviews"
    with pytest.raises(RuntimeError, match="on fire"):
        train(make_settings(base), callbacks=[Raising()])
    assert [
        path for path in tmp_path.rglob("*") if path.is_file() or path.name.startswith(".") or path.name == "1"
    ] == []


@pytest.mark.full  # a whole run
def test_a_run_that_fails_while_it_writes_leaves_the_versions_as_they_were(make_settings, versions, tmp_path):
    base = tmp_path / "reviews"
    (base / "1").mkdir(parents=True)
    (base / "1" / "mark").write_text("mine")

    def take_the_number(sentence):
        if "Writing" in sentence:
            (base / "2").write_text("somebody else took the number")

    with pytest.raises(UserError):
        train(make_settings(base), reporter=Listener(take_the_number))
    assert sorted(path.name for path in base.iterdir()) == [".training", "1", "2"]
    assert (base / "2").is_file()
    (base / "2").unlink()
    folder, _ = train(make_settings(base), unfinished="resume")
    assert folder == base / "2", "what was trained is not lost"
    assert sorted(path.name for path in base.iterdir()) == ["1", "2"]


@pytest.mark.full
def test_two_runs_with_one_seed_give_one_model(make_settings, versions, tmp_path):
    folder, manifest = train(make_settings(tmp_path / "reviews", validation_share=0.2))
    texts = messages(10)[0]
    one, other = (TextClassifier.load(path, dtype="float32") for path in (folder, versions["first"][0]))
    np.testing.assert_allclose(one.predict(texts), other.predict(texts), atol=1e-4)  # threads may sum in another order
    assert manifest.metrics["validation"]["texts"] == versions["first"][1].metrics["validation"]["texts"]


@pytest.mark.full
@pytest.mark.minilm
def test_a_version_of_minilm_is_hardly_larger_than_its_weights(make_settings, tmp_path):
    folder, manifest = train(make_settings(tmp_path / "model", encoder="minilm"))
    written = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert written <= 1.08 * 4 * manifest.sizes["parameters"]
