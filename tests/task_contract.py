"""What every task passes: fit, resume, save, load, answers, export, parity, streams, JSON. A new task is a new row.

`tests/tasks/test_task_contract.py` runs it, `tests/pipeline/test_job_contract.py` the command line. Knows no task's own
words: only what the contract of a task names.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import keras_bigmodel.export
from keras_bigmodel import TableStream
from keras_bigmodel.checkpoints import load_encoder
from keras_bigmodel.data.bundled_texts import support_messages
from keras_bigmodel.export import Requests
from keras_bigmodel.export.saved_model_client import unpacked
from keras_bigmodel.preprocessors import TextPreprocessor
from keras_bigmodel.tasks import MultiLabelClassifier, TextClassifier, TextRegressor, TokenClassifier
from keras_bigmodel.tokenizers import WordPieceTokenizer, read_vocabulary
from tests.throwaway_tasks import (
    Finder,
    ImageEncoder,
    ImagePreprocessor,
    ImageScore,
    TableTokenizer,
    Tagger,
    TextScore,
)

LABELS = ["bad", "fair", "good"]
CLIENT = Path(keras_bigmodel.export.__file__).with_name("saved_model_client.py")


def messages(number):
    """Gives real messages of every length, not sorted by it, and three labels over and over."""
    texts = support_messages("train")[0][:number]
    lengths = [len(text) for text in texts]
    assert lengths != sorted(lengths)
    assert lengths != sorted(lengths, reverse=True)
    return texts, [LABELS[row % 3] for row in range(number)]


@dataclass(frozen=True)
class TaskCase:
    """One task and what is needed to try it.

    Args:
        name: str.
        make: function from a BERT folder to a task.
        inputs: what `fit` and `predict` take.
        targets: what `fit` takes beside it.
        columns: dict of signature input → list or array: the same inputs as a server gets them.
        not_rows: inputs that the task must refuse.
        stream: function from a folder to the same rows and targets, read part by part.
        learning_rate: float. Of the recipe.
        embedded: what `embed` takes, if it takes other inputs than `predict`.
    """

    name: str
    make: Callable[[Path], Any]
    inputs: Any
    targets: Any
    columns: dict
    not_rows: tuple = ("a single text", None, [1, 2], [["nested"]])
    stream: Callable[[Path], Any] = None
    learning_rate: float = 2e-3
    embedded: Any = None

    def pick(self, rows):
        """Returns the inputs of some rows."""
        some = lambda column: column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]
        columns = [some(column) for column in self.columns.values()]
        return columns[0] if len(columns) == 1 else tuple(columns)


def _table(columns, targets):
    """Returns a function that writes the rows as a table and streams it."""

    def stream(folder):
        with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
            for *texts, target in zip(*columns.values(), targets, strict=True):
                words = target if isinstance(target, str) else " ".join(map(str, np.ravel(np.array(target, object))))
                file.write(json.dumps({**dict(zip(columns, texts, strict=True)), "label": words}) + "\n")
        pair = {"pair": "text_pair"} if len(columns) > 1 else {}
        return TableStream(folder / "rows.jsonl", text="text", label="label", **pair)

    return stream


def _stream_of_lists(folder, sets, label_kind="several"):
    """Writes the texts with a list of labels or spans each, and streams them."""
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for text, labels in zip(TEXTS, sets, strict=True):
            file.write(json.dumps({"text": text, "label": labels}) + "\n")
    return TableStream(folder / "rows.jsonl", text="text", label="label", label_kind=label_kind)


def _preprocessor(folder, max_length=32):
    vocabulary, settings = read_vocabulary(folder)
    return TextPreprocessor(WordPieceTokenizer(vocabulary, **settings), max_length=max_length)


def _encoder(folder):
    return load_encoder(folder, pooler=False, dtype="float32")


TEXTS, NAMES = messages(24)
SECONDS = TEXTS[7:] + TEXTS[:7]
SETS = [[label for place, label in enumerate(LABELS) if (row + 1) >> place & 1] for row in range(len(TEXTS))]
SPANS = [
    [(word.start(), word.end(), "LONG" if len(word[0]) > 6 else "NAME") for word in re.finditer(r"\w{5,}", text)]
    for text in TEXTS
]
LENGTHS = [len(text) / 100 for text in TEXTS]
_IMAGES = np.random.default_rng(1).integers(0, 256, (24, 8, 8), "uint8")
_BRIGHTNESS = (_IMAGES[:, :4].mean((1, 2)) / 255 - 0.5) * 4


def _tags():
    from tests.tiny_bert import tiny_vocabulary

    tokenizer = WordPieceTokenizer(list(tiny_vocabulary()))
    rows = TextPreprocessor(tokenizer, max_length=32).encode({"text": TEXTS}).features["token_ids"]
    return [["odd" if token % 2 else "even" for token in rows.batch(np.array([row]))[0]] for row in range(len(TEXTS))]


def _words():
    return sorted({word for text in TEXTS for word in text.split()})[:400]


TASK_CASES = [
    TaskCase(
        "texts",
        lambda folder: TextClassifier.from_encoder(folder, LABELS, max_length=32, dtype="float32"),
        TEXTS,
        NAMES,
        {"text": TEXTS},
        stream=_table({"text": TEXTS}, NAMES),
    ),
    TaskCase(
        "pairs",
        lambda folder: TextClassifier.from_encoder(folder, LABELS, pairs=True, max_length=48, dtype="float32"),
        (TEXTS, SECONDS),
        NAMES,
        {"text": TEXTS, "text_pair": SECONDS},
        ("a single text", None, ["texts", "alone"], [1, 2], (["one"], ["two", "three"])),
        _table({"text": TEXTS, "text_pair": SECONDS}, NAMES),
    ),
    TaskCase(
        "any number of labels",
        lambda folder: MultiLabelClassifier.from_encoder(folder, LABELS, max_length=32, dtype="float32"),
        TEXTS,
        SETS,
        {"text": TEXTS},
        stream=lambda folder: _stream_of_lists(folder, SETS),
    ),
    TaskCase(
        "spans of a text",
        lambda folder: TokenClassifier.from_encoder(folder, ["LONG", "NAME"], max_length=24, dtype="float32"),
        TEXTS,
        SPANS,
        {"text": TEXTS},
        ("a single text", None, [1, 2], [[["nested"]]]),
        lambda folder: _stream_of_lists(folder, SPANS, label_kind="spans"),
    ),
    TaskCase(
        "a score",
        lambda folder: TextRegressor.from_encoder(folder, LENGTHS, max_length=32, dtype="float32"),
        TEXTS,
        LENGTHS,
        {"text": TEXTS},
        stream=_table({"text": TEXTS}, LENGTHS),
    ),
    TaskCase(
        "the cosine of two texts",
        lambda folder: TextRegressor.from_encoder(
            folder, LENGTHS, head_kind="cosine", pairs=True, max_length=32, dtype="float32"
        ),
        (TEXTS, SECONDS),
        LENGTHS,
        {"text": TEXTS, "text_pair": SECONDS},
        ("a single text", None, ["texts", "alone"], [1, 2], (["one"], ["two", "three"])),
        _table({"text": TEXTS, "text_pair": SECONDS}, LENGTHS),
        embedded=TEXTS,
    ),
    TaskCase(
        "a number a text",
        lambda folder: TextScore(_encoder(folder), _preprocessor(folder)),
        TEXTS,
        LENGTHS,
        {"text": TEXTS},
        stream=_table({"text": TEXTS}, LENGTHS),
    ),
    TaskCase(
        "a tag a token",
        lambda folder: Tagger(_encoder(folder), _preprocessor(folder), ["even", "odd"]),
        TEXTS,
        _tags(),
        {"text": TEXTS},
        stream=_table({"text": TEXTS}, _tags()),
    ),
    TaskCase(
        "two outputs a token",
        lambda folder: Finder(_encoder(folder), _preprocessor(folder)),
        TEXTS,
        [(row % 3, 2 + row % 2) for row in range(24)],
        {"text": TEXTS},
        stream=_table({"text": TEXTS}, [(row % 3, 2 + row % 2) for row in range(24)]),
    ),
    TaskCase(
        "a tokenizer with a lookup table",
        lambda folder: TextScore(_encoder(folder), TextPreprocessor(TableTokenizer(_words()), max_length=32)),
        TEXTS,
        LENGTHS,
        {"text": TEXTS},
        stream=_table({"text": TEXTS}, LENGTHS),
    ),
    TaskCase(
        "images",
        lambda folder: ImageScore(ImageEncoder(), ImagePreprocessor()),
        _IMAGES,
        _BRIGHTNESS,
        {"image": _IMAGES},
        ("a single text", None, [1, 2], np.zeros((3, 4, 4))),
        lambda folder: tf.data.Dataset.from_tensor_slices((_IMAGES, _BRIGHTNESS)).batch(8),
        2e-2,
    ),
]


def clean_answers(task, folder, columns, aside):
    """Gives what a SavedModel answers in a process that cannot import this package.

    Args:
        task: the task that it was written from.
        folder: path of the SavedModel.
        columns: dict of input name → list or array, 64 rows at most.
        aside: path of a folder to work in.

    Returns:
        `(answers, about)`: dict of "signature/output" → array, in the order of the rows, and what the process says of
        itself.
    """
    answers = Path(aside) / "answers.npz"
    requests = Path(aside) / "requests.npz"
    everything = {name: replace(endpoint, sampled=False) for name, endpoint in task.endpoints().items()}
    asked = Requests.of(task.preprocessor, columns, everything)
    assert len(asked.batches) == 1
    asked.write(requests)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KERAS")}
    subprocess.run(
        [sys.executable, "-I", str(CLIENT), str(folder), str(requests), str(answers)],
        check=True,
        capture_output=True,
        env=environment,
    )
    with np.load(answers) as file:
        found = {name: file[name] for name in file.files}
    about = json.loads(found.pop("about").tobytes())
    back = np.argsort(asked.order)  # they were asked by length
    return {name.removeprefix("0/"): array[back] for name, array in unpacked(found).items()}, about
