"""A version folder's weights are its SavedModel's variables; what does not fit the task is refused."""

import json

import numpy as np
import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.core.answers import describe_reader
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.export import write_saved_model
from keras_bigmodel.tasks import task_folder
from tests.task_contract import LABELS, messages


def sealed(task, folder, **values):
    """Writes the manifest that a version has, with the checksums of the folder as it is."""
    empty = {name: {} for name in ("preprocessor", "sizes", "settings", "data", "metrics", "headlines", "parity")}
    facts = {"task": "TextClassifier", "job": "classification", "name": "model", "version": 1}
    answers = describe_reader(task.answer_reader())
    shapes = {"preprocessor": {"columns": ["text"]}, "sizes": {"parameters": 1}, "parity": {"rows": 0, "outputs": {}}}
    Manifest(**{**empty, **shapes, **facts, "answers": answers, **values}).write(folder)


@pytest.fixture(scope="module")
def written(tiny_bert, tmp_path_factory):
    """`(task, folder)`: a SavedModel and what makes it a task again."""
    folder = tmp_path_factory.mktemp("checkpoint") / "model"
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)
    write_saved_model(task.endpoints(), task.variables, folder)
    task_folder.write_beside_saved_model(task, folder)
    sealed(task, folder)
    return task, folder


@pytest.fixture
def copy(written, tmp_path):
    """A copy of the folder, to be changed and sealed again."""
    import shutil

    shutil.copytree(written[1], tmp_path / "model")
    return tmp_path / "model"


def change(folder, key, **facts):
    described = json.loads((folder / "task.json").read_text())
    key = list(described["weights"])[key]
    described["weights"][key] |= facts
    (folder / "task.json").write_text(json.dumps(described))


def test_the_weights_come_back_bit_for_bit(written):
    task, folder = written
    loaded = TextClassifier.load(folder, dtype="float32")
    for ours, theirs in zip(loaded.get_weights(), task.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    texts = messages(20)[0]
    np.testing.assert_allclose(loaded.predict(texts), task.predict(texts), atol=1e-6)
    assert loaded.get_config().keys() == task.get_config().keys()


def test_each_weight_is_written_once(written):
    task, folder = written
    numbers = sum(weight.size for weight in task.get_weights())
    variables = (folder / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert 4 * numbers <= variables <= 4.5 * numbers
    assert not list(folder.rglob("*.h5"))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"shape": [500, 33]}, r"'shape': \[500, 33\].*its task has.*\[500, 32\]"),
        ({"dtype": "float16"}, "'dtype': 'float32'.*describes it as.*'dtype': 'float16'"),
        ({"layer": "embedding/other"}, "embedding/other.*embedding/token_embeddings"),
    ],
)
def test_a_weight_of_another_shape_dtype_or_layer_is_refused(written, copy, facts, words):
    change(copy, 0, **facts)
    sealed(written[0], copy)
    with pytest.raises(UserError, match=words):
        TextClassifier.load(copy)


def test_it_loads_in_every_dtype(written):
    task, folder = written
    texts = messages(20)[0]
    for dtype in ("mixed_bfloat16", "bfloat16"):
        np.testing.assert_allclose(
            TextClassifier.load(folder, dtype=dtype).predict(texts), task.predict(texts), atol=0.05
        )


def test_a_count_of_keras_in_a_name_is_no_difference(written, copy):
    change(copy, -1, layer="logits_7/bias")
    sealed(written[0], copy)
    TextClassifier.load(copy)


def test_a_variable_that_is_not_there_is_refused(written, copy):
    path = copy / "task.json"
    path.write_text(path.read_text().replace("weights/0/", "weights/900/"))
    sealed(written[0], copy)
    with pytest.raises(UserError, match=r"no variable weights/900/.*which task\.json names"):
        TextClassifier.load(copy)


def test_another_number_of_weights_is_refused(written, copy):
    described = json.loads((copy / "task.json").read_text())
    described["weights"].popitem()
    (copy / "task.json").write_text(json.dumps(described))
    sealed(written[0], copy)
    with pytest.raises(UserError, match="describes 30 weights, and its task has 31"):
        TextClassifier.load(copy)


@pytest.mark.parametrize("name", ["variables.index", "variables.data-00000-of-00001"])
def test_variables_that_cannot_be_read_are_refused(written, copy, name):
    (copy / "variables" / name).write_bytes(b"noise")
    sealed(written[0], copy)
    with pytest.raises(UserError, match="cannot be read.*backup"):
        TextClassifier.load(copy)


# ---- what a manifest vouches for


def test_a_version_without_a_manifest_is_refused(copy):
    (copy / "manifest.json").unlink()
    with pytest.raises(UserError, match=r"holds no manifest\.json.*not whole"):
        TextClassifier.load(copy)


def test_a_manifest_that_lists_no_files_is_refused(copy):
    path = copy / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "files": {}}))
    with pytest.raises(UserError, match="lists no files"):
        TextClassifier.load(copy)


@pytest.mark.parametrize("name", ["task.json", "saved_model.pb", "variables/variables.index", "vocab.txt"])
def test_a_file_that_is_read_and_not_listed_is_refused(copy, name):
    path = copy / "manifest.json"
    values = json.loads(path.read_text())
    del values["files"][name]
    path.write_text(json.dumps(values))
    with pytest.raises(UserError, match=f"not listed: {name}"):
        TextClassifier.load(copy)


def test_labels_in_another_order_in_the_manifest_are_refused(written, copy):
    answers = {"kind": "prediction", "labels": LABELS[::-1]}
    sealed(written[0], copy, answers=answers)
    with pytest.raises(UserError, match=r"manifest\.json reads answers otherwise than task\.json"):
        TextClassifier.load(copy)


def test_a_note_that_somebody_put_there_does_no_harm(copy):
    (copy / "NOTES.txt").write_text("in production since Monday")
    TextClassifier.load(copy)
