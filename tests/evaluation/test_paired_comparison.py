"""Two models on the same texts: counts by hand, tests by scipy, intervals by simulation."""

import json

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.evaluation import classification_metrics, paired_comparison
from keras_bigmodel.evaluation.intervals import row_resamples
from keras_bigmodel.evaluation.paired_comparison import mcnemar
from tests.evaluation.simulated import drawn, names, one_hot


def answering(targets, shares, random):
    """Answers of two models: each right with its own share, and both on the same texts alike in half of them."""
    luck = random.random((2, len(targets)))
    luck[1] = np.where(random.random(len(targets)) < 0.5, luck[0], luck[1])
    return [np.where(of < share, targets, (targets + 1) % 3) for of, share in zip(luck, shares, strict=True)]


# ---- what changed


def test_changes_are_counted_and_named():
    targets = [0, 0, 1, 1, 2, 2, 0]
    first = one_hot([0, 1, 1, 0, 2, 0, 1], 3)
    second = one_hot([0, 0, 2, 1, 2, 1, 1], 3, sure=0.9)
    found = paired_comparison(targets, first, second, names(3))
    assert (found["fixed"], found["broken"], found["both_wrong"]) == (2, 1, 1)
    assert found["changed_rows"] == [1, 2, 3, 5]  # the last text is wrong in one way: nothing changed
    assert found["mcnemar"] == {"fixed": 2, "broken": 1, "p_value": 1.0, "method": "exact"}


def test_the_figures_are_those_of_each_model_alone():
    targets, first = drawn(200, 4, seed=1)
    second = drawn(200, 4, seed=1, sureness=3.0)[1]
    found = paired_comparison(targets, first, second, names(4))
    for name, probabilities in (("first", first), ("second", second)):
        alone = classification_metrics(targets, probabilities, names(4), resamples=0)
        assert found[name] == {figure: alone[figure] for figure in ("accuracy", "macro_f1", "log_loss")}
    for figure, difference in found["difference"].items():
        assert difference == pytest.approx(found["second"][figure] - found["first"][figure])


def test_the_order_of_the_models_turns_the_signs():
    targets, first = drawn(100, 3, seed=1)
    second = drawn(100, 3, seed=1, sureness=2.5)[1]
    there, back = (paired_comparison(targets, *of, names(3)) for of in ((first, second), (second, first)))
    assert (there["fixed"], there["broken"]) == (back["broken"], back["fixed"])
    assert there["mcnemar"]["p_value"] == back["mcnemar"]["p_value"]
    for figure, (low, high) in there["intervals"].items():
        assert back["intervals"][figure] == pytest.approx([-high, -low])


def test_a_model_compared_with_itself():
    targets, probabilities = drawn(50, 3)
    found = paired_comparison(targets, probabilities, probabilities, names(3))
    assert found["difference"] == {"accuracy": 0.0, "macro_f1": 0.0, "log_loss": 0.0}
    assert all(interval == [0.0, 0.0] for interval in found["intervals"].values())
    assert found["changed_rows"] == []
    assert found["mcnemar"]["p_value"] == 1.0


# ---- McNemar


@pytest.mark.parametrize(("fixed", "broken"), [(0, 0), (1, 0), (31, 12), (12, 31), (5, 5), (60, 30), (400, 600)])
def test_few_changes_are_tested_exactly(fixed, broken):
    found = mcnemar(fixed, broken)
    # Twice the tail of a fair coin, by hand.
    tail = sum(stats.binom.pmf(number, fixed + broken, 0.5) for number in range(min(fixed, broken) + 1))
    assert found["p_value"] == pytest.approx(min(1.0, 2 * tail))
    assert (found["method"], found["fixed"], found["broken"]) == ("exact", fixed, broken)


