"""`bigmodel compare` and the lines of measures: what a person reads, and what a program does."""

import csv
import json
import re

import keras
import pytest
from rich.cells import cell_len

from keras_bigmodel import TextClassifier
from keras_bigmodel.cli import compare
from keras_bigmodel.evaluation import classification_metrics
from keras_bigmodel.pipeline.measure_lines import class_lines, columns, figure_lines, metric_lines
from tests.evaluation.simulated import drawn, names
from tests.pipeline.conftest import write_table
from tests.task_contract import messages

LABELS = ["一般", "好评", "差评"]


@pytest.fixture(scope="module")
def two(tiny_bert, tmp_path_factory):
    """Two classifiers with heads of chance, in folders of different names."""
    base = tmp_path_factory.mktemp("saved")
    for seed, name in enumerate(("old", "new"), 1):
        keras.utils.set_random_seed(seed)
        task = TextClassifier.from_encoder(str(tiny_bert), labels=LABELS, max_length=32, dtype="float32")
        head = task.get_layer("logits")
        head.set_weights([10 * head.get_weights()[0], head.get_weights()[1]])  # sure enough to disagree
        task.save(base / name)
    return base / "old", base / "new"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """45 messages and a row that is left out; one is Chinese with a line break, quotes and commas."""
    texts = ['快递太慢了，"不会"再买,\n差', *messages(45)[0][1:]]
    rows = [(text, LABELS[row % 3]) for row, text in enumerate(texts)]
    return write_table(tmp_path_factory.mktemp("tables") / "rows.csv", [*rows, ("", "差评")])


@pytest.fixture
def compared(two, rows, bigmodel):
    return lambda *how: bigmodel("compare", *two, rows, *how)


# ---- what a person reads


def test_a_person_reads_both_models_and_whether_the_difference_is_chance(compared):
    ran = compared()
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0] == "45 texts"
    assert lines[1].split() == ["old", "new", "difference", "(95", "%)"]
    figure = r"  +[0-9.]+ +[0-9.]+  [+-][0-9.]+ \([+-][0-9.]+ to [+-][0-9.]+\)"
    for line, name in zip(lines[2:5], ("accuracy", "macro F1", "log loss"), strict=True):
        assert re.fullmatch(name + figure, line)
    assert re.fullmatch(
        r"Right in new and wrong in old: \d+ texts?; the other way round: \d+ texts?\. If both models were equally "
        r"good, so uneven a change would come by chance in .* of cases \(McNemar, exact\)\.",
        lines[6],
    )
    assert "Left out 1 row: empty text." in ran.err
    assert "WARNING" not in ran.err


def test_the_first_changed_texts_are_shown_in_columns(compared):
    changed = json.loads(compared("--json").out)["changed"]
    lines = compared("--show", 3).out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("Answered differently"))
    assert lines[at] == f"Answered differently: {len(changed)} texts; the first 3:"
    shown = lines[at + 2 :]
    assert len(shown) == 3
    for line, change in zip(shown, changed, strict=False):
        assert line.startswith(change["kind"])
        assert f"{change['first']} {change['first_probability']:.2f}" in line
        assert change["text"][:15].replace("\n", " ") in line
    ends = {cell_len(line[: line.index(change["text"][:3])]) for line, change in zip(shown, changed, strict=False)}
    assert len(ends) == 1  # the texts stand under each other
    assert f"Answered differently: {len(changed)} texts:" in compared("--show", 99).out.splitlines()


@pytest.mark.full
def test_no_changed_text_is_shown_where_none_is_wanted_or_there_is_none(compared, bigmodel, two, rows):
    assert "Answered differently" not in compared("--show", 0).out
    same = bigmodel("compare", two[0], two[0], rows)
    assert "Both are right on the same texts." in same.out
    assert "Answered differently" not in same.out


# ---- what a program reads


def test_json_holds_the_whole_comparison(compared):
    ran = compared("--json")
    found = json.loads(ran.out)
    assert found["texts"] == 45
    assert found["labels"] == LABELS
    assert found["dropped"] == {"empty text": 1}
    assert len(found["changed"]) == found["fixed"] + found["broken"] + found["both_wrong"] > 5
    assert ran.err == ""


@pytest.mark.full
def test_all_changed_texts_are_written_as_csv(compared, tmp_path):
    path = tmp_path / "changed.csv"
    ran = compared("--out", path, "--show", 0)
    assert ran.code == 0
    with path.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    wanted = json.loads(compared("--json").out)["changed"]
    assert f"Wrote {len(wanted)} changed texts to {path}." in ran.err
    assert [{**row, "first_probability": 0, "second_probability": 0} for row in written] == [
        {**row, "first_probability": 0, "second_probability": 0} for row in wanted
    ]
    for row, change in zip(written, wanted, strict=True):
        assert float(row["first_probability"]) == pytest.approx(change["first_probability"])


