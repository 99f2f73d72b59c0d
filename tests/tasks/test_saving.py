"""A task on disk: whole or not at all, and readable or refused with a sentence."""

import json
import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_bigmodel import TextClassifier, UserError
from tests.task_contract import LABELS

# Keras says what it skips in a file that does not fit, before it refuses the file.
pytestmark = pytest.mark.filterwarnings("ignore:Skipping nested container")


@pytest.fixture(scope="module")
def task(tiny_bert):
    return TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)


@pytest.fixture
def saved(task, tmp_path):
    """A folder of the task, to be spoilt."""
    task.save(tmp_path / "saved")
    return tmp_path / "saved"


def test_a_saved_folder_holds_the_task_and_nothing_else(saved):
    assert sorted(path.name for path in saved.iterdir()) == ["task.json", "vocab.txt", "weights.weights.h5"]
    assert [path.name for path in saved.parent.iterdir()] == ["saved"]


def test_everything_that_was_chosen_comes_back(tiny_bert, tmp_path):
    task = TextClassifier.from_encoder(
        tiny_bert, ["non", "oui", "peut-être"], pairs=True, pooling="cls", dropout=0.3, max_length=20, mode="fast"
    )
    task.save(tmp_path / "saved")
    loaded = TextClassifier.load(tmp_path / "saved")
    assert loaded.labels == ["non", "oui", "peut-être"]
    assert (loaded.pairs, loaded.pooling, loaded.dropout, loaded.max_length) == (True, "cls", 0.3, 20)
    assert loaded.tokenizer.settings() == task.tokenizer.settings()
    assert loaded.tokenizer.vocabulary == task.tokenizer.vocabulary


def test_the_optimizer_does_not_swell_a_saved_folder(task, tmp_path):
    task.save(tmp_path / "before")
    task.fit(["a", "b"], ["bad", "good"], verbose=0)
    task.save(tmp_path / "after")
    sizes = [(tmp_path / name / "weights.weights.h5").stat().st_size for name in ("before", "after")]
    assert sizes[0] == sizes[1]


def test_a_folder_that_is_there_is_replaced_only_when_allowed(task, saved):
    with pytest.raises(UserError, match=r"already there.*overwrite=True"):
        task.save(saved)
    (saved / "mark").write_text("old")
    task.save(saved, overwrite=True)
    assert not (saved / "mark").exists()
    assert TextClassifier.load(saved).labels == LABELS


def test_an_empty_folder_may_be_saved_into(task, tmp_path):
    (tmp_path / "empty").mkdir()
    task.save(tmp_path / "empty")
    assert TextClassifier.load(tmp_path / "empty").labels == LABELS


