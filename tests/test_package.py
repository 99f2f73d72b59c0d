"""The package as a whole: what it hands out, and that every file introduces itself."""

import ast
import importlib
import subprocess
import sys
import types
from pathlib import Path

import pytest

import keras_bigmodel

ROOT = Path(keras_bigmodel.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if path.stat().st_size)


@pytest.mark.parametrize("name", keras_bigmodel.__all__)
def test_every_public_name_resolves_and_is_described(name):
    value = getattr(keras_bigmodel, name)
    if name == "__version__":
        assert value.count(".") == 2
    else:
        assert value.__name__ == name
        assert value.__doc__.strip()
        assert name in dir(keras_bigmodel)


@pytest.mark.parametrize(
    "room",
    [
        "data",
        "evaluation",
        "pipeline",
        "reports",
        "tables",
        "tasks",
        "layers",
        "tokenizers",
        "checkpoints",
        "export",
        "training",
        "edge",
        "preprocessors",
    ],
)
def test_every_public_name_of_a_room_resolves(room):
    module = __import__(f"keras_bigmodel.{room}", fromlist=["*"])
    for name in module.__all__:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("room", ["data", "evaluation", "pipeline", "reports", "tables"])
def test_a_name_stays_itself_when_every_file_of_its_room_is_loaded(room):
    """A file that bears the name of what it hands out would take its place."""
    module = importlib.import_module(f"keras_bigmodel.{room}")
    for path in (ROOT / room).glob("[a-z]*.py"):
        importlib.import_module(f"keras_bigmodel.{room}.{path.stem}")
    for name in module.__all__:
        assert not isinstance(getattr(module, name), types.ModuleType), name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'TextClasifier'"):
        _ = keras_bigmodel.TextClasifier
    assert not hasattr(keras_bigmodel, "no_such_name")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_begins_by_introducing_itself(path):
    described = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert described
    assert described.splitlines()[0].endswith(".")


@pytest.mark.parametrize(
    "module",
    [
        "keras_bigmodel",
        "keras_bigmodel.core.manifest",
        "keras_bigmodel.cli.main",
        "keras_bigmodel.data",
        "keras_bigmodel.pipeline",
        "keras_bigmodel.tokenizers",
        "keras_bigmodel.edge.edge_classifier",
    ],
)
def test_importing_loads_nothing_heavy(module):
    script = (
        f"import sys, {module}; "
        "print(sorted({'tensorflow', 'keras', 'jax', 'torch', 'sklearn', 'tensorflow_text'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"
