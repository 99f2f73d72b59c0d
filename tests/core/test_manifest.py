"""What a version folder says about itself, and whether it is still true."""

import hashlib
import json

import numpy as np
import pytest

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import FILE_NAME, FORMAT, Manifest, checksums, package_versions

VALUES = {
    "task": "TextClassifier",
    "name": "reviews",
    "version": 3,
    "job": "classification",
    "answers": {"kind": "prediction", "labels": ["gut", "schlecht", "好"]},
    "preprocessor": {"columns": ["text"], "tokenizer": {"lowercase": True}},
    "sizes": {"parameters": 12},
    "settings": {"epochs": 2},
    "data": {"rows": 10},
    "metrics": {"test": {"accuracy": 0.5}},
    "headlines": {"test": "accuracy 0.5000"},
    "parity": {"agrees": True, "rows": 7, "outputs": {}},
    "parent": 2,
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "variables").mkdir()
    (tmp_path / "saved_model.pb").write_bytes(b"graph")
    (tmp_path / "variables" / "data").write_bytes(b"weights")
    (tmp_path / "variables" / FILE_NAME).write_bytes(b"not ours, but a file as any other")
    Manifest(**VALUES).write(tmp_path)
    return tmp_path


def change(folder, **values):
    content = json.loads((folder / FILE_NAME).read_text(encoding="utf-8")) | values
    (folder / FILE_NAME).write_text(json.dumps({key: value for key, value in content.items() if value is not ...}))


def test_what_was_written_is_read_back(folder):
    manifest = Manifest.read(folder)
    assert {name: getattr(manifest, name) for name in VALUES} == VALUES
    assert manifest.format == FORMAT
    assert manifest.created.endswith("Z")
    assert manifest.versions == package_versions()


def test_every_file_is_listed_with_its_sha256(folder):
    files = Manifest.read(folder).files
    assert files == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("saved_model.pb", "variables/data", f"variables/{FILE_NAME}")
    }
    assert checksums(folder) == files


def test_labels_of_all_scripts_can_be_read_in_the_file(folder):
    assert "好" in (folder / FILE_NAME).read_text(encoding="utf-8")


def test_versions_name_what_computes_here():
    import keras

    assert package_versions()["keras"] == keras.__version__
    assert {"keras_bigmodel", "python", "tensorflow", "numpy"} <= package_versions().keys()


def test_an_untouched_folder_passes(folder):
    manifest = Manifest.read(folder)
    manifest.check(folder)
    (folder / "more.txt").write_text("a file that was added harms nobody")
    manifest.check(folder)


def test_every_missing_and_every_altered_file_is_named(folder):
    manifest = Manifest.read(folder)
    (folder / "saved_model.pb").unlink()
    (folder / "variables" / "data").write_bytes(b"weightz")
    (folder / "variables" / FILE_NAME).write_bytes(b"")
    with pytest.raises(UserError) as caught:
        manifest.check(folder)
    said = str(caught.value)
    assert "missing: saved_model.pb;" in said
    assert f"altered: variables/data, variables/{FILE_NAME}" in said
    assert "Take it from a backup or train again" in said


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/data"])
def test_one_altered_file_is_named_alone(folder, name):
    (folder / name).write_bytes(b"other")
    with pytest.raises(UserError, match=rf"\(altered: {name}\)"):
        Manifest.read(folder).check(folder)


def test_a_newer_format_is_refused(folder):
    change(folder, format=FORMAT + 1)
    with pytest.raises(UserError, match=f"format {FORMAT + 1}, this package knows {FORMAT}. Install a newer"):
        Manifest.read(folder)


def test_a_word_that_this_version_does_not_know_is_passed_over(folder):
    change(folder, colour="blue")
    assert Manifest.read(folder).name == "reviews"


def test_every_missing_entry_is_named(folder):
    change(folder, answers=..., preprocessor=...)
    with pytest.raises(UserError, match="lacks answers, preprocessor"):
        Manifest.read(folder)


def test_a_folder_without_a_manifest(tmp_path):
    with pytest.raises(UserError, match="no version folder of keras_bigmodel"):
        Manifest.read(tmp_path)


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe"])
def test_a_manifest_that_is_no_json(folder, content):
    (folder / FILE_NAME).write_bytes(content)
    with pytest.raises(UserError, match=r"is not (JSON|UTF-8).* backup"):
        Manifest.read(folder)


@pytest.mark.parametrize("content", ["[]", "null", '"text"', '{"format": "new"}'])
def test_json_that_is_no_manifest(folder, content):
    (folder / FILE_NAME).write_text(content)
    with pytest.raises(UserError):
        Manifest.read(folder)


def test_a_figure_of_numpy_stays_a_figure(tmp_path):
    metrics = {"test": {"accuracy": np.float32(0.5), "texts": np.int64(10)}}
    Manifest(**{**VALUES, "metrics": metrics}).write(tmp_path)
    assert Manifest.read(tmp_path).metrics == {"test": {"accuracy": 0.5, "texts": 10}}


def test_a_path_among_the_settings_is_written_as_text(tmp_path):
    Manifest(**{**VALUES, "settings": {"table": tmp_path}}).write(tmp_path)
    assert Manifest.read(tmp_path).settings == {"table": str(tmp_path)}


FORMAT_1 = {
    "format": 1,
    "task": "TextClassifier",
    "name": "reviews",
    "version": 1,
    "labels": ["no", "yes"],
    "tokenizer": {"lowercase": True},
    "sizes": {"parameters": 12},
    "settings": {},
    "data": {},
    "metrics": {"validation": {"texts": 3, "accuracy": 0.5}},
    "parity": {"agrees": True, "texts": 9, "texts_with_other_tokens": 0, "largest_logit_difference": 1e-6},
}


def test_a_manifest_of_format_1_is_read_as_one_of_today(tmp_path):
    (tmp_path / FILE_NAME).write_text(json.dumps(FORMAT_1))
    manifest = Manifest.read(tmp_path)
    assert (manifest.labels, manifest.job, manifest.format) == (["no", "yes"], "classification", FORMAT)
    assert manifest.headlines == {"validation": "3 texts, accuracy 0.5000"}
    assert manifest.parity["outputs"]["tokens/logits"]["largest_difference"] == 1e-6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": ...}, "lacks labels"),
        ({"parity": None}, "has parity that cannot be read"),
        ({"settings": None}, "has settings that cannot be read"),
        ({"metrics": []}, "has metrics that cannot be read"),
        ({"metrics": {"test": "good"}}, "has metrics of test that cannot be read"),
        ({"tokenizer": "exact"}, "has tokenizer that cannot be read"),
        ({"sizes": []}, "has sizes that cannot be read"),
    ],
)
def test_a_manifest_of_format_1_of_another_shape_is_refused(tmp_path, change, words):
    values = {name: value for name, value in {**FORMAT_1, **change}.items() if value is not ...}
    (tmp_path / FILE_NAME).write_text(json.dumps(values))
    with pytest.raises(UserError, match=words):
        Manifest.read(tmp_path)