def test_a_file_that_is_there_is_refused_and_stays(compared, tmp_path):
    path = tmp_path / "changed.csv"
    path.write_text("mine")
    ran = compared("--out", path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"Error: {path} is already there. Give --out the name of a new file.\n"
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_there_is_refused(compared, tmp_path):
    ran = compared("--out", tmp_path / "nowhere" / "changed.csv")
    assert ran.code == 2
    assert "Error: No folder" in ran.err


# ---- the words


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        (("m/1", "m", 1), ("m/2", "m", 2), ("version 1", "version 2")),
        (("a/1", "a", 1), ("b/1", "b", 1), ("a", "b")),
        (("x/m/1", "m", 1), ("y/m/1", "m", 1), ("x/m/1", "y/m/1")),
        (("saved", "saved", None), ("m/1", "m", 1), ("saved", "m")),
    ],
)
def test_the_models_are_called_what_tells_them_apart(first, second, wanted):
    keys = ("folder", "name", "version")
    assert compare._names(dict(zip(keys, first, strict=True)), dict(zip(keys, second, strict=True))) == wanted


@pytest.mark.parametrize(
    ("share", "wanted"),
    [
        (1.0, "100 %"),
        (0.27, "27 %"),
        (0.0996, "10 %"),
        (0.0549, "5.5 %"),
        (0.0009, "less than 0.1 %"),
        (0.001, "0.1 %"),
    ],
)
def test_chance_is_written_in_per_cent(share, wanted):
    assert compare._percent(share) == wanted


# ---- the lines of measures


def test_every_figure_stands_on_a_line_with_its_interval():
    metrics = classification_metrics(*drawn(200, 3), names(3))
    lines = list(figure_lines(metrics))
    assert lines[0] == "200 texts; in brackets: 95 % intervals"
    low, high = metrics["intervals"]["accuracy"]
    assert lines[1] == f"accuracy           {metrics['accuracy']:.4f} ({low:.4f}–{high:.4f})"
    assert len(lines) == 9
    assert len({line.index(" (") for line in lines[1:]}) == 1


def test_one_line_has_the_chief_figures():
    metrics = classification_metrics(*drawn(50, 3), names(3))
    assert re.fullmatch(
        r"50 texts, accuracy 0\.\d{4} \(0\.\d{4}–0\.\d{4}\), macro F1 0\.\d{4} \(.*\), log loss \d\.\d{4} \(.*\)",
        metric_lines(metrics),
    )


def test_measures_of_an_older_version_are_shown_without_intervals():
    figures = {"texts": 9, "accuracy": 0.5, "macro_f1": 0.4, "weighted_f1": 0.45, "log_loss": 1.25}
    row = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "texts": 9}
    metrics = {**figures, "per_class": {"bad": row}}
    assert metric_lines(metrics) == "9 texts, accuracy 0.5000, macro F1 0.4000, log loss 1.2500"
    assert list(figure_lines(metrics)) == [
        "9 texts",
        "accuracy     0.5000",
        "macro F1     0.4000",
        "weighted F1  0.4500",
        "log loss     1.2500",
    ]
    assert list(class_lines(metrics))[1].split() == ["bad", "0.5000", "0.5000", "0.5000", "9"]


def test_a_figure_that_is_not_defined_is_left_out():
    metrics = classification_metrics([0, 0], [[0.9, 0.1], [0.8, 0.2]], ["no", "yes"])
    assert not any("ROC" in line for line in figure_lines(metrics))


@pytest.mark.parametrize(
    "labels",
    [["好评", "差评", "not sure 还行"], [f"intent {number}" for number in range(77)], ["a\nb", "c\x1b[31md", "e"]],
    ids=["chinese", "77 classes", "control characters"],
)
def test_classes_stand_under_each_other(labels):
    metrics = classification_metrics(*drawn(400, len(labels), sureness=4.0), labels, resamples=100)
    lines = list(class_lines(metrics))
    assert lines[0].split() == ["label", "precision", "recall", "f1", "texts"]
    assert len(lines) == 1 + len(labels)
    assert len({cell_len(line) for line in lines}) == 1  # the last column is set to the right
    assert all(line.isprintable() for line in lines)
    for line, label in zip(lines[1:], labels, strict=True):
        assert line.startswith("".join(character if character.isprintable() else " " for character in label))


def test_columns_of_words_and_of_colours():
    assert list(columns([("a", "b"), ("ccc", "d")])) == ["a    b", "ccc  d"]
    assert list(columns([("\x1b[1mbold", "x")])) == [" [1mbold  x"]
