"""The lines of docs/tf_hub.md run, one after another."""

import re
from pathlib import Path

import pytest

from keras_bigmodel.pipeline import export
from tests.tiny_bert import write_tiny_bert

PAGE = Path(__file__).parents[1] / "docs" / "tf_hub.md"


@pytest.mark.full
def test_the_lines_of_the_page_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    export(write_tiny_bert(tmp_path / "source"), format="tf_hub", out=tmp_path / "bert")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 4
    names = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert names["encoder"].settings["num_layers"] == 2
    assert names["clf"].labels == ["bad", "good"]
