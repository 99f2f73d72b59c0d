"""What a report draws: curves, reliability, slices, mistakes."""

import json

import numpy as np
import pytest
from scipy import stats

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.evaluation import answer_details, classification_metrics, length_slices
from tests.evaluation.simulated import drawn, names, one_hot


def texts_of(targets):
    return [f"text {number}" for number in range(len(targets))]


# ---- curves and bins


def test_a_curve_for_each_class_that_has_one():
    targets, probabilities = drawn(3000, 4, present=[0, 2])
    found = answer_details(targets, probabilities, names(4), texts_of(targets))
    assert list(found["roc"]) == ["class 0", "class 2"]
    for curve in found["roc"].values():
        assert len(curve["false_positive_rate"]) == len(curve["true_positive_rate"]) <= 200
    assert answer_details([0, 0], one_hot([0, 1], 2), ["no", "yes"], ["a", "b"])["roc"] == {}


def test_the_bins_hold_all_texts_and_make_the_calibration_error():
    targets, probabilities = drawn(500, 3)
    found = answer_details(targets, probabilities, names(3), texts_of(targets))["reliability"]
    assert found["edges"] == pytest.approx([number / 15 for number in range(16)])
    assert sum(found["rows"]) == 500
    filled = [number for number in range(15) if found["rows"][number]]
    assert [number for number in range(15) if found["confidence"][number] is not None] == filled
    for number in filled:
        assert found["edges"][number] <= found["confidence"][number] <= found["edges"][number + 1]
    error = sum(
        found["rows"][number] * abs(found["confidence"][number] - found["accuracy"][number]) for number in filled
    )
    measured = classification_metrics(targets, probabilities, names(3), resamples=0)
    assert error / 500 == pytest.approx(measured["expected_calibration_error"])


# ---- slices


def test_slices_are_measured_in_an_order_that_people_expect():
    lengths = [3, 100, 12, 30, 5, 65]
    slices = {"length in tokens": length_slices(lengths, 64), "source": ["web", "app", "10", "9", "web", "app"]}
    found = answer_details([0] * 6, one_hot([0, 1, 0, 0, 1, 0], 2), ["no", "yes"], list("abcdef"), slices=slices)
    rows = [(row["by"], row["slice"], row["texts"], row["accuracy"]) for row in found["slices"]]
    assert rows == [
        ("length in tokens", "1–8", 2, 0.5),
        ("length in tokens", "9–16", 1, 1.0),
        ("length in tokens", "17–32", 1, 1.0),
        ("length in tokens", "truncated", 2, 0.5),
        ("source", "9", 1, 1.0),
        ("source", "10", 1, 1.0),
        ("source", "app", 2, 0.5),
        ("source", "web", 2, 0.5),
    ]


def test_a_slice_of_one_right_text_is_not_surely_right():
    found = answer_details([0], [[0.9, 0.1]], ["no", "yes"], ["a"], slices={"by": ["one"]})["slices"][0]
    assert found["accuracy"] == 1.0
    assert found["interval"] == pytest.approx(list(stats.binomtest(1, 1).proportion_ci(method="wilson")))


def test_no_slices_are_no_rows():
    assert answer_details([0], [[0.9, 0.1]], ["no", "yes"], ["a"])["slices"] == []


# ---- mistakes


def test_the_surest_mistakes_come_first():
    probabilities = [[0.6, 0.4], [0.9, 0.1], [0.1, 0.9], [0.7, 0.3]]
    found = answer_details([1, 1, 1, 1], probabilities, ["差评", "好评"], ["甲", "乙", "丙", "丁"])["mistakes"]
    assert [mistake["text"] for mistake in found] == ["乙", "丁", "甲"]
    wanted = {"text": "乙", "label": "好评", "answer": "差评", "probability": 0.9, "probability_of_label": 0.1}
    assert found[0] == pytest.approx(wanted)


def test_at_most_fifty_mistakes_are_kept_and_long_texts_are_cut():
    texts = ["字" * 500, "x" * 501] + ["short"] * 70
    found = answer_details([0] * 72, one_hot([1] * 72, 2), ["no", "yes"], texts)["mistakes"]
    assert len(found) == 50
    assert found[0]["text"] == "字" * 500
    assert found[1]["text"] == "x" * 499 + "…"


def test_mistakes_of_pairs_have_both_texts():
    found = answer_details([0], [[0.2, 0.8]], ["no", "yes"], {"text": ["first"], "text_pair": ["y" * 600]})["mistakes"]
    assert found[0]["text"] == "first"
    assert len(found[0]["text_pair"]) == 500
    assert list(found[0])[:2] == ["text", "text_pair"]


# ---- what comes in and goes out


def test_the_details_can_be_written_as_json():
    targets, probabilities = drawn(60, 3)
    slices = {"length": length_slices(np.arange(60), 50)}
    found = answer_details(targets, probabilities, names(3), texts_of(targets), slices=slices)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"texts": ["a"]}, "1 texts came for 2 labels"),
        ({"texts": {"text": ["a", "b"], "text_pair": ["a", "b", "c"]}}, "3 text_pairs came"),
        ({"slices": {"source": ["web"]}}, "1 source came"),
    ],
)
def test_columns_that_are_not_as_long_as_the_texts_are_refused(how, words):
    given = {"texts": ["a", "b"], **how}
    with pytest.raises(UserError, match=words):
        answer_details([0, 1], one_hot([0, 1], 2), ["no", "yes"], given.pop("texts"), **given)


@pytest.mark.parametrize("max_length", [5, 20, 64, 128, 512])
def test_every_length_is_in_the_slice_that_its_name_says(max_length):
    for length, name in zip(range(1, 600), length_slices(range(1, 600), max_length), strict=True):
        if name == "truncated":
            assert length > max_length
        else:
            first, last = map(int, name.split("–"))
            assert first <= length <= last <= max_length
