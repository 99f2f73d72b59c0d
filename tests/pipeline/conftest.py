"""A table of messages and what training on it twice leaves behind."""

import contextlib
import csv

import pytest

from keras_bigmodel.core.reporter import Reporter
from keras_bigmodel.data import support_messages
from keras_bigmodel.pipeline import TrainSettings, train
from tests.task_contract import LABELS, messages

RARE = [("a lone row", "rare"), ("and one more of its kind", "rare")]


def write_table(path, rows, header=("text", "label")):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


class Listener(Reporter):
    """Keeps what it hears: sentences, and of each bar its title, its length and how far it came."""

    def __init__(self, act=lambda sentence: None):
        self.said, self.bars, self._act = [], [], act

    def say(self, sentence):
        self.said.append(sentence)
        self._act(sentence)

    @contextlib.contextmanager
    def bar(self, title, total):
        bar = {"title": title, "total": total, "done": 0}
        self.bars.append(bar)

        def advance(title=None):
            bar["done"] += 1

        yield advance


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    """60 messages with three labels, two of them empty."""
    rows = list(zip(*messages(60), strict=True))
    return write_table(tmp_path_factory.mktemp("tables") / "table.csv", [*rows, ("", "bad"), ("no label", "")])


@pytest.fixture(scope="session")
def make_settings(tiny_bert, table):
    """Makes settings of a short run; `out` must be given."""

    def make(out, **how):
        given = {"encoder": str(tiny_bert), "epochs": 1, "max_length": 32, "dtype": "float32", "batch_size": 16}
        return TrainSettings(**{"table": str(table), **given, "out": str(out), **how})

    return make


@pytest.fixture(scope="session")
def versions(make_settings, table, tmp_path_factory):
    """A model with version 1, and version 2 with a test table and a class of two rows; what was said meanwhile."""
    base = tmp_path_factory.mktemp("models") / "reviews"
    listener = Listener()
    first = train(make_settings(base, validation_share=0.2), reporter=listener)
    rare = write_table(base.parent / "rare.csv", [*zip(*messages(40), strict=True), *RARE])
    test = write_table(base.parent / "test.csv", list(zip(messages(60)[0][40:], LABELS * 6 + LABELS[:2], strict=True)))
    second = train(make_settings(base, table=str(rare), test=str(test), seed=3), reporter=listener)
    return {"base": base, "first": first, "second": second, "said": listener.said, "bars": listener.bars}


@pytest.fixture(scope="session")
def messages_table(tmp_path_factory):
    """A table that the test may change."""
    path = tmp_path_factory.mktemp("messages") / "table.csv"
    return write_table(path, list(zip(*(part[:400] for part in support_messages("train")), strict=True)))


@pytest.fixture(scope="session")
def lite_version(make_settings, messages_table, tmp_path_factory):
    """A version that a run wrote with a LiteRT file."""
    how = {"table": str(messages_table), "formats": "saved_model,litert", "epochs": 3, "learning_rate": 5e-3}
    folder, _ = train(make_settings(tmp_path_factory.mktemp("models") / "messages", **how))
    return folder
