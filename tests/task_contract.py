"""What every task passes: fit, save, load, export, agreement. A new task is one more row in TASK_CASES.

`tests/tasks/test_task_contract.py` runs it. Knows no task's own words: only what the contract of a task names.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import keras_bigmodel.export
from keras_bigmodel.data.bundled_texts import support_messages
from keras_bigmodel.tasks import TextClassifier

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
        columns: dict of signature input → list of str: the same inputs as a server gets them.
        pick: function from inputs and row numbers to the inputs of those rows.
        not_texts: inputs that the task must refuse.
    """

    name: str
    make: Callable[[Path], Any]
    inputs: Any
    targets: list
    columns: dict[str, list[str]]
    pick: Callable[[Any, list[int]], Any]
    not_texts: tuple = ("a single text", None, [1, 2], [["nested"]])


def _single_texts():
    texts, labels = messages(24)
    return TaskCase(
        "texts",
        lambda folder: TextClassifier.from_encoder(folder, LABELS, max_length=32, dtype="float32"),
        texts,
        labels,
        {"text": texts},
        lambda inputs, rows: [inputs[row] for row in rows],
    )


def _pairs():
    texts, labels = messages(24)
    seconds = texts[7:] + texts[:7]
    return TaskCase(
        "pairs",
        lambda folder: TextClassifier.from_encoder(folder, LABELS, pairs=True, max_length=48, dtype="float32"),
        (texts, seconds),
        labels,
        {"text": texts, "text_pair": seconds},
        lambda inputs, rows: tuple([column[row] for row in rows] for column in inputs),
        ("a single text", None, ["texts", "alone"], [1, 2], (["one"], ["two", "three"])),
    )


TASK_CASES = [_single_texts(), _pairs()]


def clean_answers(folder, batches, aside):
    """Gives what a SavedModel answers in a process that cannot import this package.

    Args:
        folder: path of the SavedModel.
        batches: list of dicts of input name → list of str.
        aside: path of a folder to work in.

    Returns:
        `(answers, about)`: dict of "batch/signature/output" → array (only the first batch goes to every signature),
        and what the process says of itself.
    """
    requests, answers = Path(aside) / "requests.json", Path(aside) / "answers.npz"
    requests.write_text(json.dumps(batches), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KERAS")}
    subprocess.run(
        [sys.executable, "-I", str(CLIENT), str(folder), str(requests), str(answers)],
        check=True,
        capture_output=True,
        env=environment,
    )
    with np.load(answers) as file:
        found = {name: file[name] for name in file.files}
    return found, json.loads(found.pop("about").tobytes())
