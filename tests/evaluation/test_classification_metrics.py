"""Our figures against scikit-learn's; our intervals against scipy's, and against the truth."""

import json
import subprocess
import sys
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.evaluation import classification_metrics, intervals
from tests.evaluation.simulated import calibrated, drawn, names, one_hot

FIGURES = (
    "accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "weighted_precision",
    "weighted_recall",
    "weighted_f1",
    "log_loss",
    "expected_calibration_error",
    "roc_auc",
)


# ---- the figures


def assert_as_scikit_learn(found, targets, probabilities, classes):
    """Every figure but the calibration error, which scikit-learn does not have."""
    answers = probabilities.argmax(axis=1)
    present = sorted(set(targets.tolist()))
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(targets, answers))
    for mean in ("macro", "weighted"):
        wanted = metrics.precision_recall_fscore_support(
            targets, answers, labels=present, average=mean, zero_division=0.0
        )
        for name, value in zip(("precision", "recall", "f1"), wanted, strict=False):
            assert found[f"{mean}_{name}"] == pytest.approx(value)
    exact = probabilities.astype("float64")
    exact /= exact.sum(axis=1, keepdims=True)
    loss = metrics.log_loss(targets, exact, labels=range(classes))
    assert found["log_loss"] == pytest.approx(loss, rel=1e-9, abs=1e-12)
    confusion = metrics.confusion_matrix(targets, answers, labels=range(classes))
    assert found["confusion_matrix"] == confusion.tolist()
    wanted = metrics.precision_recall_fscore_support(targets, answers, labels=range(classes), zero_division=0.0)
    areas = [
        metrics.roc_auc_score(targets == number, probabilities[:, number])
        if number in present and present[1:]
        else None
        for number in range(classes)
    ]
    for number, row in enumerate(found["per_class"].values()):
        assert [row[name] for name in ("precision", "recall", "f1", "texts")] == pytest.approx(
            [column[number] for column in wanted]
        )
        assert row["roc_auc"] == (None if areas[number] is None else pytest.approx(areas[number]))
    defined = [area for area in areas if area is not None]
    assert found["roc_auc"] == (pytest.approx(np.mean(defined)) if defined else None)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("texts", "classes", "seed"), [(200, 5, 0), (50, 2, 1), (400, 30, 2), (5, 3, 3), (1, 2, 4)])
def test_every_figure_is_scikit_learns(texts, classes, seed, dtype):
    targets, probabilities = drawn(texts, classes, seed)
    probabilities = probabilities.astype(dtype)
    found = classification_metrics(targets, probabilities, names(classes), resamples=0)
    assert found["texts"] == texts
    assert found["labels"] == list(found["per_class"]) == names(classes)
    assert_as_scikit_learn(found, targets, probabilities, classes)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_ties_and_absent_classes_are_as_scikit_learns(data):
    classes, texts = data.draw(st.integers(2, 5)), data.draw(st.integers(1, 30))
    targets = data.draw(st.lists(st.integers(0, classes - 1), min_size=texts, max_size=texts))
    parts = data.draw(st.lists(st.integers(1, 4), min_size=texts * classes, max_size=texts * classes))
    probabilities = np.reshape(parts, (texts, classes)) / np.reshape(parts, (texts, classes)).sum(1, keepdims=True)
    found = classification_metrics(targets, probabilities, names(classes), resamples=7)
    assert_as_scikit_learn(found, np.array(targets), probabilities, classes)
    json.dumps(found, allow_nan=False)
    intervals = [found["intervals"], *(row["intervals"] for row in found["per_class"].values())]
    assert all(0 <= low <= high for of in intervals for low, high in filter(None, of.values()))


def test_a_class_without_texts_has_no_recall_and_does_not_pull_the_mean_down():
    targets, probabilities = drawn(100, 4, present=[0, 2])
    found = classification_metrics(targets, probabilities, names(4), resamples=50)
    absent = found["per_class"]["class 1"]
    assert (absent["recall"], absent["f1"], absent["texts"], absent["roc_auc"]) == (0.0, 0.0, 0, None)
    assert absent["intervals"]["recall"] == [0.0, 1.0]  # nothing is known of it
    assert absent["intervals"]["roc_auc"] is None
    present = [found["per_class"][f"class {number}"] for number in (0, 2)]
    for name in ("precision", "recall", "f1", "roc_auc"):
        mean = found["roc_auc" if name == "roc_auc" else f"macro_{name}"]
        assert mean == pytest.approx(np.mean([row[name] for row in present]))


def test_a_table_of_a_single_class_is_measured():
    targets, probabilities = drawn(30, 3, present=[1])
    found = classification_metrics(targets, probabilities, names(3))
    assert found["accuracy"] == pytest.approx((probabilities.argmax(axis=1) == 1).mean())
    assert found["macro_f1"] == pytest.approx(found["per_class"]["class 1"]["f1"])
    assert found["log_loss"] == pytest.approx(-np.log(probabilities[:, 1]).mean())
    assert found["roc_auc"] is None
    assert found["intervals"]["roc_auc"] is None


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


