"""Tables larger than memory train and answer as the same rows in lists do."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_bigmodel import BackupAndResume, TextClassifier, UserError
from keras_bigmodel.tables import TableStream, table_stream
from keras_bigmodel.training import RunStopped
from tests.tables.writers import WRITERS
from tests.task_contract import LABELS, messages

TEXTS, NAMES = messages(48)
TEXTS = [f"{text}，很好" if number % 5 == 0 else text for number, text in enumerate(TEXTS)]
SECONDS = TEXTS[7:] + TEXTS[:7]
WEIGHTS = [number % 4 / 2 for number in range(48)]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(table_stream, "_ROWS", 10)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    rows = list(zip(TEXTS, SECONDS, NAMES, WEIGHTS, strict=True))
    return WRITERS[".parquet"](
        tmp_path_factory.mktemp("tables") / "table.parquet", rows, header=("text", "other", "label", "share")
    )


def _make(folder, pairs=False):
    keras.utils.set_random_seed(0)
    task = TextClassifier.from_encoder(folder, LABELS, pairs=pairs, max_length=32, dtype="float32", dropout=0.0)
    task.compile(optimizer=keras.optimizers.SGD(0.1))
    return task


@pytest.fixture(scope="module")
def task(steady_bert):
    return _make(steady_bert)


CASES = {
    "texts": ({"text": "text"}, {}),
    "weights": ({"text": "text", "weight": "share"}, {"sample_weight": WEIGHTS}),
    "class weights": ({"text": "text"}, {"class_weight": {"bad": 3.0}}),
}


@pytest.mark.parametrize(
    "name", ["texts", *(pytest.param(name, marks=pytest.mark.full) for name in CASES if name != "texts")]
)
@pytest.mark.parametrize(
    "size",
    [
        pytest.param({"batch_size": 8}, id="rows"),
        pytest.param({"tokens_per_batch": 120}, id="tokens", marks=pytest.mark.full),
    ],
)
def test_a_stream_trains_to_the_weights_of_lists(steady_bert, path, name, size):
    columns, how = CASES[name]
    how = {**size, "seed": 5, "epochs": 2, "verbose": 0}
    more = dict(CASES[name][1])
    shares = {"class_weight": more["class_weight"]} if "class_weight" in more else {}
    streamed, held = _make(steady_bert), _make(steady_bert)
    one = streamed.fit(TableStream(path, **columns), **how, **shares)
    two = held.fit(TEXTS, NAMES, **how, **more)
    assert one.history == two.history
    for weight, other in zip(streamed.get_weights(), held.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_pairs_train_measure_and_answer_as_in_lists(steady_bert, path):
    stream = TableStream(path, text="text", pair="other")
    streamed, held = _make(steady_bert, pairs=True), _make(steady_bert, pairs=True)
    one = streamed.fit(stream, batch_size=8, seed=5, verbose=0, validation_data=stream)
    both = (TEXTS, SECONDS)
    two = held.fit(both, NAMES, batch_size=8, seed=5, verbose=0, validation_data=(both, NAMES))
    assert one.history == two.history
    assert streamed.evaluate(stream, verbose=0) == held.evaluate(both, NAMES, verbose=0)
    np.testing.assert_allclose(streamed.predict(stream), held.predict(both), atol=1e-6)


def test_answers_come_block_by_block_in_the_tables_order(task, path):
    answered = list(task.predict_stream(TableStream(path, text="text", with_labels=False), batch_size=4))
    assert [len(block) for block, _ in answered] == [10, 10, 10, 10, 8]
    assert [text for block, _ in answered for text in block.texts] == TEXTS
    wanted = task.predict(TEXTS)
    np.testing.assert_allclose(np.concatenate([answers for _, answers in answered]), wanted, atol=1e-6)
    np.testing.assert_allclose(task.predict(TableStream(path, text="text")), wanted, atol=1e-6)


def test_lists_of_texts_are_answered_as_they_come(task):
    asked = []

    def parts():
        for start in range(0, 30, 15):
            asked.append(start)
            yield TEXTS[start : start + 15]

    answered = task.predict_stream(parts())
    texts, answers = next(answered)
    assert (texts, asked) == (TEXTS[:15], [0]), "the second part is not read before the first is answered"
    np.testing.assert_allclose(answers, task.predict(TEXTS[:15]), atol=1e-6)
    assert len(list(answered)) == 1


class _StopAfter(keras.callbacks.Callback):
    def __init__(self, backup, batch):
        super().__init__()
        self._backup, self._batch = backup, batch

    def on_train_batch_end(self, batch, logs=None):
        if batch == self._batch:
            self._backup.request_stop()


def test_a_run_stopped_inside_an_epoch_goes_on_to_the_same_weights(steady_bert, path, tmp_path):
    how = {"batch_size": 8, "seed": 5, "epochs": 2, "verbose": 0}
    stream, backup = TableStream(path, text="text"), BackupAndResume(tmp_path / "state")
    whole, broken = _make(steady_bert), _make(steady_bert)
    wanted = whole.fit(stream, **how)
    with pytest.raises(RunStopped, match="epoch 1, after batch 3"):
        broken.fit(stream, callbacks=[backup, _StopAfter(backup, 2)], **how)
    resumed = _make(steady_bert)
    found = resumed.fit(stream, callbacks=[BackupAndResume(tmp_path / "state"), _StopAfter(backup, 99)], **how)
    for name, values in wanted.history.items():
        np.testing.assert_allclose(found.history[name], values, atol=1e-5)
    for weight, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, atol=1e-6)


def test_another_table_is_not_gone_on_with(steady_bert, path, tmp_path):
    backup, how = BackupAndResume(tmp_path / "state"), {"batch_size": 8, "seed": 5, "verbose": 0}
    with pytest.raises(RunStopped):
        _make(steady_bert).fit(TableStream(path, text="text"), callbacks=[backup, _StopAfter(backup, 2)], **how)
    other = WRITERS[".csv"](tmp_path / "other.csv", list(zip(TEXTS, NAMES[::-1], strict=True)))
    with pytest.raises(UserError, match="state of another run: texts"):
        _make(steady_bert).fit(TableStream(other), callbacks=[backup, _StopAfter(backup, 9)], **how)


def test_the_token_ids_are_written_where_they_are_asked_for_and_leave_nothing(task, path, tmp_path):
    task.fit(TableStream(path, text="text", folder=tmp_path), verbose=0)
    assert list(tmp_path.iterdir()) == []


REFUSED = {
    "labels beside a stream": (lambda task, path: task.fit(TableStream(path), NAMES), "it reads its own"),
    "a share for validation": (
        lambda task, path: task.fit(TableStream(path, text="text"), validation_split=0.1),
        r"stream.split\(0.1\)",
    ),
    "no labels": (
        lambda task, path: task.fit(TableStream(path, text="text", with_labels=False)),
        "reads no labels",
    ),
    "pairs for single texts": (
        lambda task, path: task.fit(TableStream(path, text="text", pair="other")),
        "pairs=True",
    ),
    "no row": (
        lambda task, path: task.fit(TableStream(path, text="text").where(lambda *row: False)),
        "gave no row",
    ),
    "an unknown label": (lambda task, path: task.evaluate(TableStream(path, text="text", label="other")), "label"),
    "no table": (lambda task, path: list(task.predict_stream(TableStream("nothing.csv"))), "No file nothing.csv"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_trained_on_is_refused_with_a_sentence(task, path, name):
    act, words = REFUSED[name]
    with pytest.raises(UserError, match=words) as caught:
        act(task, path)
    assert "\n" not in str(caught.value)


# ---- memory

_MEASURED = """
import sys
from keras_bigmodel.tables import TableStream
from tests.tasks.test_table_streams import _make

def held():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon")) / 1024

task = _make(sys.argv[1])
most = 0
for path in sys.argv[2:]:
    task.fit(TableStream(path), batch_size=64, verbose=0, steps_per_epoch=50)
    for _ in task.predict_stream(TableStream(path), batch_size=256):
        most = max(most, held())
    print(most)
"""


@pytest.mark.full
def test_memory_does_not_grow_with_the_table(steady_bert, tmp_path):
    paths = []
    for number in (20_000, 200_000):
        rows = [(f"{TEXTS[row % 48]} {row}", NAMES[row % 48]) for row in range(number)]
        paths.append(WRITERS[".csv"](tmp_path / f"{number}.csv", rows))
    command = [sys.executable, "-c", _MEASURED, str(steady_bert), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    few, many = map(float, done.stdout.split())
    assert many - few < 60, "180,000 rows more: 4 MB for their places and labels, 16 MB as lists of texts at the least"
