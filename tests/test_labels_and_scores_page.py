"""The lines of docs/labels_and_scores.md run, one after another, on tables that stand for people's own."""

import csv
import json
import random
import re
import shlex
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "labels_and_scores.md"
WORDS = {
    "anger": ["i am furious", "so angry", "how dare they"],
    "joy": ["a great day", "i laugh", "so glad"],
    "love": ["i adore you", "my dear", "sweetheart"],
}


def _rows(number):
    drawn = random.Random(0)
    for row in range(number):
        labels = drawn.sample(sorted(WORDS), drawn.choice([0, 1, 1, 2, 2]))
        yield " and ".join([drawn.choice(WORDS[label]) for label in labels] or ["the bus leaves"]) + f" {row}", labels


def write_tables(folder):
    """Writes `emotions.tsv` and `pairs.csv`, whose score is the share of labels that both texts have."""
    rows = list(_rows(120))
    lines = ["text\tlabels", *(f"{text}\t{','.join(labels)}" for text, labels in rows)]
    (folder / "emotions.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (folder / "pairs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["first", "second", "score"])
        for place, (text, labels) in enumerate(rows):
            other, others = rows[(7 * place + 3) % len(rows)]
            both = len({*labels} & {*others}) / max(1, len({*labels} | {*others}))
            writer.writerow([text, other, f"{5 * both + 0.01 * (place % 20):.2f}"])


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.full
def test_the_commands_of_the_page_run(tmp_path, monkeypatch, bigmodel):
    monkeypatch.chdir(tmp_path)
    write_tables(tmp_path)
    commands = [line for block in blocks("bash") for line in block.splitlines()]
    assert len(commands) == 8
    for command in commands:
        ran = bigmodel(*shlex.split(command)[1:])
        assert ran.code == 0, (command, ran.err)
        if " predict " in command:
            assert set(json.loads(ran.out)) == {"text", "labels", "probabilities"}
    manifest = json.loads((tmp_path / "saved_models/emotions/1/manifest.json").read_text(encoding="utf-8"))
    assert manifest["job"] == "multi_label"
    assert len(manifest["answers"]["thresholds"]) == 3
    assert "sign test" in ran.out


@pytest.mark.full
@pytest.mark.parametrize("number", [0, 1])
def test_the_python_of_the_page_runs(number):
    block = blocks("python")[number]
    exec(compile(block, str(PAGE), "exec"), {})
