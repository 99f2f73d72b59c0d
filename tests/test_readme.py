"""The blocks of the README that are marked to run, do run; the paths that the documents name exist."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keras_bigmodel.data import support_messages

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language):
    """The block of a language behind a `<!-- run: … -->` comment."""
    found = re.findall(rf"<!-- run: .*? -->\n```{language}\n(.*?)```", README, flags=re.DOTALL)
    assert len(found) == 1
    return found[0]


def two_classes(split):
    """Messages of two intents, under the labels that the README's example has."""
    names = {"damaged_or_wrong_item": "negative", "feedback": "positive"}
    rows = [(text, names[label]) for text, label in zip(*support_messages(split), strict=True) if label in names]
    return [text for text, _ in rows], [label for _, label in rows]


def write_table(path, texts, labels):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *zip(texts, labels, strict=True)])


@pytest.mark.full
@pytest.mark.minilm
def test_the_commands_of_the_readme_run_one_after_another(tmp_path):
    write_table(tmp_path / "reviews.csv", *two_classes("train"))
    write_table(tmp_path / "test.csv", *two_classes("test"))
    program = str(Path(sys.executable).parent)
    script = f'set -euo pipefail\nPATH="{program}:$PATH"\n{block("bash")}'
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "saved_models/reviews/2/saved_model.pb").is_file()
    assert (tmp_path / "saved_models/reviews/1/report/index.html").is_file()
    assert (tmp_path / "exported/reviews/1/saved_model.pb").is_file()
    assert '"label": ' in done.stdout


@pytest.mark.full
@pytest.mark.minilm
def test_the_python_of_the_readme_runs(tmp_path):
    (texts, labels), (test_texts, test_labels) = two_classes("train"), two_classes("test")
    given = {"texts": texts[20:], "labels": labels[20:], "val_texts": texts[:20], "val_labels": labels[:20]}
    given |= {"test_texts": test_texts, "test_labels": test_labels}
    script = "\n".join(f"{name} = {value!r}" for name, value in given.items()) + "\n" + block("python")
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "exported/sentiment/1/saved_model.pb").is_file()


DOCUMENTS = ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/decisions.md", "saved_models/README.md"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_a_document_names_exist(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    roots = (ROOT, ROOT / "keras_bigmodel")
    for name in set(re.findall(r"`([a-z_]+/[a-z_/]+\.(?:py|md|csv))`", text)):
        assert any((root / name).is_file() for root in roots), f"{document} names {name}"
