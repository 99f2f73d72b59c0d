"""What the settings of a run do: weights, early stopping, a child of the last version, notes, what is kept."""

import csv
import json

import keras
import numpy as np
import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.pipeline import TrainSettings, load_task, train
from keras_bigmodel.pipeline.jobs.class_weights import class_weights
from tests.pipeline.conftest import Listener, write_table
from tests.task_contract import LABELS, messages

TEXTS, TARGETS = messages(60)


# ---- weights


def test_balanced_weights_make_every_class_count_the_same():
    labels = ["a"] * 6 + ["b"] * 3 + ["c"]
    weights = class_weights("balanced", labels)
    assert {label: weights[label] * labels.count(label) for label in "abc"} == pytest.approx(
        dict.fromkeys("abc", 10 / 3)
    )


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (None, None),
        ("a=2", {"a": 2.0}),
        ("a=2, b = 0.5", {"a": 2.0, "b": 0.5}),
        ({"a": 2}, {"a": 2.0}),
        ({1: 2}, {"1": 2.0}),
        ("x=y=3", {"x=y": 3.0}),
    ],
)
def test_weights_are_read_from_text_and_from_a_file(given, wanted):
    assert class_weights(given, ["a", "b", "1", "x=y"]) == wanted


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("d=2", 'names the label "d", which no training row has'),
        ("balance", "which no training row has"),
        ("a=much", "gives \"a\" the weight 'much'; wanted a number"),
        ("a=-1", "wanted 0 or more"),
        ("a=nan", "wanted 0 or more"),
        ({"a": None}, "wanted a number"),
        ("a=0,b=0", "gives every label the weight 0"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(given, sentence):
    with pytest.raises(UserError, match=sentence):
        class_weights(given, ["a", "b"])


@pytest.mark.full
def test_weights_of_rows_and_of_classes_reach_the_loss(make_settings, tmp_path):
    """A class of weight 0 and rows of weight 0 leave the head's bias for that class to the others."""
    table = tmp_path / "weighted.csv"
    rows = [(text, label, 0 if label == "fair" else 1) for text, label in zip(TEXTS, TARGETS, strict=True)]
    write_table(table, rows, header=("text", "label", "share"))
    how = {"table": str(table), "weight": "share", "learning_rate": 0.05, "epochs": 4}
    folder, _ = train(make_settings(tmp_path / "model", class_weight={"good": 0.0}, **how))
    answers = load_task(folder).classify(TEXTS)
    assert {answer.label for answer in answers} == {"bad"}


# ---- ends


@pytest.mark.full
def test_early_stopping_takes_the_best_epoch_and_says_so(make_settings, tmp_path):
    listener = Listener()
    settings = make_settings(tmp_path / "model", epochs=12, patience=1, learning_rate=0.05, validation_share=0.2)
    folder, manifest = train(settings, reporter=listener)
    history = json.loads((folder / "report" / "metrics.json").read_text())["history"]
    best = int(np.argmin(history["val_loss"]))
    assert len(history["val_loss"]) == best + 2 < 12
    assert manifest.notes == [
        f"The validation loss had not fallen for 1 epoch: training ended after epoch {best + 2} of 12, with the "
        f"weights of epoch {best + 1}."
    ]
    assert manifest.notes[0] in listener.said
    assert manifest.metrics["validation"]["log_loss"] == pytest.approx(history["val_loss"][best], abs=1e-4)


class Poison(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self._epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self._now = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self._now, batch) == (self._epoch, 0):
            self.model.trainable_variables[-1].assign(self.model.trainable_variables[-1] * np.nan)


@pytest.mark.full
def test_a_loss_that_is_no_number_publishes_the_last_good_weights_with_a_note(make_settings, tmp_path):
    folder, manifest = train(make_settings(tmp_path / "model", epochs=3), callbacks=[Poison(1)])
    assert "The loss was no number any more in epoch 2, batch 1" in manifest.notes[0]
    assert "the end of epoch 1" in manifest.notes[0]
    assert "--learning-rate 3e-05" in manifest.notes[0]
    assert np.isfinite(load_task(folder).predict(TEXTS[:3])).all()
    assert manifest.notes[0].split(":")[0] in (folder / "report" / "index.html").read_text()


def test_a_loss_that_is_no_number_from_the_start_publishes_nothing(make_settings, tmp_path):
    with pytest.raises(UserError, match="before an epoch was whole. Lower the learning rate"):
        train(make_settings(tmp_path / "model"), callbacks=[Poison(0)])
    assert list(tmp_path.iterdir()) == []


# ---- parents and children


@pytest.fixture(scope="module")
def parent(make_settings, tmp_path_factory):
    base = tmp_path_factory.mktemp("parents") / "model"
    train(make_settings(base))
    return base


def copy_of(parent, tmp_path):
    import shutil

    return shutil.copytree(parent, tmp_path / "model")


@pytest.mark.full  # a whole run
def test_a_child_begins_from_its_parents_weights_and_names_it(make_settings, parent, tmp_path):
    base = copy_of(parent, tmp_path)
    how = {"from_last": True, "max_length": None, "learning_rate": 1e-9, "weight_decay": 0.0, "dropout": 0.2}
    folder, manifest = train(make_settings(base, **how))
    assert (folder.name, manifest.parent, manifest.version) == ("2", 1, 2)
    assert Manifest.read(base / "1").parent is None
    child, first = (TextClassifier.load(base / number, dtype="float32") for number in ("2", "1"))
    assert child.dropout == 0.2
    for one, other in zip(child.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.full
def test_without_continue_the_next_version_begins_from_the_encoder(make_settings, parent, tmp_path):
    base = copy_of(parent, tmp_path)
    _, manifest = train(make_settings(base, learning_rate=1e-9, weight_decay=0.0))
    assert (manifest.version, manifest.parent) == (2, None)
    encoder, before = (TextClassifier.load(base / n, dtype="float32").encoder.get_weights() for n in ("2", "1"))
    assert any(np.abs(one - other).max() > 1e-5 for one, other in zip(encoder, before, strict=True))


@pytest.mark.parametrize(
    ("rows", "how", "sentence"),
    [
        ([*zip(TEXTS, TARGETS, strict=True), ("a", "new"), ("b", "new")], {}, 'The label "new" is not one of'),
        ([(*row, "x") for row in zip(TEXTS, TARGETS, strict=True)], {"pair": "other"}, "takes single texts"),
    ],
)
def test_a_table_that_the_parent_cannot_learn_is_refused(make_settings, parent, tmp_path, rows, how, sentence):
    base = copy_of(parent, tmp_path)
    header = ("text", "label", "other")[: len(rows[0])]
    table = write_table(tmp_path / "other.csv", rows, header=header)
    with pytest.raises(UserError, match=sentence):
        train(make_settings(base, table=str(table), from_last=True, max_length=None, **how))
    assert sorted(path.name for path in base.iterdir()) == ["1"]


@pytest.mark.full
def test_a_child_may_learn_from_fewer_labels(make_settings, parent, tmp_path):
    base = copy_of(parent, tmp_path)
    rows = [row for row in zip(TEXTS, TARGETS, strict=True) if row[1] != "fair"]
    table = write_table(tmp_path / "fewer.csv", rows)
    _, manifest = train(make_settings(base, table=str(table), from_last=True, max_length=None))
    assert manifest.labels == LABELS
    assert manifest.metrics["validation"]["per_class"]["fair"]["texts"] == 0


# ---- what is kept


def test_the_manifest_holds_every_setting_and_the_runs_number(make_settings, parent):
    manifest = Manifest.read(parent / "1")
    names = {*TrainSettings.__dataclass_fields__, "trained_in"}
    assert set(manifest.settings) == names
    assert len(manifest.run) == 32


@pytest.mark.full
def test_tensorboard_gets_its_events(make_settings, tmp_path):
    train(make_settings(tmp_path / "model", tensorboard=str(tmp_path / "events")))
    assert list((tmp_path / "events" / "train").glob("events.out.tfevents.*"))


@pytest.mark.full
def test_a_frozen_encoder_stays_that_of_the_checkpoint(make_settings, tiny_bert, tmp_path):
    folder, _ = train(make_settings(tmp_path / "model", freeze_encoder=True))
    fresh = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32").encoder.get_weights()
    trained = TextClassifier.load(folder, dtype="float32").encoder.get_weights()
    for one, other in zip(trained, fresh, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_card_and_the_report_stand_in_the_version_and_are_guarded(parent):
    manifest = Manifest.read(parent / "1")
    assert {"card.md", "report/index.html", "report/metrics.json"} <= set(manifest.files)


def test_a_settings_file_trains_as_the_options_do(make_settings, tiny_bert, tmp_path, monkeypatch):
    from keras_bigmodel.core.settings import read_settings, settings_text

    settings = make_settings(tmp_path / "model")
    (tmp_path / "run.yaml").write_text(settings_text(settings), encoding="utf-8")
    assert TrainSettings(**read_settings(tmp_path / "run.yaml", TrainSettings)) == settings


@pytest.mark.full
def test_a_table_without_a_header_and_with_bare_quotes_trains(make_settings, tmp_path):
    path = tmp_path / "bare.tsv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, escapechar="\\")
        writer.writerows([(label, f'"{text}') for text, label in zip(TEXTS, TARGETS, strict=True)])
    _, manifest = train(make_settings(tmp_path / "model", table=str(path), quotes=False))
    assert manifest.data["train"]["rows"] + manifest.data["validation"]["rows"] == 60
