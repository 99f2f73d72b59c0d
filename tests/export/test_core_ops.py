"""A model whose tokenizer is TensorFlow's own ops: trained, exported, compared and asked without tensorflow_text."""

import configparser
import json
import subprocess

import pytest
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data import support_messages
from keras_bigmodel.export.saved_model_client import foreign_ops
from tests.environments import ROOT, python_with
from tests.task_contract import LABELS
from tests.throwaway_tasks import ImagePreprocessor
from tests.without_text import BIGMODEL, run_without_text


@pytest.mark.full
def test_a_task_of_either_ops_is_exported_by_core_ops_alone(task, tmp_path):
    certificate = task.export(tmp_path / "core", ops="core", parity_texts=support_messages("test")[0][:20])
    assert certificate["agrees"]
    assert certificate["foreign_ops"] == []
    assert set(certificate["clean_process"]) == {"tensorflow"}  # it did not import tensorflow_text
    assert foreign_ops(tmp_path / "core") == []
    texts = tf.constant(["Hello there!", "", "谢谢 x" * 30])
    theirs = tf.saved_model.load(tmp_path / "core").signatures["serving_default"](text=texts)
    assert theirs["probabilities"].numpy() == pytest.approx(task.predict(texts.numpy().tolist()), abs=1e-6)
    assert task.tokenizer.ops == "auto"  # the task itself stays as it was


def test_the_choice_of_ops_is_kept_in_a_saved_task(task, tmp_path):
    task.with_ops("core").save(tmp_path / "saved")
    again = type(task).load(tmp_path / "saved")
    assert again.tokenizer.ops == "core"
    assert again.with_ops("auto").tokenizer.ops == "auto"


def test_ops_for_a_format_of_ids_or_a_preprocessor_without_a_tokenizer_are_refused(task, tmp_path):
    with pytest.raises(UserError, match='ops="core" came with format="litert"'):
        task.export(tmp_path / "out", format="litert", ops="core")
    with pytest.raises(UserError, match="Give 'auto', 'core'"):
        task.export(tmp_path / "out", ops="cores")
    with pytest.raises(UserError, match="ImagePreprocessor has no choice of ops"):
        ImagePreprocessor().with_ops("core")


def a_whole_life(run, tiny_bert, table, folder):
    """Trains, predicts, exports and compares; `run` takes the arguments of `bigmodel` and gives what it printed."""
    base = folder / "reviews"
    how = ("--epochs", 1, "--max-length", 32, "--dtype", "float32", "--json")
    run("train", table, "--out", base, "--encoder", tiny_bert, *how)
    assert foreign_ops(base / "1") == []
    assert json.loads(run("predict", base, "Hello there!"))["label"] in LABELS
    exported = json.loads(run("export", base, "--out", folder / "out", "--json"))
    assert exported["parity"]["agrees"]
    assert set(exported["parity"]["clean_process"]) == {"tensorflow"}
    compared = json.loads(run("parity", base, "--formats", "saved_model", "--json"))
    assert compared["agrees"]


@pytest.mark.full
def test_a_model_lives_where_tensorflow_text_cannot_be_found(tiny_bert, table, tmp_path):
    def run(*arguments):
        ran = run_without_text(BIGMODEL, *arguments)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    a_whole_life(run, tiny_bert, table, tmp_path)


WITHOUT_LOCKS = """
import sys
from keras_bigmodel import TextClassifier
encoder, folder = sys.argv[1:]
task = TextClassifier.from_encoder(encoder, ["bad", "good"], dtype="float32", max_length=32)
task.fit(["one", "two", "three", "four"] * 4, ["bad", "good"] * 8, epochs=1, batch_size=8, verbose=0)
task.save(folder + "/saved")
print(task.export(folder + "/out")["foreign_ops"], TextClassifier.load(folder + "/saved").classify(["one"])[0].label)
"""


@pytest.mark.full
def test_in_python_it_also_lives_without_the_locks_of_posix(tiny_bert, tmp_path):
    ran = run_without_text(
        WITHOUT_LOCKS, tiny_bert, tmp_path, hidden=("tensorflow_text", "fcntl", "termios", "resource")
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() in ("[] bad", "[] good")


def test_the_fast_mode_is_refused_there_before_anything_is_trained(tiny_bert, table, tmp_path):
    how = ("--out", tmp_path / "reviews", "--encoder", tiny_bert, "--mode", "fast")
    ran = run_without_text(BIGMODEL, "train", table, *how)
    assert ran.returncode == 2
    assert "mode='fast' needs tensorflow-text, which is not installed" in ran.stderr


@pytest.mark.full
def test_a_model_lives_in_an_environment_without_tensorflow_text(tiny_bert, table, tmp_path):
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    wanted = settings["options"]["install_requires"].split("\n")
    wanted = [line for line in wanted if line and not line.startswith("tensorflow-text")]
    python = python_with(tmp_path / "environment", *wanted)
    assert subprocess.run([python, "-c", "import tensorflow_text"], capture_output=True, check=False).returncode == 1

    def run(*arguments):
        command = [python, "-m", "keras_bigmodel", *map(str, arguments)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    a_whole_life(run, tiny_bert, table, tmp_path)
