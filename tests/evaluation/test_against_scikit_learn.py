"""Measures of several labels and of numbers are those of scikit-learn and SciPy, on 200 random sets each."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from keras_bigmodel import UserError
from keras_bigmodel.evaluation import (
    label_set_details,
    label_set_metrics,
    label_thresholds,
    paired_label_sets,
    paired_numbers,
    regression_details,
    regression_metrics,
)

SETS = 200


def _close(found, wanted):
    assert found == pytest.approx(wanted, abs=1e-9)


def test_measures_of_several_labels_are_scikit_learns():
    random = np.random.default_rng(0)
    for _ in range(SETS):
        texts, labels = random.integers(1, 60), random.integers(2, 7)
        targets = (random.random((texts, labels)) < random.random()).astype(int)
        shares = np.round(random.random((texts, labels)), random.integers(1, 8))  # few digits make ties
        borders = random.random(labels)
        names = [str(label) for label in range(labels)]
        found = label_set_metrics(targets, shares, names, borders, resamples=0)
        answers = (shares.astype("float32") >= borders.astype("float32")).astype(int)
        seen = [label for label in range(labels) if targets[:, label].any()]
        for name, function in (
            ("precision", sk.precision_score),
            ("recall", sk.recall_score),
            ("f1", sk.f1_score),
        ):
            for mean in ("micro", "weighted"):
                _close(found[f"{mean}_{name}"], function(targets, answers, average=mean, zero_division=0))
            if seen:
                wanted = function(targets, answers, average="macro", zero_division=0, labels=seen)
                _close(found[f"macro_{name}"], wanted)
            each = function(targets, answers, average=None, zero_division=0)
            _close([found["per_class"][label][name] for label in names], each.tolist())
        _close(found["subset_accuracy"], sk.accuracy_score(targets, answers))
        _close(found["hamming_loss"], sk.hamming_loss(targets, answers))
        losses = [sk.log_loss(targets[:, label], shares[:, label], labels=[0, 1]) for label in range(labels)]
        _close(found["log_loss"], np.mean(losses))
        for label in range(labels):
            row = found["per_class"][names[label]]
            if 0 < targets[:, label].sum() < texts:
                _close(row["roc_auc"], sk.roc_auc_score(targets[:, label], shares[:, label]))
            else:
                assert row["roc_auc"] is None
            if targets[:, label].any():
                _close(row["average_precision"], sk.average_precision_score(targets[:, label], shares[:, label]))


def test_measures_of_numbers_are_scipys():
    random = np.random.default_rng(1)
    for _ in range(SETS):
        texts = random.integers(1, 60)
        targets, found = (np.round(random.normal(size=texts), random.integers(0, 4)) for _ in range(2))
        measured = regression_metrics(targets, found, resamples=0)
        _close(measured["mean_squared_error"], sk.mean_squared_error(targets, found))
        _close(measured["rmse"], sk.root_mean_squared_error(targets, found))
        _close(measured["mean_absolute_error"], sk.mean_absolute_error(targets, found))
        if texts > 1 and np.ptp(targets) and np.ptp(found):
            _close(measured["pearson"], stats.pearsonr(targets, found)[0])
            _close(measured["spearman"], stats.spearmanr(targets, found)[0])
            _close(measured["r2"], sk.r2_score(targets, found))
        else:
            assert measured["pearson"] is None
            assert measured["spearman"] is None


def test_a_weighted_row_counts_as_often_as_it_is_drawn():
    """The intervals are those of resamples that are measured one by one."""
    random = np.random.default_rng(2)
    targets, shares = random.random((40, 3)) < 0.4, random.random((40, 3))
    numbers, found = random.normal(size=40), np.round(random.normal(size=40), 1)
    labels = ["a", "b", "c"]
    intervals = label_set_metrics(targets, shares, labels, resamples=50, seed=3)["intervals"]
    of_numbers = regression_metrics(numbers, found, resamples=50, seed=3)["intervals"]
    drawn = np.random.default_rng(3).integers(40, size=(50, 40))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one_by_one = [label_set_metrics(targets[rows], shares[rows], labels, resamples=0) for rows in drawn]
    numbers_one_by_one = [regression_metrics(numbers[rows], found[rows], resamples=0) for rows in drawn]
    for name in ("micro_f1", "macro_f1", "subset_accuracy", "average_precision", "roc_auc", "log_loss"):
        wanted = np.quantile([figures[name] for figures in one_by_one], [0.025, 0.975])
        assert intervals[name] == pytest.approx(wanted.tolist(), abs=1e-6), name
    for name in ("pearson", "spearman", "rmse", "r2"):
        wanted = np.quantile([figures[name] for figures in numbers_one_by_one], [0.025, 0.975])
        assert of_numbers[name] == pytest.approx(wanted.tolist(), abs=1e-6), name


def test_thresholds_have_the_highest_f1_of_all():
    random = np.random.default_rng(4)
    for _ in range(15):
        targets = random.random((60, 4)) < [0.5, 0.3, 0.2, 0.02]
        shares = np.round(np.clip(random.random((60, 4)) + 0.3 * targets, 0, 1), 2)
        found = label_thresholds(targets, shares)
        every = np.unique(np.append(shares.ravel(), [0.0, 1.0]))
        for label in range(4):
            if targets[:, label].sum() >= 5:
                best = max(sk.f1_score(targets[:, label], shares[:, label] >= border) for border in every)
                _close(sk.f1_score(targets[:, label], shares[:, label] >= found[label]), best)
    assert label_thresholds([[0, 0]] * 9, np.full((9, 2), 0.3)) == [0.5, 0.5]


def test_a_model_beside_itself_differs_in_nothing_and_a_better_one_is_better():
    random = np.random.default_rng(5)
    targets = random.random((300, 3)) < 0.4
    good = np.clip(targets * 0.6 + random.random((300, 3)) * 0.6, 0, 1)
    bad = random.random((300, 3))
    same = paired_label_sets(targets, good, good, ["a", "b", "c"], (0.5, 0.5), resamples=100)
    assert same["changed_rows"] == []
    assert set(same["difference"].values()) == {0.0}
    better = paired_label_sets(targets, bad, good, ["a", "b", "c"], (0.5, 0.5), resamples=100)
    assert better["intervals"]["micro_f1"][0] > 0
    assert better["mcnemar"]["p_value"] < 1e-6
    assert better["fixed"] - better["broken"] == round(300 * better["difference"]["subset_accuracy"])
    numbers = random.normal(size=300)
    near, far = numbers + 0.1 * random.normal(size=300), numbers + random.normal(size=300)
    compared = paired_numbers(numbers, far, near, resamples=100)
    assert compared["intervals"]["spearman"][0] > 0
    assert compared["closer"]["second"] > compared["closer"]["first"]
    assert compared["closer"]["p_value"] < 1e-6


def test_details_name_the_surest_mistakes_and_the_largest_errors():
    targets = np.array([[1, 0], [0, 1], [1, 1]])
    shares = np.array([[0.9, 0.95], [0.1, 0.8], [0.4, 0.9]])
    texts = ["first", "second", "third"]
    slices = {"length": ["1–8", "1–8", "9–16"]}
    details = label_set_details(targets, shares, ["sad", "angry"], [0.5, 0.5], texts, slices=slices)
    assert [(row["text"], row["label"], row["predicted"]) for row in details["mistakes"]] == [
        ("first", "angry", ["sad", "angry"]),
        ("third", "sad", ["angry"]),
    ]
    assert [row["accuracy"] for row in details["slices"]] == [0.5, 0.0]
    assert details["thresholds"]["sad"]["recall"][0] == 1.0
    found = regression_details([1.0, 2.0, 4.0], [1.0, 2.5, 1.0], texts, slices=slices)
    assert [(row["text"], row["target"], row["prediction"]) for row in found["mistakes"]] == [
        ("third", 4.0, 1.0),
        ("second", 2.0, 2.5),
    ]
    assert sum(found["residuals"]["counts"]) == 3
    assert found["slices"][1] == {
        "by": "length",
        "slice": "9–16",
        "texts": 1,
        "mean_absolute_error": 3.0,
        "interval": None,
    }


@pytest.mark.parametrize(
    ("targets", "shares", "words"),
    [
        ([[1, 0]], [[0.5, 1.5]], "got no probabilities"),
        ([[1, 2]], [[0.5, 0.5]], "other values than 0 and 1"),
        ([1, 0], [[0.5, 0.5]], "shape"),
        (np.zeros((0, 2)), np.zeros((0, 2)), "No texts came"),
        ([[1, 0]], [[0.5, 0.5, 0.5]], "shape"),
    ],
)
def test_what_is_no_set_of_labels_is_refused(targets, shares, words):
    with pytest.raises(UserError, match=words):
        label_set_metrics(targets, shares, ["a", "b"])


@pytest.mark.parametrize(
    ("targets", "found", "words"),
    [
        ([1.0], [np.nan], "no finite number"),
        ([np.inf], [1.0], "no finite number"),
        ([], [], "No texts"),
        ([1, 2], [1], "shapes"),
    ],
)
def test_what_are_no_numbers_is_refused(targets, found, words):
    with pytest.raises(UserError, match=words):
        regression_metrics(targets, found)


@given(
    st.lists(st.tuples(st.booleans(), st.floats(2**-20, 1, width=32)), min_size=1, max_size=30).filter(
        lambda rows: any(right for right, _ in rows)
    )
)
def test_a_threshold_crosses_no_probability(rows):
    """Probabilities next to each other, such as 1.0 and 0.9999999, stay apart in float32."""
    targets, shares = np.array([[right] for right, _ in rows]), np.array([[share] for _, share in rows], "float32")
    found = shares[:, 0] >= np.float32(label_thresholds(targets, shares)[0])
    f1 = lambda chosen: 2 * (chosen & targets[:, 0]).sum() / (chosen.sum() + targets.sum())
    assert f1(found) == pytest.approx(max(f1(shares[:, 0] >= border) for border in shares[:, 0]))
