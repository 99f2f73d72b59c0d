"""Our figures against scikit-learn's."""

import json
import warnings

import numpy as np
import pytest
from sklearn import metrics

from keras_bigmodel.evaluation import classification_metrics


def drawn(texts, classes, seed=0, present=None):
    """Targets, of which only `present` occur, and probabilities that lean towards them."""
    random = np.random.default_rng(seed)
    targets = random.choice(classes if present is None else present, texts)
    scores = random.standard_normal((texts, classes)) + 1.5 * np.eye(classes)[targets]
    powers = np.exp(scores)
    return targets, powers / powers.sum(axis=1, keepdims=True)


def names(classes):
    return [f"class {number}" for number in range(classes)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("texts", "classes", "seed"), [(200, 5, 0), (50, 2, 1), (400, 30, 2), (5, 3, 3)])
def test_every_figure_is_scikit_learns(texts, classes, seed, dtype):
    targets, probabilities = drawn(texts, classes, seed)
    probabilities = probabilities.astype(dtype)
    answers = probabilities.argmax(axis=1)
    found = classification_metrics(targets, probabilities, names(classes))
    present = sorted(set(targets.tolist()))
    assert found["texts"] == texts
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(targets, answers))
    kwargs = {"labels": present, "zero_division": 0.0}
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(targets, answers, average="macro", **kwargs))
    assert found["weighted_f1"] == pytest.approx(metrics.f1_score(targets, answers, average="weighted", **kwargs))
    exact = probabilities.astype("float64")
    exact /= exact.sum(axis=1, keepdims=True)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(targets, exact, labels=range(classes)), rel=1e-9)
    report = metrics.classification_report(
        targets, answers, labels=range(classes), target_names=names(classes), output_dict=True, zero_division=0.0
    )
    assert list(found["per_class"]) == names(classes)
    for name, figures in found["per_class"].items():
        wanted = report[name]
        assert figures["texts"] == wanted["support"]
        for ours, theirs in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert figures[ours] == pytest.approx(wanted[theirs])


def test_a_class_without_texts_has_no_recall_and_does_not_pull_the_mean_down():
    targets, probabilities = drawn(100, 4, present=[0, 2])
    found = classification_metrics(targets, probabilities, names(4))
    absent = found["per_class"]["class 1"]
    assert (absent["recall"], absent["f1"], absent["texts"]) == (0.0, 0.0, 0)
    present = [found["per_class"][f"class {number}"]["f1"] for number in (0, 2)]
    assert found["macro_f1"] == pytest.approx(np.mean(present))


def test_a_table_of_a_single_class_is_measured():
    targets, probabilities = drawn(30, 3, present=[1])
    found = classification_metrics(targets, probabilities, names(3))
    assert found["accuracy"] == pytest.approx((probabilities.argmax(axis=1) == 1).mean())
    assert found["macro_f1"] == pytest.approx(found["per_class"]["class 1"]["f1"])
    assert found["log_loss"] == pytest.approx(-np.log(probabilities[:, 1]).mean())


def test_a_class_that_is_never_answered_has_no_precision_and_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = classification_metrics([0, 1, 2], [[0.8, 0.1, 0.1]] * 3, names(3))
    assert found["per_class"]["class 1"]["precision"] == 0.0
    assert found["per_class"]["class 0"]["precision"] == pytest.approx(1 / 3)


def test_a_sure_and_wrong_answer_has_a_finite_loss():
    found = classification_metrics([0, 1], [[0.0, 1.0], [0.0, 1.0]], names(2))
    assert np.isfinite(found["log_loss"])
    assert found["log_loss"] > 5


def test_perfect_answers():
    found = classification_metrics([0, 1, 2], np.eye(3), names(3))
    assert (found["accuracy"], found["macro_f1"], found["weighted_f1"]) == (1.0, 1.0, 1.0)
    assert found["log_loss"] == pytest.approx(0.0, abs=1e-9)


def test_the_figures_can_be_written_as_json():
    found = classification_metrics(*drawn(20, 3), names(3))
    assert json.loads(json.dumps(found)) == found
