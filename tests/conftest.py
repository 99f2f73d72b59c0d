"""What all tests share: a tiny BERT, a small table, the JAX run's limits."""

import fcntl
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest
from hypothesis import settings

from tests.program import program
from tests.tiny_bert import write_tiny_bert

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell does that to what it starts with "&"
    signal.signal(signal.SIGINT, signal.default_int_handler)  # some tests press Ctrl-C

# What fails on one machine fails on all; the first example may trace a graph.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.load_profile("steady")


# Files that take minutes, the longest first: a worker that began one at the end would work on alone.
_LONG = ("test_readme", "test_survival", "test_guide", "test_apps", "test_old_server", "test_benchmarks")
_PLACES = {name: place for place, name in enumerate(_LONG)}


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: _PLACES.get(item.path.stem, len(_LONG)))


@pytest.fixture(autouse=True)
def _same_start():
    """Every test begins with the same seed and Keras's own settings."""
    keras.utils.set_random_seed(0)
    policy = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(policy)


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory):
    """A Hugging Face folder without a head."""
    return write_tiny_bert(tmp_path_factory.mktemp("tiny") / "bert")


@pytest.fixture(scope="session")
def tiny_bert_with_head(tmp_path_factory):
    """A Hugging Face folder with a head of three labels."""
    return write_tiny_bert(tmp_path_factory.mktemp("tiny") / "head", labels=["bad", "fair", "good"])


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def bigmodel(monkeypatch, capfd):
    """Runs `bigmodel` in this process, which has loaded TensorFlow already."""
    from keras_bigmodel.cli.main import main

    def run(*arguments, stdin=""):
        monkeypatch.setattr(sys, "argv", ["bigmodel", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode("utf-8", "surrogateescape"))))
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as exit:
            code = exit.code or 0
        return Ran(code, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    from tests.pipeline.conftest import write_table  # here: the JAX run has no tables
    from tests.task_contract import messages

    rows = list(zip(*messages(45), strict=True))
    return write_table(tmp_path_factory.mktemp("tables") / "table.csv", [*rows, ("", "bad")])


@pytest.fixture(scope="session")
def trained(tiny_bert, table, tmp_path_factory, worker_id):
    """What `bigmodel train` did in a process of its own, and where: one run, and a copy for each worker."""
    shared = tmp_path_factory.getbasetemp()
    shared = (shared if worker_id == "master" else shared.parent) / "trained"
    shared.mkdir(exist_ok=True)
    base, told = shared / "reviews", shared / "told.json"
    command = ["train", table, "--epochs", 1, "--max-length", 32, "--dtype", "float32", "--validation-share", 0.2]
    command += ["--encoder", tiny_bert, "--json", "--out", base]
    with open(shared / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.is_file():
            ran = program(*command)
            told.write_text(json.dumps([ran.returncode, ran.stdout, ran.stderr]), encoding="utf-8")
    code, out, err = json.loads(told.read_text(encoding="utf-8"))
    own = tmp_path_factory.mktemp("models") / "reviews"
    if base.is_dir():
        shutil.copytree(base, own)
    return own, subprocess.CompletedProcess(command, code, out, err)


@pytest.fixture(scope="session")
def model(trained):
    """The folder of a trained model."""
    assert trained[1].returncode == 0, trained[1].stderr
    return trained[0]