def test_the_confusion_matrix_has_a_row_for_each_true_label():
    found = classification_metrics([0, 0, 1], one_hot([0, 1, 1], 2), ["no", "yes"])
    assert found["confusion_matrix"] == [[1, 1], [0, 1]]


def test_the_calibration_error_is_the_distance_of_confidence_and_accuracy():
    # Ten answers given with 0.9, seven of them right; ten with 0.6, all right.
    probabilities = [[0.9, 0.1]] * 10 + [[0.6, 0.4]] * 10
    found = classification_metrics([0] * 7 + [1] * 3 + [0] * 10, probabilities, names(2))
    assert found["expected_calibration_error"] == pytest.approx((abs(0.9 - 0.7) + abs(0.6 - 1.0)) / 2)


# ---- the intervals


def test_every_figure_has_an_interval_around_it():
    found = classification_metrics(*drawn(300, 4), names(4))
    assert set(found["intervals"]) == set(FIGURES)
    for name, (low, high) in found["intervals"].items():
        assert low < found[name] < high, name
    for row in found["per_class"].values():
        for name, (low, high) in row["intervals"].items():
            assert low < row[name] < high, name
    assert found["bootstrap"] == {"resamples": 1000, "seed": 0, "level": 0.95}


def test_without_resamples_there_are_no_intervals():
    found = classification_metrics(*drawn(20, 3), names(3), resamples=0)
    assert found["intervals"] == {}
    assert all(row["intervals"] == {} for row in found["per_class"].values())


def test_the_interval_of_accuracy_is_scipys():
    targets, probabilities = drawn(250, 4, sureness=1.0)
    right = probabilities.argmax(axis=1) == targets
    wanted = stats.bootstrap((right,), np.mean, n_resamples=20_000, method="percentile", rng=1).confidence_interval
    found = classification_metrics(targets, probabilities, names(4), resamples=20_000)["intervals"]["accuracy"]
    assert found == pytest.approx(list(wanted), abs=1.01 / 250)  # one text: no values lie between


def test_the_intervals_of_f1_and_area_are_those_of_scikit_learn_on_the_same_resamples():
    targets, probabilities = drawn(60, 3, seed=5)
    probabilities = probabilities.round(1) + 0.01  # ties
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    answers = probabilities.argmax(axis=1)
    (rows,) = intervals.row_resamples(60, 200, seed=9)
    f1 = [metrics.f1_score(targets[row], answers[row], average="macro") for row in rows]
    areas = [metrics.roc_auc_score(np.eye(3)[targets[row]], probabilities[row], average=None) for row in rows]
    found = classification_metrics(targets, probabilities, names(3), resamples=200, seed=9)
    assert found["intervals"]["macro_f1"] == pytest.approx(np.quantile(f1, [0.025, 0.975]))
    assert found["intervals"]["roc_auc"] == pytest.approx(np.quantile(np.mean(areas, 1), [0.025, 0.975]))
    for number, row in enumerate(found["per_class"].values()):
        wanted = np.quantile(np.array(areas)[:, number], [0.025, 0.975])
        assert row["intervals"]["roc_auc"] == pytest.approx(wanted)


@pytest.mark.full  # many draws
def test_the_intervals_hold_the_truth_as_often_as_they_say():
    classes, truth = 3, classification_metrics(*drawn(400_000, 3, seed=99), names(3), resamples=0)
    held = dict.fromkeys(("accuracy", "macro_f1", "weighted_precision", "log_loss", "roc_auc"), 0)
    for seed in range(300):
        found = classification_metrics(*drawn(150, classes, seed), names(classes), resamples=300, seed=seed)
        for name in held:
            low, high = found["intervals"][name]
            held[name] += low <= truth[name] <= high
    # 0.95 × 300 = 285; a share of 0.90 lies three deviations of the draw below what percentiles reach with 150 texts.
    assert all(0.90 <= count / 300 <= 0.99 for count in held.values()), held


@pytest.mark.parametrize("sharpness", [1.0, 2.0])
def test_the_calibration_error_of_a_calibrated_model_may_be_nothing(sharpness):
    how = {"classes": 4, "sharpness": sharpness}
    truth = classification_metrics(*calibrated(400_000, seed=99, **how), names(4), resamples=0)
    truth = 0.0 if sharpness == 1 else truth["expected_calibration_error"]
    held = 0
    for seed in range(150):
        found = classification_metrics(*calibrated(300, seed=seed, **how), names(4), resamples=200)
        low, high = found["intervals"]["expected_calibration_error"]
        assert low <= found["expected_calibration_error"] <= high
        held += low <= truth <= high
    assert held / 150 > 0.9


