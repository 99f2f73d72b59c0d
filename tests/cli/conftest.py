"""A model that the program itself trained, and the program run inside this process."""

import io
import subprocess
import sys
from dataclasses import dataclass

import pytest

from keras_bigmodel.cli.main import main
from tests.pipeline.conftest import write_table
from tests.task_contract import messages


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    rows = list(zip(*messages(45), strict=True))
    return write_table(tmp_path_factory.mktemp("tables") / "table.csv", [*rows, ("", "bad")])


def program(*arguments, **how):
    """Runs `bigmodel` as a process of its own."""
    command = [sys.executable, "-m", "keras_bigmodel", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **how)


@pytest.fixture(scope="session")
def trained(tiny_bert, table, tmp_path_factory):
    """What `bigmodel train` did in a process of its own, and where."""
    base = tmp_path_factory.mktemp("models") / "reviews"
    how = ("--epochs", 1, "--max-length", 32, "--dtype", "float32", "--validation-share", 0.2, "--json")
    return base, program("train", table, "--out", base, "--encoder", tiny_bert, *how)


@pytest.fixture(scope="session")
def model(trained):
    """The folder of a trained model."""
    assert trained[1].returncode == 0, trained[1].stderr
    return trained[0]


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def bigmodel(monkeypatch, capfd):
    """Runs `bigmodel` in this process, which has loaded TensorFlow already."""

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
