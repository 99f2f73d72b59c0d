"""Pages and cards of several labels and of numbers: their own chapters, plots, sentences and code."""

import json

import numpy as np
import pytest

from keras_bigmodel.data.figures.label_summary import labels_a_row, number_summary
from keras_bigmodel.evaluation import (
    label_set_details,
    label_set_metrics,
    regression_details,
    regression_metrics,
    span_details,
    span_metrics,
)
from keras_bigmodel.reports import write_card, write_report

LABELS = ["joy", "愤怒", '<b>"odd"</b>', "never"]
TEXTS = [f"text number {number}" for number in range(60)]
SLICES = {"length in tokens": ["1–8"] * 30 + ["9–16"] * 30}


def _of_labels(texts=60):
    random = np.random.default_rng(0)
    targets = random.random((texts, 4)) < [0.5, 0.3, 0.2, 0.0]
    shares = np.clip(0.5 * targets + 0.6 * random.random((texts, 4)), 0, 1)
    rows = {name: column[:texts] for name, column in SLICES.items()}
    measured = {"metrics": label_set_metrics(targets, shares, LABELS, 0.5, resamples=50)}
    return {**measured, "details": label_set_details(targets, shares, LABELS, [0.5] * 4, TEXTS[:texts], slices=rows)}


def _of_numbers(texts=60, spread=1.0):
    random = np.random.default_rng(0)
    targets = 3 + spread * random.normal(size=texts)
    found = targets + 0.3 * random.normal(size=texts) if spread else np.full(texts, 3.0)
    columns = {"text": TEXTS[:texts], "text_pair": TEXTS[:texts]}
    rows = {name: column[:texts] for name, column in SLICES.items()}
    details = regression_details(targets, found, columns, slices=rows)
    return {"metrics": regression_metrics(targets, found, resamples=50), "details": details}


def _of_spans(texts=60):
    due = [[(0, 4, LABELS[number % 3]), (5, 11, LABELS[1])] for number in range(texts)]
    found = [
        {0: spans, 1: [(0, 4, LABELS[2])], 2: [(0, 6, spans[0][2])], 3: [*spans, (12, 13, LABELS[0])]}[number % 4]
        for number, spans in enumerate(due)
    ]
    rows = {name: column[:texts] for name, column in SLICES.items()}
    sure = [[0.5] * len(spans) for spans in found]
    texts = {"text": [f"名字 <i>{number}</i> and 中文 words" for number in range(texts)]}
    details = span_details(due, found, LABELS, sure, texts, slices=rows)
    return {"metrics": span_metrics(due, found, LABELS, resamples=50), "details": details}


def _run(measured, part="test", **model):
    about = {"name": "mine", "version": 1, "folder": "saved_models/mine", "columns": ["text"], **model}
    return {"model": about, "measured": {part: measured}, "history": {"loss": [1.0, 0.5]}}


def written(folder, run):
    page = write_report(folder / "report", run).read_text(encoding="utf-8")
    return page, write_card(folder / "card.md", run).read_text(encoding="utf-8")


def test_several_labels_have_their_own_chapters_and_card(tmp_path):
    page, card = written(tmp_path, _run(_of_labels(), labels=LABELS, task="MultiLabelClassifier"))
    for chapter in ("training", "measures", "labels", "slices", "mistakes", "making"):
        assert f'id="{chapter}"' in page
    for chapter in ("classes", "confusion", "probabilities", "predictions", "errors"):
        assert f'id="{chapter}"' not in page
    assert "micro F1 on 60 test texts" in page
    assert "Subset accuracy" in page
    assert "<b>" not in page.partition("</style>")[2].replace("<b><bdi", "")
    assert {path.stem for path in (tmp_path / "report").glob("*.svg")} == {"training_1", "threshold_curves", "roc"}
    assert "from keras_bigmodel import MultiLabelClassifier" in card
    assert "model.answers([" in card
    assert "`predicted`" in card
    assert "| Label | F1 |" in card
    assert "has no test text" in card
    json.loads((tmp_path / "report/metrics.json").read_text(encoding="utf-8"))