def test_a_file_in_the_way_is_refused(task, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file"):
        task.save(tmp_path / "file")
    with pytest.raises(UserError, match="file stands in its way"):
        task.save(tmp_path / "file" / "below")


def test_a_folder_of_versions_is_never_replaced(task, tmp_path):
    (tmp_path / "model" / "1").mkdir(parents=True)
    with pytest.raises(UserError, match="holds versions"):
        task.save(tmp_path / "model", overwrite=True)
    assert (tmp_path / "model" / "1").is_dir()


def test_a_keras_file_that_is_there_is_replaced_only_when_allowed(task, tmp_path):
    path = tmp_path / "task.keras"
    task.save(path)
    first = path.read_bytes()
    with pytest.raises(UserError, match="overwrite=True"):
        task.save(path)
    assert path.read_bytes() == first
    task.save(path, overwrite=True)
    assert keras.models.load_model(path).labels == LABELS


def test_a_compiled_task_comes_back_compiled_from_a_keras_file(tiny_bert, tmp_path, rows):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)
    task.compile(learning_rate=3e-4, run_eagerly=True)
    task.fit(*rows, verbose=0)
    task.save(tmp_path / "task.keras")
    loaded = keras.models.load_model(tmp_path / "task.keras")
    wanted = task.evaluate(*rows, verbose=0, return_dict=True)
    assert loaded.evaluate(*rows, verbose=0, return_dict=True) == pytest.approx(wanted, abs=1e-5)
    assert float(loaded.optimizer.learning_rate) == pytest.approx(3e-4)
    for one, other in zip(loaded.optimizer.variables, task.optimizer.variables, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_a_frozen_encoder_stays_frozen(tiny_bert, tmp_path):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32")
    task.encoder.trainable = False
    task.save(tmp_path / "saved")
    loaded = TextClassifier.load(tmp_path / "saved", dtype="float32")
    assert len(loaded.trainable_variables) == len(task.trainable_variables) == 2
    np.testing.assert_allclose(loaded.predict(["where is it"]), task.predict(["where is it"]), atol=1e-6)


def test_a_folder_that_is_not_ours_is_never_replaced(task, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "summer.jpg").write_text("mine")
    for act in (task.save, task.export):
        with pytest.raises(UserError, match="holds something else than what overwrite=True replaces"):
            act(tmp_path / "photos", overwrite=True)
    assert (tmp_path / "photos" / "summer.jpg").read_text() == "mine"


def test_a_published_version_is_never_replaced(task, tmp_path):
    task.save(tmp_path / "model")
    (tmp_path / "model" / "manifest.json").write_text("{}")
    with pytest.raises(UserError, match="is a version of a model"):
        task.save(tmp_path / "model", overwrite=True)
    assert (tmp_path / "model" / "manifest.json").is_file()


def test_answers_of_what_was_loaded_are_computed_as_they_were_measured(task, tmp_path):
    task.save(tmp_path / "saved")
    assert TextClassifier.load(tmp_path / "saved").export_dtype == "float32"
    assert TextClassifier.load(tmp_path / "saved", dtype="mixed_bfloat16").export_dtype == "bfloat16"


@pytest.mark.parametrize("name", ["weights.weights.h5", "vocab.txt"])
def test_a_bit_that_flipped_in_a_saved_folder_is_noticed(saved, name):
    content = bytearray((saved / name).read_bytes())
    content[len(content) // 2] ^= 1
    (saved / name).write_bytes(content)
    with pytest.raises(UserError, match=f"altered: {name}"):
        TextClassifier.load(saved)


def test_a_saved_folder_without_its_list_of_files_is_refused(saved):
    _change(saved, files={})
    with pytest.raises(UserError, match=r"lists no files: it is not whole"):
        TextClassifier.load(saved)


SPOILT = {
    "no json": (lambda folder: (folder / "task.json").write_text("{"), ["task.json is not JSON"]),
    "a list": (lambda folder: (folder / "task.json").write_text("[]"), ["task.json"]),
    "another task": (lambda folder: _change(folder, task="TokenClassifier"), ["TokenClassifier", "TextClassifier"]),
    "a newer format": (lambda folder: _change(folder, format=99), ["format 99", "newer keras_bigmodel"]),
    "no config": (lambda folder: _change(folder, config=None), ["task.json"]),
    "a missing setting": (lambda folder: _change_config(folder, labels=None), ["label"]),
    "weights cut off": (lambda folder: _cut(folder / "weights.weights.h5"), ["weights.weights.h5", "backup"]),
    "weights of noise": (
        lambda folder: (folder / "weights.weights.h5").write_bytes(b"noise"),
        ["weights.weights.h5", "backup"],
    ),
    "no weights": (lambda folder: (folder / "weights.weights.h5").unlink(), ["weights.weights.h5"]),
    "a head of another size": (
        lambda folder: _change_config(folder, labels=["one", "two"]),
        ["weights.weights.h5", "cannot be read"],
    ),
    "no vocabulary": (lambda folder: (folder / "vocab.txt").unlink(), ["vocab"]),
    "half a vocabulary": (lambda folder: (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n"), ["vocab|[CLS]"]),
}


def _change(folder, **values):
    path = folder / "task.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def _change_config(folder, **values):
    config = json.loads((folder / "task.json").read_text())["config"]
    _change(folder, config={**config, **values})


def _cut(path):
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_folder_is_refused_with_a_sentence(saved, name):
    spoil, words = SPOILT[name]
    spoil(saved)
    with pytest.raises(UserError) as caught:
        TextClassifier.load(saved)
    sentence = str(caught.value)
    assert "\n" not in sentence
    for word in words:
        assert any(choice in sentence for choice in word.split("|"))


def test_what_is_no_folder_of_ours_is_refused(tmp_path):
    with pytest.raises(UserError, match="No folder"):
        TextClassifier.load(tmp_path / "nowhere")
    with pytest.raises(UserError, match="holds no version"):
        TextClassifier.load(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file"):
        TextClassifier.load(tmp_path / "file")


KILLED = """
import os, sys
from keras_bigmodel.tasks import TextClassifier, task_folder
task = TextClassifier.from_encoder(sys.argv[1], ["a", "b"], dtype="float32")
task_folder._plain = lambda task: os.kill(os.getpid(), 9)  # task.json and vocab.txt are written, the weights are not
task.save(sys.argv[2], overwrite=True)
"""


@pytest.mark.full
@pytest.mark.parametrize("there_before", [False, True], ids=["new", "replaced"])
def test_a_killed_save_leaves_nothing_half_written(task, tiny_bert, tmp_path, there_before):
    folder = tmp_path / "saved"
    if there_before:
        task.save(folder)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tiny_bert), str(folder)], env=dict(os.environ), check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert folder.exists() == there_before
    if there_before:
        assert TextClassifier.load(folder).labels == LABELS
    task.save(folder, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]  # the next writer cleared what was left
