"""The public sets that the benchmarks run on, read from a folder that the caller names. Nothing is downloaded."""

import csv
import random
from pathlib import Path


def _tab_separated(path):
    """Reads `text<TAB>label` lines, no header, no quoting."""
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").rsplit("\t", 1) for line in file if line.strip()]
    return [text for text, _ in rows], [label for _, label in rows]


def _csv_columns(path, text, label, header=True):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1 if header else 0 :]
    return [row[text] for row in rows], [row[label] for row in rows]


def _held_out(texts, labels, share=0.1):
    """Cuts a development part off a training set, the same at every call."""
    order = list(range(len(texts)))
    random.Random(0).shuffle(order)
    cut = int(len(order) * share)
    take = lambda rows: ([texts[row] for row in rows], [labels[row] for row in rows])
    return take(order[cut:]), take(order[:cut])


def read(name, folder, part="test"):
    """Gives a set's training and measuring parts.

    Args:
        name: `"sst2"`, `"banking77"` or `"ag_news"`.
        folder: path of the data folder.
        part: `"test"`, with the whole training set to train on; or `"dev"`, to choose settings on: SST-2's own
            development set, a tenth of the training set for the others.

    Returns:
        `((texts, labels), (texts, labels))`.
    """
    folder = Path(folder)
    if name == "sst2":
        return _tab_separated(folder / "sst2/train.tsv"), _tab_separated(folder / f"sst2/{part}.tsv")
    if name == "banking77":
        train, test = (_csv_columns(folder / f"banking77/{side}.csv", 0, 1) for side in ("train", "test"))
    elif name == "ag_news":
        train = _csv_columns(folder / "ag_news/train_8000_descriptions.csv", 1, 0)
        test = _csv_columns(folder / "ag_news/test.csv", 2, 0, header=False)
    else:
        raise SystemExit(f"unknown set {name}; known: sst2, banking77, ag_news")
    return (train, test) if part == "test" else _held_out(*train)
