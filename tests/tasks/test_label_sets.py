"""Targets of several labels in every form, thresholds, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from keras_bigmodel import MultiLabelClassifier, TextRegressor, UserError
from keras_bigmodel.tasks.label_names import LabelNames
from keras_bigmodel.tasks.label_sets import LabelSetEncoder
from keras_bigmodel.tasks.number_column import number_column

LABELS = ["bad", "fair", "good"]
ROWS = [["bad"], [], ["good", "bad"]]
HOT = [[1, 0, 0], [0, 0, 0], [1, 0, 1]]
FORMS = {
    "lists of names": ROWS,
    "tuples of names": [tuple(row) for row in ROWS],
    "sets of names": [set(row) for row in ROWS],
    "positions": [[0], [], [2, 0]],
    "zeros and ones in lists": HOT,
    "an array": np.array(HOT),
    "an array of floats": np.array(HOT, "float64"),
    "an array of bools": np.array(HOT, bool),
    "a data frame in another order": pd.DataFrame(HOT, columns=LABELS)[["good", "bad", "fair"]],
    "a column of lists": pd.Series(ROWS),
}


@pytest.mark.parametrize("form", FORMS)
def test_sets_of_labels_come_in_every_form(form):
    found = LabelSetEncoder(LabelNames(LABELS))(FORMS[form])
    assert found.dtype == "float32"
    assert found.tolist() == HOT


REFUSED = {
    "one label a text": (["bad", "good"], "One label a text came"),
    "an unknown label": ([["bad"], ["awful"]], "Row 1 has the label 'awful'"),
    "a text among lists": ([["bad"], "good"], "Row 1 has the labels 'good'"),
    "a share above 1": (np.array([[0, 0, 2.0]]), "Row 0 of the targets holds 2.0"),
    "another number of columns": (np.zeros((2, 5)), "shape"),
    "names and positions": ([["bad"], [2]], "two ways"),
    "a missing label": ([["bad", None]], "Row 0 has no label"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_set_of_labels_is_refused_with_its_row(name):
    targets, words = REFUSED[name]
    with pytest.raises(UserError) as caught:
        LabelSetEncoder(LabelNames(LABELS))(targets)
    assert words in str(caught.value), caught.value


def test_two_labels_as_zeros_and_ones_or_as_positions_must_be_told_apart():
    encode = LabelSetEncoder(LabelNames(["no", "yes"]))
    with pytest.raises(UserError, match="as zeros and ones, and as positions"):
        encode([[0, 1], [1, 0]])
    assert encode([[0, 1], [1, 1]]).tolist() == [[0, 1], [1, 1]]
    assert encode(np.array([[0, 1], [1, 0]])).tolist() == [[0, 1], [1, 0]]


def test_parts_of_a_column_are_read_in_one_way():
    encode = LabelSetEncoder(LabelNames(["1", "2"]))
    encode([[1], [2]])  # names
    with pytest.raises(UserError, match="two ways"):
        encode([[0]])


@pytest.fixture(scope="module")
def task(tiny_bert):
    return MultiLabelClassifier.from_encoder(tiny_bert, LABELS, max_length=32, dtype="float32")


def test_thresholds_decide_in_python_and_in_the_graph_alike(task):
    texts = ["where is my parcel", "thank you very much", "wait " * 40]
    shares = task.predict(texts)
    at = task.with_thresholds({"bad": float(shares[0, 0]), "good": 1.0})
    assert at.thresholds[1] == 0.5
    answers = at.answers(texts)
    served = at.postprocess(at(at.preprocess(texts), training=False))
    for row, answer in enumerate(answers):
        names = [label for label, has in zip(LABELS, served["predicted"][row].numpy(), strict=True) if has]
        assert sorted(answer.labels) == sorted(names)
    assert "bad" in answers[0].labels, "a probability that reaches its threshold counts"
    assert list(answers[0].probabilities) == sorted(LABELS, key=lambda label: -shares[0, LABELS.index(label)])
    assert len(task.answers(texts, top_k=1)[0].probabilities) == 1


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        ([0.5], "1 threshold came for 3 labels"),
        (1.5, "wanted a probability"),
        ({"odd": 0.5}, "not one of"),
        ("a", "threshold"),
    ],
)
def test_wrong_thresholds_are_refused(task, thresholds, words):
    with pytest.raises(UserError, match=words):
        task.with_thresholds(thresholds)


def test_one_label_alone_is_a_filter(tiny_bert):
    task = MultiLabelClassifier.from_encoder(tiny_bert, ["toxic"], max_length=32, dtype="float32")
    history = task.fit(["so bad", "so good"] * 4, [["toxic"], []] * 4, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert task.predict(["so bad"]).shape == (1, 1)


def test_a_regressor_starts_at_the_mean_and_knows_its_units(tiny_bert):
    targets = [1000.0, 3000.0, 2000.0, 4000.0] * 4
    task = TextRegressor.from_encoder(tiny_bert, targets, max_length=32, dtype="float32")
    assert (task.offset, task.scale) == (2500.0, pytest.approx(1118.03, abs=0.01))
    scores = task.predict(["so bad", "so good", "fine"])
    assert scores.shape == (3,)
    assert abs(scores - 2500).max() < 3 * 1118
    task.fit(["so bad", "so good", "fine", "well"] * 4, targets, epochs=2, verbose=0)
    assert task.history.history["loss"][0] < 5, "the loss is in units of the deviation"


def test_each_score_is_compared_with_its_own_target(tiny_bert):
    """Targets `(rows,)` beside scores `(rows, 1)` must not be compared as all pairs of rows."""
    texts = ["so bad", "so good", "fine", "where is my parcel"]
    task = TextRegressor.from_encoder(tiny_bert, [1.0, 2.0, 3.0, 4.0], max_length=32, dtype="float32")
    task.compile()
    scores = task.predict(texts)
    assert np.ptp(scores) > 0.01
    assert task.evaluate(texts, scores, verbose=0, return_dict=True)["loss"] == pytest.approx(0, abs=1e-6)
    far = task.evaluate(texts, scores + 2 * task.scale, verbose=0, return_dict=True)
    assert far["loss"] == pytest.approx(4, rel=1e-4)
    assert far["rmse"] == pytest.approx(2 * task.scale, rel=1e-4)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: TextRegressor.from_encoder(folder, [2.0, 2.0]), "nothing to learn"),
        (lambda folder: TextRegressor.from_encoder(folder, head_kind="cosine"), "compares two texts"),
        (lambda folder: TextRegressor.from_encoder(folder, head_kind="odd"), "known are linear, cosine"),
        (lambda folder: TextRegressor.from_encoder(folder, scale=0), "scale=0 came"),
        (lambda folder: TextRegressor.from_encoder(folder).encode_targets(["good"]), "Row 0 has the target 'good'"),
        (
            lambda folder: TextRegressor.from_encoder(folder).encode_targets([1, float("nan")]),
            "Row 1 has the target nan",
        ),
        (lambda folder: TextRegressor.from_encoder(folder).recipe_loss(0.1), "no labels to smooth"),
        (
            lambda folder: TextRegressor.from_encoder(folder).fit(["a"], [1.0], class_weight={"a": 1}),
            "class_weight came",
        ),
    ],
)
def test_what_a_regressor_cannot_be_is_refused(tiny_bert, make, words):
    with pytest.raises(UserError) as caught:
        make(tiny_bert)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        [1, 2.5],
        np.array([1, 2.5]),
        np.array([[1], [2.5]]),
        pd.Series([1, 2.5]),
        ["1", "2.5"],
        (1, 2.5),
        {"a": 1, "b": 2.5}.values(),
    ],
)
def test_numbers_come_in_every_form(values):
    assert number_column(values).tolist() == [1.0, 2.5]


def test_the_cosine_is_that_of_the_two_vectors(tiny_bert):
    task = TextRegressor.from_encoder(
        tiny_bert, scale=5.0, head_kind="cosine", pairs=True, max_length=32, dtype="float32"
    )
    first, second = ["where is my parcel", "thank you"], ["thank you very much", "wait " * 60]
    vectors = [task.embed(texts) for texts in (first, second)]
    cosines = np.sum(vectors[0] * vectors[1], -1) / np.prod([np.linalg.norm(part, axis=-1) for part in vectors], 0)
    np.testing.assert_allclose(task.predict((first, second)), 5 * cosines, atol=1e-5)
    np.testing.assert_allclose(task.predict((first, first)), 5.0, atol=1e-5)
    tokens, unknown = task.token_counts((first, second))
    alone = task.embedder().preprocessor.token_counts({"text": second})[0]
    assert tokens[1] == alone[1]
    assert unknown.shape == (2,)


def test_targets_that_no_cosine_reaches_are_refused(tiny_bert):
    pairs, targets = (["so bad", "so good", "fine"] * 2, ["bad", "good", "well"] * 2), [0.0, 2.5, 5.0] * 2
    task = TextRegressor.from_encoder(tiny_bert, head_kind="cosine", pairs=True, max_length=32, dtype="float32")
    with pytest.raises(UserError, match=r"gives scores from -1 to 1. Give the targets of training to .*targets="):
        task.fit(pairs, targets, verbose=0)
    made = TextRegressor.from_encoder(
        tiny_bert, targets, head_kind="cosine", pairs=True, max_length=32, dtype="float32"
    )
    assert np.isfinite(made.fit(pairs, targets, verbose=0).history["loss"]).all()