def test_numbers_have_their_own_chapters_and_card(tmp_path):
    page, card = written(tmp_path, _run(_of_numbers(), columns=["text", "text_pair"], task="TextRegressor"))
    for chapter in ("training", "measures", "predictions", "slices", "errors", "making"):
        assert f'id="{chapter}"' in page
    assert "rank correlation (Spearman)" in page
    assert "Always answering the mean" in page
    assert {path.stem for path in (tmp_path / "report").glob("*.svg")} == {"training_1", "predictions", "residuals"}
    assert "from keras_bigmodel import TextRegressor" in card
    assert "which answers with `score`" in card
    assert "Giving pairs of texts" in card


def test_spans_have_their_own_chapters_and_card(tmp_path):
    run = _run(_of_spans(), labels=LABELS, task="TokenClassifier", max_length=128, truncates=False)
    tables = {"train": {"path": "a.conll", "rows": 60, "classes": {"joy": 70}, "label_kind": "spans"}}
    page, card = written(tmp_path, run | {"data": {"tables": tables}})
    for chapter in ("training", "measures", "spans", "confusion", "slices", "span_mistakes", "making"):
        assert f'id="{chapter}"' in page
    for chapter in ("classes", "labels", "probabilities", "predictions", "errors", "mistakes"):
        assert f'id="{chapter}"' not in page
    assert "span F1 on 60 test texts with 120 spans" in page
    assert "Spans of each label, train" in page
    assert "wrong label and border" in page
    assert "no span" in page
    assert "<mark>" in page
    assert "(empty)" not in page
    assert "<i>" not in page.partition("</style>")[2]
    assert "from keras_bigmodel import TokenClassifier" in card
    assert "model.tag([" in card
    assert "pipeline_tag: token-classification" in card
    assert "windows of 128 tokens that overlap" in card
    assert "| Spans |" in card
    assert "label has no test span" in card
    figures = json.loads((tmp_path / "report/metrics.json").read_text(encoding="utf-8"))
    assert figures["measured"]["test"]["metrics"]["matrix_labels"][-1] == "no span"


@pytest.mark.parametrize(
    "measured",
    [_of_labels(1), _of_numbers(1), _of_numbers(9, spread=0.0), _of_spans(1)],
    ids=["one text", "one number", "all equal", "one text with spans"],
)
def test_what_cannot_be_computed_is_a_dash_and_no_error(tmp_path, measured):
    page, card = written(tmp_path, _run(measured))
    assert "None" not in card
    assert "nan" not in page.partition("</style>")[2].lower().replace("finance", "")


def test_thresholds_chosen_on_the_rows_that_are_measured_are_warned_of(tmp_path):
    page, _ = written(tmp_path, _run(_of_labels(), part="validation"))
    assert "were chosen on the rows they are measured on" in page
    page, _ = written(tmp_path / "again", _run(_of_labels()))
    assert "were chosen on" not in page


def test_the_data_of_other_kinds_have_a_table_and_a_plot(tmp_path):
    numbers = {"path": "a.csv", "rows": 60, "numbers": number_summary(np.linspace(-2, 3, 60))}
    run = _run(_of_numbers()) | {"data": {"tables": {"train": numbers}}}
    page, _ = written(tmp_path / "numbers", run)
    assert "Numbers of the train rows" in page
    assert "half are 0.5 or less" in (tmp_path / "numbers/report/target_numbers.svg").read_text(encoding="utf-8")
    sets = {
        "path": "a.csv",
        "rows": 4,
        "classes": {"joy": 3},
        "labels_a_row": labels_a_row([(), ("joy",), ("joy",) * 3]),
    }
    page, _ = written(tmp_path / "sets", _run(_of_labels()) | {"data": {"tables": {"train": sets, "test": sets}}})
    assert "Labels a row" in page
    assert "Rows of each label, train" in page
    assert "75.0\u00a0%" in page  # of the rows, not of all labels
    assert "1 label has no test text" in page
    assert "1 label has fewer than 10 rows" in page
    assert "class has" not in page
    assert ">33.3\u00a0%<" in page
