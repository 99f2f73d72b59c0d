"""A run on a table that is not held in memory: a version as whole as any, honest about what was looked at."""

import json
import shutil

import keras
import numpy as np
import pytest

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.unicode_text import same_words
from keras_bigmodel.pipeline import load_task, streamed_tables, table_survey, train
from keras_bigmodel.pipeline.jobs import JOBS
from keras_bigmodel.pipeline.streamed_tables import is_streamed, stream_tables
from keras_bigmodel.pipeline.table_survey import TableSurvey
from keras_bigmodel.tables import TableStream
from tests.pipeline.conftest import RARE, Listener, write_table
from tests.task_contract import LABELS, messages

TEXTS, NAMES = messages(60)
BOTH = list(zip(TEXTS, NAMES, strict=True))


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """300 rows, each message five times and no two in the same words, some in Chinese; two rows cannot be used."""
    rows = [
        (f"{text} {'你好' * number}", label) for number in range(5) for text, label in zip(TEXTS, NAMES, strict=True)
    ]
    return write_table(tmp_path_factory.mktemp("tables") / "large.csv", [*rows, ("", "bad"), ("no label", "")])


@pytest.fixture(scope="module")
def listener():
    return Listener()


@pytest.fixture(scope="module")
def streamed(make_settings, large, listener, tmp_path_factory):
    base = tmp_path_factory.mktemp("models") / "reviews"
    test = write_table(base.parent / "test.csv", [("unheard words", "good"), (TEXTS[0] + " ", NAMES[0])])
    return train(make_settings(base, table=str(large), stream=True, test=str(test)), reporter=listener)


def test_the_version_is_whole_and_says_what_it_was_trained_on(streamed, large):
    folder, manifest = streamed
    manifest.check(folder)
    assert manifest.parity["agrees"] is True
    assert manifest.settings["stream"] is True
    rows = {part: manifest.data[part]["rows"] for part in ("train", "validation")}
    assert sum(rows.values()) == 300
    assert 10 < rows["validation"] < 60
    assert manifest.data["train"]["dropped"] == {"empty text": 1, "no label": 1}
    assert list(manifest.data["train"]["classes"]) == LABELS
    assert manifest.metrics["validation"]["texts"] == rows["validation"]
    assert [path.name for path in folder.parent.iterdir()] == ["1"]
    assert load_task(folder).labels == LABELS


def test_a_person_hears_what_is_done_and_how_far(streamed, listener, large):
    assert f"Left out 1 of 302 rows of {large}: empty text." in listener.said
    assert any(sentence.startswith("Held back") and "of 300 rows" in sentence for sentence in listener.said)
    titles = [bar["title"] for bar in listener.bars]
    assert titles[:3] == [f"reading {large}", "looking at the data", "writing token ids"]
    assert all(bar["done"] == bar["total"] for bar in listener.bars if bar["total"] is not None)


def test_test_rows_in_training_are_found_among_all_rows(streamed):
    data = json.loads((streamed[0] / "report" / "metrics.json").read_text())["data"]
    found = {(leak["from"], leak["into"]): leak["exact_rows"] for leak in data["leaks"]}
    assert found.get(("train", "test"), 0) + found.get(("validation", "test"), 0) == 1


def _survey(path, share=0.3, seed=0, **how):
    return TableSurvey(TableStream(path), share=share, seed=seed, **how)


def test_a_text_stands_on_one_side_and_a_seed_gives_one_split(tmp_path):
    rows = [(text.upper() if again else f" {text}", label) for again in range(3) for text, label in BOTH]
    path = write_table(tmp_path / "thrice.csv", rows)
    survey = _survey(path)
    held = {same_words(text) for text in survey.held(LABELS).texts}
    kept = {
        same_words(text)
        for block in TableStream(path).where(lambda *row: not survey.is_held(*row))
        for text in block.texts
    }
    assert held
    assert kept
    assert held.isdisjoint(kept)
    assert len(survey.held(LABELS)) == 3 * len(held)
    assert _survey(path).held(LABELS).texts == survey.held(LABELS).texts
    assert _survey(path, seed=1).held(LABELS).texts != survey.held(LABELS).texts


def test_every_label_keeps_a_row_to_train_on(tmp_path):
    path = write_table(tmp_path / "rare.csv", [*BOTH, *RARE])
    for seed in range(20):
        survey = _survey(path, share=0.9, seed=seed)
        held = survey.held({*LABELS, "rare"}).label_counts
        assert all(held[label] < rows for label, rows in survey.label_counts.items())


def test_a_text_of_very_many_rows_stays_in_training(tmp_path):
    path = write_table(tmp_path / "often.csv", BOTH + [("n/a", "bad")] * 500)
    for seed in range(10):
        assert "n/a" not in _survey(path, seed=seed).held(LABELS).texts


def test_no_more_rows_are_held_than_may_be(tmp_path, monkeypatch):
    monkeypatch.setattr(table_survey.DrawnRows.__init__, "__kwdefaults__", {"leave_out": False, "most_rows": 20})
    path = write_table(tmp_path / "many.csv", [(f"{TEXTS[row % 60]} {row}", NAMES[row % 60]) for row in range(600)])
    survey = _survey(path, share=0.5)
    sample, numbers = survey.sample(LABELS)
    assert len(survey.held(LABELS)) == 20
    assert 0 < len(sample) <= 20
    assert sample.texts == [f"{TEXTS[row % 60]} {row}" for row in numbers]
    assert set(sample.texts).isdisjoint(survey.held(LABELS).texts)


