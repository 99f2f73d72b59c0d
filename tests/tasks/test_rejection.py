"""A classifier that gives no label where it is not sure: the same in Keras, in graphs, in files, on the screen."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier
from keras_bigmodel.core.answers import Prediction, reader_of
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.data.bundled_texts import support_messages
from keras_bigmodel.edge import LiteClassifier
from keras_bigmodel.evaluation.rejection import kept_curve
from keras_bigmodel.evaluation.scored_texts import ScoredTexts
from keras_bigmodel.export import SameChoice
from keras_bigmodel.tables import read_text_table
from tests.task_contract import LABELS

TEXTS = support_messages("test")[0][:60]


@pytest.fixture(scope="module")
def plain(tiny_bert):
    return TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)


@pytest.fixture(scope="module")
def below(plain):
    """A threshold between the probabilities of these texts, so that about half are rejected."""
    highest = np.sort(plain.predict(TEXTS).max(axis=1))
    return float((highest[29] + highest[30]) / 2)


@pytest.fixture(scope="module")
def rejecting(plain, below):
    return plain.with_config(reject_below=below)


@pytest.fixture(scope="module")
def exported(rejecting, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rejecting") / "out"
    return folder, rejecting.export(folder)


def served(folder, texts):
    return tf.saved_model.load(folder).signatures["serving_default"](text=tf.constant(texts, tf.string, [len(texts)]))


def test_keras_and_the_graph_reject_the_same_texts(rejecting, exported):
    answers = rejecting.answers(TEXTS)
    outputs = served(exported[0], TEXTS)
    assert 20 <= sum(answer.rejected for answer in answers) <= 40
    assert outputs["rejected"].dtype == tf.bool
    assert outputs["rejected"].numpy().tolist() == [answer.rejected for answer in answers]
    assert [label.decode() for label in outputs["label"].numpy()] == [answer.label for answer in answers]
    assert all((answer.label == "") == answer.rejected for answer in answers)
    assert exported[1]["agrees"]


def test_the_names_stand_beside_the_probabilities(exported):
    outputs = served(exported[0], ["one", "two"])
    assert outputs["labels"].numpy().tolist() == [[label.encode() for label in LABELS]] * 2
    assert outputs["probabilities"].shape == (2, 3)


@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
@pytest.mark.parametrize("pairs", [False, True])
def test_no_rows_give_no_rows_with_every_pooling(tiny_bert, pooling, pairs):
    task = TextClassifier.from_encoder(
        tiny_bert, LABELS, dtype="float32", max_length=32, pooling=pooling, pairs=pairs
    ).with_config(reject_below=0.4)
    none = tf.constant([], tf.string)
    given = {"text": none, "text_pair": none} if pairs else {"text": none}
    outputs = {name: task.endpoints()[name].traced()(**given) for name in ("serving_default", "embed", "tokenize")}
    shapes = {name: value.shape.as_list() for name, value in outputs["serving_default"].items()}
    assert shapes == {"label": [0], "labels": [0, 3], "probabilities": [0, 3], "rejected": [0]}
    assert outputs["embed"]["embedding"].shape[0] == 0
    assert all(value.shape[0] == 0 for value in outputs["tokenize"].values())


def test_a_classifier_without_a_threshold_says_nothing_of_rejection(plain):
    assert "rejected" not in plain.endpoints()["serving_default"].traced().structured_outputs
    assert plain.answers(TEXTS[:1])[0].rejected is None
    assert "rejected" not in plain.answers(TEXTS[:1])[0].as_json()
    assert "reject_below" not in plain.get_config()


def test_the_threshold_is_kept_in_a_saved_task_and_in_the_description_of_its_answers(rejecting, below, tmp_path):
    rejecting.save(tmp_path / "saved")
    again = TextClassifier.load(tmp_path / "saved")
    assert again.reject_below == below
    described = {"kind": "prediction", "labels": LABELS, "reject_below": 0.5}
    read = reader_of(described)
    assert read(np.array([0.2, 0.45, 0.35], "float32")) == Prediction(
        "",
        pytest.approx(0.45),
        {"fair": pytest.approx(0.45), "good": pytest.approx(0.35), "bad": pytest.approx(0.2)},
        True,
    )
    assert read(np.array([0.2, 0.5, 0.3], "float32")).label == "fair"  # not below
    assert read.empty_json() == {"label": None, "rejected": None, "probability": None, "probabilities": None}


def test_a_file_for_phones_rejects_them_too(rejecting, tmp_path):
    rejecting.export(tmp_path / "lite", format="litert", quantize="none")
    answers = LiteClassifier(tmp_path / "lite" / "model.tflite").classify(TEXTS)
    assert [answer.rejected for answer in answers] == [answer.rejected for answer in rejecting.answers(TEXTS)]


def test_a_probability_beside_the_threshold_may_fall_on_either_side():
    rule = SameChoice("probabilities", border=0.5)
    ours, theirs = np.array([b"", b"a", b""]), np.array([b"a", b"a", b"a"])
    among = np.array([[0.5 - 1e-6, 0.2], [0.9, 0.1], [0.4, 0.2]])
    assert rule.differences(ours, theirs, among).tolist() == [0.0, 0.0, pytest.approx(0.1)]


@pytest.mark.parametrize("wrong", [-0.1, 1.0, "0.5", float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(plain, wrong):
    with pytest.raises(UserError, match="reject_below"):
        plain.with_config(reject_below=wrong)


@pytest.fixture
def own(model, tmp_path):
    """A copy of the trained model, which other tests share, to write versions into."""
    return shutil.copytree(model, tmp_path / "own")


@pytest.mark.full  # a whole run
def test_a_threshold_is_chosen_on_the_validation_rows_and_written_as_a_version(own, bigmodel, table):
    task, rows = TextClassifier.load(own), read_text_table(table)
    scored = ScoredTexts(task.encode_targets(rows.labels), task.predict(rows.texts), task.labels)
    best = max(zip(*kept_curve(scored).values(), strict=True), key=lambda point: (point[1], point[0]))
    answered = bigmodel("export", own, "--keep-accuracy", best[1] - 1e-9, "--data", table, "--json")
    assert answered.code == 0, answered.err
    answers = Manifest.read(json.loads(answered.out)["folder"]).answers
    assert answers.get("reject_below", 0) <= best[2]
    assert ("reject_below" in answers) == (best[0] < 1)  # if all are kept, there is no threshold
    given = bigmodel("export", own, "--reject-below", "0.99", "--json")
    assert given.code == 0, given.err
    line = json.loads(bigmodel("predict", json.loads(given.out)["folder"], "hello there").out)
    assert (line["label"], line["rejected"]) == ("", True)
    shown = bigmodel("evaluate", json.loads(given.out)["folder"], table)
    assert "below a probability of 0.9900, 100.0 % of the texts get no label" in shown.out


@pytest.mark.full
def test_what_changed_is_told_and_a_file_of_another_threshold_is_left_out(own, bigmodel):
    (own / "1" / "lite").mkdir()
    (own / "1" / "lite" / "model.tflite").write_bytes(b"of another threshold")
    Manifest.read(own / "1").write(own / "1")
    ran = bigmodel("export", own, "--reject-below", "0.5")
    assert ran.code == 0, ran.err
    assert not (own / "2" / "lite").exists()
    told = Manifest.read(own / "2").notes
    assert any("below 0.500000 gets no label in this version" in note for note in told)
    assert any("has another threshold and was left out" in note for note in told)
    assert "## Changes" in (own / "2" / "card.md").read_text("utf-8")
    assert "rejects     texts whose highest probability is below 0.500000" in bigmodel("inspect", own).out
    refused = bigmodel("export", own, "--reject-below", "0.5", "--format", "hugging_face", "--out", own / "hub")
    assert (refused.code, "knows no threshold" in refused.err) == (2, True)
    assert bigmodel("export", own, "--reject-below", "0").code == 0
    assert "reject_below" not in Manifest.read(own / "3").answers


def test_a_rejection_out_of_reach_or_twice_said_ends_with_two_and_writes_nothing(model, bigmodel, table):
    before = sorted(path.name for path in model.iterdir())
    for options, words in {
        ("--keep-accuracy", "1", "--data", str(table)): "No threshold keeps an accuracy of 100.00%",
        ("--keep-accuracy", "1.5"): "--keep-accuracy 1.5 came; wanted a share of right answers",
        ("--reject-below", "1"): "--reject-below 1.0 came; wanted a probability",
        ("--reject-below", "0.5", "--keep-accuracy", "0.9"): "Leave one out",
    }.items():
        ran = bigmodel("export", model, *options)
        assert ran.code == 2
        assert words in ran.err
        assert ran.err.strip().splitlines()[-1].startswith("Error: ")
    assert sorted(path.name for path in model.iterdir()) == before
