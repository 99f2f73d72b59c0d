"""A model that the program itself trained, and the program run inside this process."""

import subprocess
import sys

import pytest

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
