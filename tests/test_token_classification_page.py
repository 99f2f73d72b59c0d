"""The lines of docs/token_classification.md run, one after another, on tables that stand for people's own."""

import json
import random
import re
import shlex
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "token_classification.md"
NAMES = {"PER": ["Ada Lovelace", "Tim", "Angela Merkel"], "LOC": ["Paris", "New York"], "ORG": ["IBM", "the Post"]}


def write_tables(folder):
    """Writes `eng.train` and `eng.testb`: sentences of names and other words, a word and its tag a line."""
    drawn = random.Random(0)
    for name, texts in (("eng.train", 120), ("eng.testb", 40)):
        lines = ["-DOCSTART- -X- O", ""]
        for _ in range(texts):
            for label in drawn.choices(sorted(NAMES), k=2):
                words = drawn.choice(NAMES[label]).split()
                lines += [f"{word} NNP {'B' if not place else 'I'}-{label}" for place, word in enumerate(words)]
                lines += [f"{word} VB O" for word in drawn.choice(["wrote to", "is near", "was sold by"]).split()]
            lines += [". . O", ""]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.full
def test_the_commands_of_the_page_run(tmp_path, monkeypatch, bigmodel):
    monkeypatch.chdir(tmp_path)
    write_tables(tmp_path)
    commands = [line for block in blocks("bash") for line in block.splitlines()]
    assert len(commands) == 5
    for command in commands:
        ran = bigmodel(*shlex.split(command)[1:])
        assert ran.code == 0, (command, ran.err)
        if " predict " in command:
            spans = json.loads(ran.out)["spans"]
            assert [(span["start"], span["end"], span["label"]) for span in spans[:1]] == [(0, 13, "PER")]
        if " evaluate " in command:
            assert float(re.search(r"span F1 +([\d.]+)", ran.out)[1]) > 0.9
    manifest = json.loads((tmp_path / "saved_models/names/1/manifest.json").read_text(encoding="utf-8"))
    assert manifest["job"] == "token_classification"
    assert manifest["answers"] == {"kind": "tags", "labels": ["LOC", "ORG", "PER"]}


@pytest.mark.full
def test_the_python_of_the_page_runs():
    (block,) = blocks("python")
    found = {}
    exec(compile(block, str(PAGE), "exec"), found)
    assert found["tagger"].labels == ["PER", "LOC"]
