"""How each bad input of `docs/bad-input.md` is made: name → function from a folder to the arguments of `bigmodel`.

`good` gives a table that is in order. A case that needs another system (a full disk, a run that is on) has a test
of its own in `tests/test_bad_input.py`. Folders of encoders are made in `tests/checkpoints/layouts.py`, labels in
`tests/tasks/test_label_names.py`, tasks in `tests/tasks/test_task_refusals.py`; `python -m tests.bad_inputs` writes the
sentences on them into the document.
"""

import contextlib
import csv
import gzip
import os
import re
import tempfile
import zipfile
from pathlib import Path

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.tasks.label_names import LabelNames
from tests.checkpoints import hub_refusals, layouts
from tests.export import refusals
from tests.hostile import test_python as hostile
from tests.task_contract import LABELS, messages
from tests.tasks import test_label_names as labels
from tests.tasks.test_task_refusals import task_sentences
from tests.tiny_bert import write_tiny_bert

DOCUMENT = Path(__file__).parents[1] / "docs" / "bad-input.md"

ROWS = list(zip(*messages(45), strict=True))


def good(folder, rows=ROWS, name="reviews.csv", header=("text", "label")):
    """Writes a table; gives its path."""
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def _bytes(folder, content, name="reviews.csv"):
    path = folder / name
    path.write_bytes(content)
    return path


def _zip(folder):
    path = folder / "reviews.csv"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("reviews.csv", "text,label\n")
    return path


def _settings(folder, text):
    good(folder)
    path = folder / "run.yaml"
    path.write_text(text, encoding="utf-8")
    return "--settings", path


def _lines(*lines):
    return ("\n".join(lines) + "\n").encode()


_HEAD = ["text,label", "a good one,good", "a bad one,bad"]
_MANY = [(f"message number {number}", f"label {number}") for number in range(30)]

_SCORED = [(text, f"{number % 40 / 8}") for number, (text, _) in enumerate(ROWS)]