@pytest.mark.parametrize(("fixed", "broken"), [(550, 451), (501, 500), (2000, 2000), (3000, 2800)])
def test_many_changes_are_tested_by_chi_squared_which_agrees_with_the_exact_test(fixed, broken):
    found = mcnemar(fixed, broken)
    assert found["method"] == "chi-squared"
    statistic = max(abs(fixed - broken) - 1, 0) ** 2 / (fixed + broken)
    assert found["p_value"] == pytest.approx(stats.chi2.sf(statistic, df=1))
    assert found["p_value"] == pytest.approx(stats.binomtest(fixed, fixed + broken).pvalue, rel=0.02)


def test_models_that_are_equally_good_are_seldom_told_apart():
    random, told = np.random.default_rng(0), 0
    for _ in range(400):
        targets = random.integers(3, size=200)
        first, second = (one_hot(answers, 3) for answers in answering(targets, (0.8, 0.8), random))
        told += paired_comparison(targets, first, second, names(3), resamples=0)["mcnemar"]["p_value"] < 0.05
    assert told / 400 < 0.07  # at most 0.05, and two deviations of the draw


# ---- the interval of the difference


def test_the_interval_holds_the_true_difference_as_often_as_it_says():
    random, held = np.random.default_rng(1), 0
    for seed in range(300):
        targets = random.integers(3, size=200)
        first, second = (one_hot(answers, 3) for answers in answering(targets, (0.75, 0.85), random))
        found = paired_comparison(targets, first, second, names(3), resamples=300, seed=seed)
        low, high = found["intervals"]["accuracy"]
        held += low <= 0.10 <= high
    assert 0.91 <= held / 300 <= 0.985


def test_pairing_tells_more_than_two_intervals():
    targets, first = drawn(400, 3, seed=4)
    noise = np.random.default_rng(0).random((400, 3)) * 0.02
    second = 0.9 * first + 0.1 * one_hot(targets, 3) + noise
    second /= second.sum(axis=1, keepdims=True)
    found = paired_comparison(targets, first, second, names(3))
    low, high = found["intervals"]["accuracy"]
    alone = classification_metrics(targets, first, names(3))["intervals"]["accuracy"]
    assert low <= found["difference"]["accuracy"] <= high
    assert high - low < 0.7 * (alone[1] - alone[0])


def test_the_interval_is_scipys_paired_bootstrap():
    random = np.random.default_rng(2)
    targets = random.integers(3, size=150)
    first, second = answering(targets, (0.7, 0.8), random)
    difference = (second == targets).astype(float) - (first == targets)
    wanted = stats.bootstrap((difference,), np.mean, n_resamples=20_000, method="percentile", rng=1)
    found = paired_comparison(targets, one_hot(first, 3), one_hot(second, 3), names(3), resamples=20_000)
    assert found["intervals"]["accuracy"] == pytest.approx(list(wanted.confidence_interval), abs=1.01 / 150)


def test_the_interval_of_f1_is_that_of_scikit_learn_on_the_same_resamples():
    targets, first = drawn(60, 3, seed=6)
    second = drawn(60, 3, seed=6, sureness=2.5)[1]
    (rows,) = row_resamples(60, 100, seed=5)
    scores = [
        [metrics.f1_score(targets[row], of[row].argmax(axis=1), average="macro") for row in rows]
        for of in (first, second)
    ]
    found = paired_comparison(targets, first, second, names(3), resamples=100, seed=5)
    assert found["intervals"]["macro_f1"] == pytest.approx(np.quantile(np.subtract(*scores[::-1]), [0.025, 0.975]))


# ---- what comes in and goes out


def test_it_can_be_written_as_json_and_comes_out_the_same_again():
    targets, first = drawn(40, 3)
    second = drawn(40, 3, sureness=2.0)[1]
    found = paired_comparison(targets, first, second, names(3))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert paired_comparison(targets, first, second, names(3)) == found
    assert paired_comparison(targets, first, second, names(3), seed=1)["intervals"] != found["intervals"]
    assert paired_comparison(targets, first, second, names(3), resamples=0)["intervals"] == {}


def test_answers_to_other_texts_are_refused():
    with pytest.raises(UserError, match="came for 2 texts"):
        paired_comparison([0, 1], one_hot([0, 1], 2), one_hot([0, 1, 1], 2), ["no", "yes"])
