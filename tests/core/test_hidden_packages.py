"""Packages that are hidden cannot be imported, and can be afterwards."""

import importlib
import sys

import pytest

from keras_bigmodel.core.hidden_packages import hidden_packages


def test_a_package_is_hidden_inside_the_block_only(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "wave"]:
        monkeypatch.delitem(sys.modules, name)
    with hidden_packages("wave", "chunk"), pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("wave")
    assert caught.value.name == "wave"
    assert importlib.import_module("wave").open


def test_what_is_loaded_or_not_named_stays():
    with hidden_packages("json"):
        assert importlib.import_module("json").dumps([1]) == "[1]"
        assert importlib.import_module("colorsys").rgb_to_hsv