@pytest.mark.full
def test_a_sample_is_told_to_be_one(make_settings, tmp_path, monkeypatch):
    monkeypatch.setattr(table_survey.DrawnRows.__init__, "__kwdefaults__", {"leave_out": False, "most_rows": 30})
    path = write_table(tmp_path / "many.csv", [(f"{TEXTS[row % 60]} {row}", NAMES[row % 60]) for row in range(600)])
    listener = Listener()
    folder, manifest = train(make_settings(tmp_path / "m", table=str(path), stream=True), reporter=listener)
    assert manifest.data["train"]["rows"] == 570
    (note,) = (sentence for sentence in listener.said if "were read one by one" in sentence)
    assert "counted of all 570" in note
    report = json.loads((folder / "report" / "metrics.json").read_text())["data"]["tables"]["train"]
    assert report["rows"] == sum(report["classes"].values()) == 570
    assert 0 < report["looked_at_rows"] <= 30


class _Stop(keras.callbacks.Callback):
    def __init__(self, at):
        super().__init__()
        self._at = at

    def on_train_batch_end(self, batch, logs=None):
        if batch == self._at:
            raise KeyboardInterrupt


@pytest.mark.full
def test_a_stopped_run_goes_on_to_the_same_weights(make_settings, large, streamed, tmp_path):
    settings = make_settings(tmp_path / "m", table=str(large), stream=True, checkpoint_minutes=0.0)
    with pytest.raises(KeyboardInterrupt):
        train(settings, callbacks=[_Stop(4)])
    assert (tmp_path / "m" / ".training" / "state").is_dir()
    left = {path.name for path in (tmp_path / "m" / ".training").iterdir()}
    assert left == {"run.json", "lock", "state"}, "the token ids have no name that a kill could leave"
    folder, _ = train(settings, unfinished="resume", callbacks=[_Stop(None)])
    wanted, found = (load_task(path).get_weights() for path in (streamed[0], folder))
    # Sums of threads differ in their last digits; another order of the batches makes a hundred times as much.
    assert np.mean([np.abs(one - two).mean() for one, two in zip(wanted, found, strict=True)]) < 5e-6


def test_rare_classes_are_left_out_and_counted(make_settings, tmp_path):
    path = write_table(tmp_path / "rare.csv", [*BOTH, *RARE])
    settings = make_settings(tmp_path / "m", table=str(path), stream=True, min_rows=3, validation_share=0.3)
    tables, labels = stream_tables(settings, Listener(), tmp_path, JOBS["classification"])
    assert sorted(labels) == LABELS
    assert tables["train"].dropped == {"class with fewer than 3 rows": 2}
    assert len(tables["train"]) + len(tables["validation"]) == 60
    assert sum(len(block) for block in tables["train"].stream) == len(tables["train"])


REFUSED = {
    "one class only": ([("a", "x"), ("b", "x")], {}, "All 2 rows .* at least two labels"),
    "nothing to hold back": ([("a", "x"), ("a", "x"), ("b", "y"), ("b", "y")], {"validation_share": 0.01}, "too few"),
    "a test label that training lacks": (BOTH, {"test": "strange"}, '"strange"'),
    "an unknown class": (BOTH, {"class_weight": "superb=2"}, "superb"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_trained_on_is_refused_before_training(make_settings, tmp_path, name):
    rows, how, words = REFUSED[name]
    if "test" in how:
        how = {"test": str(write_table(tmp_path / "test.csv", [("a text", how["test"])]))}
    table = write_table(tmp_path / "table.csv", rows)
    with pytest.raises(UserError, match=words):
        train(make_settings(tmp_path / "models" / "m", table=str(table), stream=True, **how))
    assert not (tmp_path / "models").exists()


def test_a_large_file_is_streamed_unless_it_is_not_to_be(make_settings, large, tmp_path, monkeypatch):
    choose = lambda **how: is_streamed(make_settings(tmp_path / "m", table=str(large), **how))
    assert (choose(), choose(stream=True), choose(stream=False)) == (False, True, False)
    monkeypatch.setattr(streamed_tables, "_LARGE", 1000)
    assert (choose(), choose(stream=True), choose(stream=False)) == (True, True, False)
    listener = Listener()
    stream_tables(make_settings(tmp_path / "m", table=str(large)), listener, tmp_path, JOBS["classification"])
    assert "is large: it is read row by row" in listener.said[0]


def test_of_a_large_table_to_measure_on_rows_are_drawn_and_that_is_said(make_settings, large, tmp_path, monkeypatch):
    monkeypatch.setattr(streamed_tables, "_LARGE", 1000)
    monkeypatch.setattr(table_survey.DrawnRows.__init__, "__kwdefaults__", {"leave_out": False, "most_rows": 25})
    test = tmp_path / "test.csv"
    shutil.copy(large, test)
    listener = Listener()
    tables, _ = stream_tables(
        make_settings(tmp_path / "m", table=str(large), test=str(test)), listener, tmp_path, JOBS["classification"]
    )
    assert len(tables["test"]) == 25
    assert f"Measures of {test} are of 25 of its 300 rows, drawn by their texts." in listener.said
