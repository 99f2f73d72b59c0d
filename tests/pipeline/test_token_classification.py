"""What only runs of spans do: slices by what training had seen, windows, cut texts, continued versions."""

import json

import pytest

from keras_bigmodel.pipeline import load_task
from tests.test_token_classification_page import write_tables

HOW = ("--epochs", 2, "--max-length", 24, "--dtype", "float32", "--learning-rate", 3e-3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    write_tables(folder)
    return folder


@pytest.mark.full
def test_a_run_tells_what_is_new_to_the_model_and_goes_on(bigmodel, folder, tiny_bert, tmp_path):
    out = tmp_path / "names"
    tables = (folder / "eng.train", "--test", folder / "eng.testb")
    ran = bigmodel("train", *tables, "--encoder", tiny_bert, *HOW, "--overlap", 4, "--out", out)
    assert ran.code == 0, ran.err
    assert "The labels are spans of the texts: this is token_classification" in ran.out + ran.err
    figures = json.loads((out / "1" / "report" / "metrics.json").read_text(encoding="utf-8"))
    slices = figures["measured"]["test"]["details"]["slices"]
    assert {row["slice"] for row in slices if row["by"] == "spans in training"} == {"all seen"}
    assert load_task(out).preprocessor.overlap == 4
    again = bigmodel("train", *tables, "--continue", "--out", out, "--epochs", 1, "--dtype", "float32")
    assert again.code == 0, again.err
    assert (out / "2" / "manifest.json").is_file()


@pytest.mark.full
def test_files_of_every_form_are_asked(bigmodel, folder, tiny_bert, tmp_path):
    ran = bigmodel("train", folder / "eng.train", "--encoder", tiny_bert, *HOW, "--out", tmp_path / "names")
    assert ran.code == 0, ran.err
    (tmp_path / "doc.txt").write_text("Ada Lovelace wrote to Tim", encoding="utf-8")
    (tmp_path / "doc.ann").write_text("", encoding="utf-8")
    (tmp_path / "words.jsonl").write_text('{"tokens": ["Ada", "wrote"]}\n', encoding="utf-8")
    forms = {folder / "eng.testb": 40, tmp_path: 1, tmp_path / "words.jsonl": 1, tmp_path / "doc.txt": 1}
    for form, texts in forms.items():
        ran = bigmodel("predict", tmp_path / "names", form)
        assert ran.code == 0, ran.err
        rows = [json.loads(line) for line in ran.out.splitlines()]
        assert len(rows) == texts
        assert all({"text", "spans"} <= set(row) for row in rows)


@pytest.mark.full
def test_weights_of_labels_and_cut_texts(bigmodel, folder, tiny_bert, tmp_path):
    out = tmp_path / "cut"
    how = (*HOW, "--truncate", "--class-weight", "LOC=2")
    ran = bigmodel("train", folder / "eng.train", "--encoder", tiny_bert, *how, "--out", out)
    assert ran.code == 0, ran.err
    assert load_task(out).preprocessor.overlap is False
    assert "Of a longer text only the first 24 tokens are read" in (out / "1" / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("option", [("--pooling", "cls"), ("--mode", "fast"), ("--l2", "0.1")])
def test_options_of_other_kinds_are_refused(bigmodel, folder, tmp_path, option):
    ran = bigmodel("train", folder / "eng.train", *option, "--out", tmp_path / "model")
    assert ran.code == 2
    assert f"{option[0]} {option[1]} came, and the kind of task token_classification takes none" in ran.err
    assert not (tmp_path / "model").exists()