# What ends with exit code 2, and nothing is written.
REFUSED = {
    "missing file": lambda folder: [good(folder).with_name("review.csv")],
    "a folder": lambda folder: [folder],
    "unknown ending": lambda folder: [_bytes(folder, b"good\tfine\nbad\tno\n", "reviews.txt")],
    "wrong column": lambda folder: [good(folder), "--text", "txt"],
    "one column for two": lambda folder: [good(folder), "--text", "label", "--label", "label"],
    "columns that cannot be told apart": lambda folder: [
        good(folder, [("a", "b", "c", "d")] * 5, header=("one", "two", "three", "four"))
    ],
    "empty file": lambda folder: [_bytes(folder, b"")],
    "header only": lambda folder: [good(folder, [])],
    "all texts empty": lambda folder: [good(folder, [("", "good"), (" ", "bad")])],
    "one class only": lambda folder: [good(folder, [(text, "good") for text, _ in ROWS])],
    "a class with one row": lambda folder: [good(folder, [*ROWS, ("one of its kind", "odd")])],
    "as many classes as rows": lambda folder: [good(folder, _MANY)],
    "texts as labels": lambda folder: [good(folder), "--text", "label", "--label", "text"],
    "scores as labels": lambda folder: [
        good(folder, [(text, f"{number % 40 / 8}") for number, (text, _) in enumerate(ROWS)]),
        "--task",
        "classification",
    ],
    "scores where several labels are wanted": lambda folder: [
        good(folder, [(text, f"{number % 40 / 8}") for number, (text, _) in enumerate(ROWS)]),
        "--task",
        "multi_label",
    ],
    "labels where numbers are wanted": lambda folder: [good(folder), "--task", "regression"],
    "decimal commas": lambda folder: [
        good(folder, [(text, f"{number % 40 / 8:.3f}".replace(".", ",")) for number, (text, _) in enumerate(ROWS)]),
        "--task",
        "regression",
    ],
    "all scores equal": lambda folder: [good(folder, [(text, "2.5") for text, _ in ROWS]), "--task", "regression"],
    "an infinite score": lambda folder: [good(folder, [("wide", "inf"), *_SCORED]), "--task", "regression"],
    "a list where one label is wanted": lambda folder: [
        _bytes(folder, b'{"text": "so far", "label": ["good", "bad"]}\n' * 3, "reviews.jsonl"),
        "--task",
        "classification",
    ],
    "an unknown sign between labels": lambda folder: [
        good(folder, [*ROWS, ("both at once", "good/fair")]),
        "--task",
        "multi_label",
    ],
    "a list without commas": lambda folder: [
        good(folder, [*ROWS, ("both at once", "['good' 'fair']")]),
        "--task",
        "multi_label",
    ],
    "no text has a label": lambda folder: [
        _bytes(folder, b'{"text": "so far", "label": []}\n' * 3, "reviews.jsonl"),
        "--task",
        "multi_label",
    ],
    "a sign between labels for one label": lambda folder: [
        good(folder),
        "--task",
        "classification",
        "--label-separator",
        ";",
    ],
    "tags without a label": lambda folder: [_bytes(folder, b"Ada B-PER\nmet O\nBob B-\n", "words.conll")],
    "more words than tags": lambda folder: [
        _bytes(folder, b'{"tokens": ["Ada", "met"], "tags": ["B-PER"]}\n', "words.jsonl")
    ],
    "a word without a tag": lambda folder: [_bytes(folder, b"Ada B-PER\nmet\n", "words.conll")],
    "nothing but O": lambda folder: [_bytes(folder, b"so O\nfar O\n\nno O\nname O\n" * 9, "words.conll")],
    "a tag that may not stand there": lambda folder: [
        _bytes(folder, b"Ada B-PER\nmet O\nBob I-PER\n", "words.conll"),
        "--strict-tags",
    ],
    "a span outside of its text": lambda folder: [
        _bytes(folder, b'{"text": "Ada met Bob", "spans": [[8, 12, "PER"]]}\n', "spans.jsonl")
    ],
    "spans that overlap": lambda folder: [
        _bytes(folder, b'{"text": "Ada met Bob", "spans": [[0, 7, "PER"], [4, 11, "PER"]]}\n', "spans.jsonl")
    ],
    "columns of words by name": lambda folder: [_bytes(folder, b"Ada B-PER\nmet O\n", "words.conll"), "--label", "ner"],
    "windows for texts that are cut": lambda folder: [good(folder), "--truncate", "--overlap", "8"],
    "a cosine without a second text": lambda folder: [good(folder, _SCORED), "--head", "cosine"],
    "a threshold that is no probability": lambda folder: [good(folder), "--threshold", "5"],
    "an option of another kind of task": lambda folder: [good(folder), "--threshold", "0.5"],
    "new label in the test": lambda folder: [
        good(folder),
        "--test",
        good(folder, [*ROWS[:5], ("a riddle", "unheard")], "test.csv"),
    ],
    "another encoding": lambda folder: [_bytes(folder, "text,label\n酒店很好,好评\n早餐太差,差评\n".encode("gb18030"))],
    "unknown encoding": lambda folder: [good(folder), "--encoding", "utf-9"],
    "unbalanced quotes": lambda folder: [_bytes(folder, _lines(*_HEAD, '"never closed,good', "another,bad"))],
    "text after a closing quote": lambda folder: [_bytes(folder, _lines(*_HEAD, '"closed" too early,good'))],
    "too many fields": lambda folder: [_bytes(folder, _lines(*_HEAD, "one, two, three,good"))],
    "gzip": lambda folder: [_bytes(folder, gzip.compress(b"text,label\n"))],
    "zip or xlsx": lambda folder: [_zip(folder)],
    "binary": lambda folder: [_bytes(folder, bytes(range(256)) * 4)],
    "NUL bytes": lambda folder: [_bytes(folder, _lines(*_HEAD, "a \0 one,good"))],
    "a line that is no JSON": lambda folder: [
        _bytes(folder, b'{"text": "a", "label": "b"}\n{"text": "c", label}\n', "reviews.jsonl")
    ],
    "weights that are no numbers": lambda folder: [
        good(folder, [(*row, "much") for row in ROWS], header=("text", "label", "share")),
        "--weight",
        "share",
    ],
    "a file as the model's folder": lambda folder: [good(folder), "--out", _bytes(folder, b"mine", "model")],
    "unknown encoder": lambda folder: [good(folder), "--encoder", "minilmm"],
    "unknown label in --class-weight": lambda folder: [good(folder), "--class-weight", "superb=2"],
    "a number outside its range": lambda folder: [good(folder), "--learning-rate", "0"],
    "a label twice in --class-weight": lambda folder: [good(folder), "--class-weight", "bad=2,bad=3"],
    "more accumulated batches than an epoch has": lambda folder: [good(folder), "--accumulate", "99"],
    "a model's name that is a pattern": lambda folder: [good(folder), "--out", "reviews[1]"],
    "a name too long": lambda folder: [good(folder), "--out", "a" * 300],
    "a file for TensorBoard's folder": lambda folder: [good(folder), "--tensorboard", good(folder)],
    "a file cut in its last character": lambda folder: [
        _bytes(folder, "text,label\n好的,好评\n差的,差评".encode()[:-1])
    ],
    "commas in a TSV file": lambda folder: [good(folder, name="reviews.tsv")],
    "semicolons below commas": lambda folder: [_bytes(folder, _lines("text,label", "a good one;good", "bad;bad"))],
    "NUL in JSON": lambda folder: [_bytes(folder, _lines('{"text": "a\\u0000b", "label": "c"}'), "reviews.jsonl")],
    "half a surrogate in a label": lambda folder: [
        _bytes(folder, _lines('{"text": "a", "label": "b\\ud800"}'), "reviews.jsonl")
    ],
    "unknown setting": lambda folder: _settings(folder, "epoch: 3\n"),
    "settings of another version": lambda folder: _settings(folder, "settings_format: 9\nepochs: 3\n"),
    "no version to continue from": lambda folder: [good(folder), "--continue"],
    "nothing to resume": lambda folder: ["--resume"],
}

