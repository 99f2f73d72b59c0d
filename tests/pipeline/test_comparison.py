"""Two models asked the same texts: what is compared, described and refused."""

import json

import keras
import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.pipeline.measurement import compare
from keras_bigmodel.tables import read_text_table
from tests.pipeline.conftest import Listener, write_table
from tests.task_contract import LABELS, messages


@pytest.fixture(scope="module")
def save(tiny_bert, tmp_path_factory):
    """Saves a classifier whose head is drawn with a seed; gives its folder."""

    def make(seed, labels=LABELS, turn=lambda task: None, **how):
        keras.utils.set_random_seed(seed)
        task = TextClassifier.from_encoder(str(tiny_bert), labels=labels, max_length=32, dtype="float32", **how)
        head = task.get_layer("logits")
        head.set_weights([10 * head.get_weights()[0], head.get_weights()[1]])  # sure enough to disagree
        turn(task)
        folder = tmp_path_factory.mktemp("saved") / "model"
        task.save(folder)
        return folder

    return make


@pytest.fixture(scope="module")
def two(save):
    return save(1), save(2)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = write_table(tmp_path_factory.mktemp("tables") / "rows.csv", zip(*messages(45), strict=True))
    return read_text_table(path, text="text", label="label")


def test_the_changed_texts_are_those_that_the_two_answer_differently(two, rows):
    found = compare(*two, rows)
    first, second = (TextClassifier.load(folder, dtype="float32").classify(rows.texts) for folder in two)
    wanted = []
    for text, label, one, other in zip(rows.texts, rows.labels, first, second, strict=True):
        if one.label != other.label:
            kind = {one.label: "broken", other.label: "fixed"}.get(label, "both wrong")
            wanted.append((text, label, one.label, other.label, kind))
    assert len(wanted) > 5
    assert len({change[-1] for change in wanted}) == 3
    assert [
        tuple(change[name] for name in ("text", "label", "first", "second", "kind")) for change in found["changed"]
    ] == wanted
    for name, kind in (("fixed", "fixed"), ("broken", "broken"), ("both_wrong", "both wrong")):
        assert found[name] == sum(change[-1] == kind for change in wanted)
    sure = {text: answer.probability for text, answer in zip(rows.texts, second, strict=True)}
    for change in found["changed"]:
        assert change["second_probability"] == pytest.approx(sure[change["text"]], abs=1e-5)


def test_each_model_is_described_beside_its_figures(two, rows):
    found = compare(*two, rows)
    for name, folder in zip(("first", "second"), two, strict=True):
        assert found[name]["folder"] == str(folder)
        assert (found[name]["name"], found[name]["version"]) == ("model", None)
        assert set(found[name]) == {"folder", "name", "version", "accuracy", "macro_f1", "log_loss"}
    right = TextClassifier.load(two[1], dtype="float32").classify(rows.texts)
    share = sum(answer.label == label for answer, label in zip(right, rows.labels, strict=True)) / 45
    assert found["second"]["accuracy"] == pytest.approx(share)


def test_a_folder_of_versions_means_its_highest(versions, save, rows):
    found = compare(versions["first"][0], save(1), rows)
    assert (found["first"]["name"], found["first"]["version"]) == ("reviews", 1)
    same = compare(versions["base"], versions["second"][0], rows)
    assert same["first"] == same["second"]
    assert same["first"]["folder"] == str(versions["base"] / "2")
    assert same["changed"] == []


def test_labels_in_another_order_are_the_same_labels(save, rows):
    def turned(task):
        kernel, bias = task.get_layer("logits").get_weights()
        task.get_layer("logits").set_weights([kernel[:, ::-1], bias[::-1]])

    found = compare(save(1), save(1, labels=LABELS[::-1], turn=turned), rows)
    assert found["changed"] == []
    assert found["difference"] == pytest.approx({"accuracy": 0, "macro_f1": 0, "log_loss": 0}, abs=1e-6)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["bad", "good"], 'lacks "fair"'),
        ([*LABELS, "很差"], 'the first model lacks "很差"'),
        (["bad", "fair", "great"], 'lacks "good"; the first model lacks "great"'),
    ],
)
def test_models_of_different_labels_are_refused(two, save, rows, labels, words):
    with pytest.raises(UserError, match="different labels") as refused:
        compare(two[0], save(3, labels=labels), rows)
    assert words in str(refused.value)


def test_a_label_that_the_models_do_not_know_is_refused(two, tmp_path):
    path = write_table(tmp_path / "rows.csv", [("a text", "awful"), ("another", "bad")])
    with pytest.raises(UserError, match="awful"):
        compare(*two, read_text_table(path, text="text", label="label"))


def test_a_folder_that_is_not_there_is_refused_before_any_model_is_asked(two, rows, tmp_path):
    listener = Listener()
    with pytest.raises(UserError, match="No folder"):
        compare(two[0], tmp_path / "nowhere", rows, reporter=listener)
    assert listener.bars == []


def test_changed_pairs_have_both_texts_and_single_texts_are_refused(save, rows, tmp_path):
    pairs = [save(seed, pairs=True) for seed in (1, 2)]
    texts, labels = messages(30)
    path = write_table(tmp_path / "pairs.csv", zip(texts, texts[::-1], labels, strict=True), ("text", "other", "label"))
    found = compare(*pairs, read_text_table(path, text="text", pair="other", label="label"))
    assert found["changed"]
    for change in found["changed"]:
        assert change["text_pair"] == texts[::-1][texts.index(change["text"])]
    with pytest.raises(UserError, match="takes pairs of texts"):
        compare(*pairs, rows)
    with pytest.raises(UserError, match="takes single texts"):
        compare(save(1), pairs[0], read_text_table(path, text="text", pair="other", label="label"))


def test_a_person_is_told_how_far_it_is_and_json_takes_the_result(two, rows):
    listener = Listener()
    found = compare(*two, rows, batch_size=10, reporter=listener)
    assert [(bar["total"], bar["done"]) for bar in listener.bars] == [(5, 5), (5, 5)]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
