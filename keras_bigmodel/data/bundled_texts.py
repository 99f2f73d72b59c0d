"""Loads the texts that are bundled with the package. Knows three files."""

import csv
import functools
import io
import json
from importlib import resources

_MESSAGES = {"train": "support_messages.csv", "test": "support_messages_test.csv"}
_FOLDER = "keras_bigmodel.data.bundled"


def bundled_file(name):
    """Returns the path of a bundled file.

    Args:
        name: str. Name of the file, e.g. `"support_messages.csv"`.

    Returns:
        `importlib.resources.abc.Traversable`.
    """
    return resources.files(_FOLDER).joinpath(name)


def support_messages(split):
    """Returns the bundled customer messages of a split. There are 1,176 in eight intents: 880 train, 296 test.

    Args:
        split: str. `"train"` or `"test"`.

    Returns:
        `(texts, labels)`: two lists of str.
    """
    text = bundled_file(_MESSAGES[split]).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return [row["text"] for row in rows], [row["label"] for row in rows]


@functools.cache
def parity_texts():
    """Returns the bundled texts on which an export is compared with its model: list of str.

    They are the customer messages, lines in many languages, strings that are hard to tokenize, and an empty text.
    """
    lines = bundled_file("parity_texts.jsonl").read_text(encoding="utf-8").split("\n")
    written = [json.loads(line)["text"] for line in lines if line]
    return [*support_messages("train")[0], *support_messages("test")[0], *written, ""]