def test_answers_without_a_mistake_do_not_make_the_model_perfect():
    found = classification_metrics([0, 1, 2] * 4, np.eye(3)[[0, 1, 2] * 4], names(3))
    assert (found["accuracy"], found["macro_f1"], found["weighted_f1"], found["roc_auc"]) == (1.0, 1.0, 1.0, 1.0)
    assert found["log_loss"] == pytest.approx(0.0, abs=1e-9)
    wanted = list(stats.binomtest(12, 12).proportion_ci(method="wilson"))
    for name in ("accuracy", "macro_f1", "weighted_precision"):
        assert found["intervals"][name] == pytest.approx(wanted)
    wanted = list(stats.binomtest(4, 4).proportion_ci(method="wilson"))
    row = found["per_class"]["class 1"]["intervals"]
    assert row["precision"] == row["recall"] == pytest.approx(wanted)
    assert row["f1"][1] == 1.0
    assert row["recall"][0] < row["f1"][0] < 1.0


def test_texts_that_are_all_in_order_do_not_make_the_area_sure():
    found = classification_metrics([0, 1, 2, 2] * 4, one_hot([0, 1, 2, 2] * 4, 3), names(3))
    wanted = {texts: list(stats.binomtest(texts, texts).proportion_ci(method="wilson")) for texts in (4, 6, 8)}
    areas = [row["intervals"]["roc_auc"] for row in found["per_class"].values()]
    assert areas == [pytest.approx(wanted[4]), pytest.approx(wanted[4]), pytest.approx(wanted[8])]
    assert found["intervals"]["roc_auc"] == pytest.approx(wanted[6])  # 3 classes · 4 texts of the smallest / 2


def test_two_classes_have_one_area_and_one_interval_of_it():
    targets = np.array([0] * 5 + [1] * 30)
    for answers in (targets, 1 - targets, np.zeros(35, int)):  # all in order, all in the wrong order, all alike
        found = classification_metrics(targets, one_hot(answers, 2), names(2))
        share = found["roc_auc"]
        low, high = found["intervals"]["roc_auc"]
        assert low <= share <= high
        assert high - low > 0.3  # five texts tell no more
        for row in found["per_class"].values():
            assert row["intervals"]["roc_auc"] == pytest.approx([low, high])


def test_a_class_of_one_text_has_an_area_that_is_hardly_known():
    scores = np.linspace(0.1, 0.9, 30)
    targets = np.zeros(30, int)
    targets[27] = 1
    found = classification_metrics(targets, np.stack([1 - scores, scores], axis=1), names(2), resamples=100)
    area = found["roc_auc"]
    for low, high in (found["intervals"]["roc_auc"], found["per_class"]["class 1"]["intervals"]["roc_auc"]):
        assert low < 0.3 < area < high


@pytest.mark.parametrize("texts", [20, 40])
def test_the_area_s_interval_holds_a_truth_near_one(texts):
    truth = 0.97
    distance = np.sqrt(2) * stats.norm.ppf(truth)
    targets, held = np.arange(texts) % 2, 0
    for seed in range(150):
        scores = stats.norm.cdf(np.random.default_rng(seed).standard_normal(texts) + distance * targets)
        found = classification_metrics(targets, np.stack([1 - scores, scores], axis=1), names(2), resamples=200)
        low, high = found["intervals"]["roc_auc"]
        held += low <= truth <= high
    assert held / 150 > 0.9  # bare percentiles reach 0.70 and 0.83: where all pairs are in order they are [1, 1]


def test_a_mean_of_areas_holds_the_truth_where_whole_texts_are_mistaken():
    classes, texts, wrong = 4, 40, 0.03
    targets, held, ones = np.arange(texts) % classes, 0, 0
    other = wrong / 3  # of the others' texts, those that are given a class; two of one answer are in order by chance
    truth = (1 - wrong) * (1 - other) + ((1 - wrong) * other + wrong * (1 - other)) / 2
    for seed in range(150):
        random = np.random.default_rng(seed)
        answers = np.where(random.random(texts) < wrong, (targets + random.integers(1, classes, texts)) % 4, targets)
        probabilities = one_hot(answers, classes, sure=0.99) * random.uniform(0.99, 1.0, (texts, 1))
        found = classification_metrics(targets, probabilities, names(classes), resamples=200)
        low, high = found["intervals"]["roc_auc"]
        held += low <= truth <= high
        ones += found["roc_auc"] == 1
    assert ones > 30  # of so many the percentiles are [1, 1]
    assert held / 150 > 0.9


def test_the_loss_of_a_single_text_has_no_interval():
    found = classification_metrics([0], [[0.9, 0.1]], names(2))
    assert found["log_loss"] == pytest.approx(-np.log(0.9))
    assert found["intervals"]["log_loss"] is None
    assert set(found["intervals"]) == set(FIGURES)