# What is counted and said, and the run goes on.
COUNTED = {
    "empty texts": lambda folder: [good(folder, [*ROWS, ("", "good"), ("  ", "bad")])],
    "missing labels": lambda folder: [good(folder, [*ROWS, ("a text", "")])],
    "a 10 MB text": lambda folder: [good(folder, [*ROWS, ("long " * 2_000_000, "good")])],
    "the same text with two labels": lambda folder: [good(folder, [*ROWS, (ROWS[0][0], "good")])],
    "test rows in training": lambda folder: [good(folder), "--test", good(folder, ROWS[:9], "test.csv")],
    "numbers as labels": lambda folder: [good(folder, [(text, len(label) % 2) for text, label in ROWS])],
    "dates as labels": lambda folder: [good(folder, [(text, f"2024-01-0{len(label)}") for text, label in ROWS])],
    "a label that stands for nothing": lambda folder: [good(folder, [*ROWS, ("a text", "NaN"), ("another", "NaN")])],
    "rare classes left out": lambda folder: [good(folder, [*ROWS, ("one of its kind", "odd")]), "--min-rows", "2"],
    "a byte order mark": lambda folder: [_bytes(folder, b"\xef\xbb\xbf" + good(folder).read_bytes())],
    "no header": lambda folder: [good(folder, ROWS[1:], header=ROWS[0])],
}


def folder_sentences():
    """Gives name → sentence with which an encoder's folder, called `bert`, is refused."""
    found = {}
    for name in layouts.REFUSED:
        with tempfile.TemporaryDirectory() as aside, contextlib.chdir(aside):
            layouts.write_refused(name, "bert")
            names = ["bad", "good"] if "pooling" in name else None
            found[name] = _sentence(lambda names=names: TextClassifier.from_encoder("bert", names, dtype="float32"))
    return found


def label_sentences():
    """Gives name → sentence with which labels in Python are refused."""
    found = {}
    for name, (names, given, _) in labels.REFUSED.items():
        given = (label for label in names) if name == "a generator" else given  # the table's own is used up once
        found[name] = _sentence(lambda names=names, given=given: LabelNames(names).numbers(given))
    return found


def serving_sentences():
    """Gives name → sentence with which what is wanted of an export or its serving files is refused."""
    found = {}
    for name, act in refusals.REFUSED.items():
        with tempfile.TemporaryDirectory() as aside, contextlib.chdir(aside):
            found[name] = _sentence(act)
    return found


def hub_sentences():
    """Gives name → sentence with which a TF-Hub module, or a model for `bigmodel doctor`, is refused."""
    with tempfile.TemporaryDirectory() as aside, contextlib.chdir(aside):
        hub_refusals.write_modules()
        return {name: _sentence(act) for name, act in hub_refusals.REFUSED.items()}


def own_task_sentences():
    """Gives name → sentence with which a task of one's own is refused."""
    with tempfile.TemporaryDirectory() as aside, contextlib.chdir(aside):
        return task_sentences(write_tiny_bert(Path(aside) / "bert"))


def python_sentences(table):
    """Returns a function that gives name → sentence with which a task refuses what it is handed in Python."""

    def sentences():
        found = {}
        with tempfile.TemporaryDirectory() as aside, contextlib.chdir(aside):
            how = {"dtype": "float32", "max_length": 32}
            task = TextClassifier.from_encoder(write_tiny_bert(Path(aside) / "bert"), LABELS, **how)
            for name, act in table.items():
                sentence = _sentence(lambda act=act: act(task))
                if not re.search(r"0x[0-9a-f]{6}", sentence):  # the address of an object
                    found[name] = sentence
        return found

    return sentences


SENTENCES = {
    "Folders of encoders": folder_sentences,
    "Labels in Python": label_sentences,
    "Rows in Python": python_sentences(hostile.rows_refused()),
    "Arguments of fit": python_sentences(hostile.arguments_refused()),
    "Exports and serving": serving_sentences,
    "TF-Hub modules": hub_sentences,
    "Tasks of your own": own_task_sentences,
}


def _sentence(act):
    try:
        act()
    except UserError as error:
        return str(error)
    raise AssertionError("It was not refused.")


def main():
    """Writes these tables into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for heading, sentences in SENTENCES.items():
        sentences = sentences()
        before, _, after = text.partition(f"## {heading}\n")
        intro, _, rest = after.partition("| what | sentence |\n")
        _, nothing, rest = rest.partition("\n\n")
        rows = [f"| {name} | `{sentence.replace('|', chr(92) + '|')}` |" for name, sentence in sentences.items()]
        table = "\n".join(["| what | sentence |", "|---|---|", *rows])
        text = f"{before}## {heading}\n{intro}{table}{nothing or chr(10)}{rest}"
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
