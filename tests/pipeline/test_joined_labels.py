"""The sign that joins labels is found in the training table, kept, and used for every other table of the model."""

import json

import pytest

from keras_bigmodel import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.pipeline import TrainSettings, train
from keras_bigmodel.tables import read_text_table

TRAIN = [("so bad", "bad"), ("so good", "good"), ("good and bad", "bad;good"), ("mixed feelings", "good;bad")] * 6
ALWAYS_BOTH = [("good and bad", "bad;good"), ("mixed feelings", "good;bad")]  # no sign could be found by looking


def write_rows(path, rows):
    path.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows), encoding="utf-8")
    return str(path)


def settings_for(folder, tiny_bert, **how):
    own = {"encoder": str(tiny_bert), "max_length": 16, "epochs": 1, "batch_size": 8, "dtype": "float32"}
    return TrainSettings(
        table=write_rows(folder / "train.tsv", TRAIN),
        validation=write_rows(folder / "validation.tsv", ALWAYS_BOTH),
        out=str(folder / "model"),
        **{**own, **how},
    )


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, marks=pytest.mark.full, id="in memory"),
        pytest.param({"task": "multi_label", "stream": True}, marks=pytest.mark.full, id="streamed"),
    ],
)
def test_other_tables_are_read_with_the_sign_of_the_training_table(tiny_bert, bigmodel, tmp_path, how):
    folder, manifest = train(settings_for(tmp_path, tiny_bert, **how))
    assert manifest.job == "multi_label"
    assert manifest.settings["label_separator"] == ";"
    assert Manifest.read(folder).settings["label_separator"] == ";"
    test = write_rows(tmp_path / "test.tsv", ALWAYS_BOTH)
    asked = bigmodel("evaluate", folder, test, "--json")
    assert asked.code == 0, asked.err
    assert set(json.loads(asked.out)["per_class"]) == {"bad", "good"}
    if how:
        compared = bigmodel("compare", folder, folder, test, "--out", tmp_path / "changed.csv")
        assert compared.code == 0, compared.err
        exported = bigmodel("export", folder, "--format", "litert", "--data", test, "--max-drop", 100)
        assert exported.code == 0, exported.err
    other = write_rows(tmp_path / "other.tsv", [("so bad", "bad,good")])
    refused = bigmodel("evaluate", folder, other)
    assert refused.code == 2
    assert "was not trained on" in refused.err
    assert bigmodel("evaluate", folder, other, "--label-separator", ",").code == 0


@pytest.mark.full
def test_a_streamed_range_is_that_of_the_training_rows(tiny_bert, tmp_path):
    rows = [(f"text {number} of many", f"{number / 4}") for number in range(60)]
    table = write_rows(tmp_path / "numbers.tsv", rows)
    how = {"encoder": str(tiny_bert), "max_length": 16, "epochs": 1, "dtype": "float32", "stream": True}
    settings = TrainSettings(table=table, out=str(tmp_path / "model"), validation_share=0.3, **how)
    _, manifest = train(settings)
    facts = manifest.data["train"]
    held = manifest.data["validation"]
    assert facts["rows"] + held["rows"] == 60
    both = [part["numbers"]["mean"] * part["rows"] for part in (facts, held)]
    assert sum(both) == pytest.approx(sum(number / 4 for number in range(60)), rel=1e-5)


def test_lists_in_a_csv_train_like_joined_labels(tmp_path):
    path = tmp_path / "rows.tsv"
    write_rows(path, [(text, json.dumps(label.split(";"))) for text, label in TRAIN])
    table = read_text_table(path, label_kind=None)
    assert (table.label_kind, table.label_separator) == ("several", None)
    assert table.labels == [tuple(label.split(";")) for _, label in TRAIN]
    with pytest.raises(UserError, match="a list without commas"):
        read_text_table(write_rows(path, [("so bad", "['bad' 'good']")]), label_kind="several")