@pytest.mark.parametrize(
    ("right", "sure", "wanted"),
    [
        (0, 0.9, [0.9 - 0.1135, 0.9]),  # 30 wrong answers: the accuracy may be 0.1135
        (30, 0.9, [0.0, 0.1]),  # 30 right ones: it may be 0.9
        (30, 0.999, [0.0, 0.1125]),  # it may be 0.8865
    ],
)
def test_equal_answers_do_not_make_the_calibration_error_sure(right, sure, wanted):
    answers = [1 if right else 0] * 30
    found = classification_metrics([1] * 30, one_hot(answers, 2, sure=sure), names(2))
    assert found["intervals"]["expected_calibration_error"] == pytest.approx(wanted, abs=1e-4)


def test_a_model_that_is_always_wrong_may_be_right_sometimes():
    found = classification_metrics([0, 1] * 5, one_hot([1, 0] * 5, 2), names(2))
    wanted = list(stats.binomtest(0, 10).proportion_ci(method="wilson"))
    assert found["intervals"]["accuracy"] == pytest.approx(wanted)
    row = found["per_class"]["class 0"]["intervals"]  # five texts, five answers, none of them both
    assert row["recall"] == pytest.approx(list(stats.binomtest(0, 5).proportion_ci(method="wilson")))
    share = stats.binomtest(0, 10).proportion_ci(method="wilson").high
    assert row["f1"] == pytest.approx([0.0, 2 * share / (1 + share)])


def test_the_same_seed_gives_the_same_intervals_however_many_are_drawn_at_once(monkeypatch):
    data = (*drawn(80, 3), names(3))
    first = classification_metrics(*data, seed=3)
    assert classification_metrics(*data, seed=3) == first
    assert classification_metrics(*data, seed=4)["intervals"] != first["intervals"]
    monkeypatch.setattr(intervals, "_NUMBERS_AT_ONCE", 1000)
    again = classification_metrics(*data, seed=3)
    assert again["intervals"]["log_loss"] == pytest.approx(first["intervals"]["log_loss"])
    assert again["intervals"]["expected_calibration_error"] == pytest.approx(
        first["intervals"]["expected_calibration_error"]
    )


# ---- what comes in and goes out


def test_the_figures_can_be_written_as_json():
    found = classification_metrics(*drawn(20, 3), names(3))
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_targets_may_be_a_list_and_labels_chinese():
    found = classification_metrics([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], ["好评", "差评"])
    assert list(found["per_class"]) == ["好评", "差评"]
    assert found["per_class"]["差评"]["recall"] == 0.5


def test_many_classes_and_texts_need_little_memory():
    targets, probabilities = drawn(6000, 77, sureness=4.0)
    tracemalloc.start()
    classification_metrics(targets, probabilities, names(77), resamples=1000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 1000 resamples at once would be 48 MB for each column of them; the probabilities alone are 3.7 MB.
    assert most < 300e6


BAD = {
    "nothing": (([], np.zeros((0, 2))), "No texts came"),
    "other rows": (([0, 1], [[0.5, 0.5]]), r"\(1, 2\) came for 2 texts"),
    "other columns": (([0], [[0.2, 0.3, 0.5]]), r"\(1, 3\) came for 1 texts and 2 labels"),
    "no label of these": (([2], [[0.5, 0.5]]), "label number 2 came; wanted 0 to 1"),
    "a label below 0": (([-1], [[0.5, 0.5]]), "label number -1"),
    "one-hot targets": (([[0.0, 1.0]], [[0.5, 0.5]]), "one label number a text"),
    "a model that diverged": (([0, 1], [[0.5, 0.5], [np.nan, np.nan]]), "1 of 2 texts got no probabilities"),
    "logits": (([0], [[-2.0, 3.0]]), "no probabilities"),
    "nothing but zeros": (([0], [[0.0, 0.0]]), "no probabilities"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_measured_is_refused_with_a_sentence(name):
    (targets, probabilities), words = BAD[name]
    with pytest.raises(UserError, match=words):
        classification_metrics(targets, probabilities, ["no", "yes"])


def test_a_negative_number_of_resamples_is_refused():
    with pytest.raises(UserError, match="resamples=-1 came"):
        classification_metrics([0], [[1.0, 0.0]], ["no", "yes"], resamples=-1)


def test_measuring_loads_neither_scikit_learn_nor_scipy():
    script = (
        "import sys; from keras_bigmodel.evaluation import classification_metrics as measure; "
        "measure([0, 1], [[0.9, 0.1], [0.2, 0.8]], ['no', 'yes']); "
        "print(sorted({'sklearn', 'scipy', 'tensorflow', 'matplotlib', 'pandas', 'jinja2'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"
