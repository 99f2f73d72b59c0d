"""Tables that are read as they are used: what is printed and written, and what is left where one cannot be read on."""

import json
import os

import pytest

from keras_bigmodel.cli import predict
from keras_bigmodel.tables import table_reader, table_stream
from tests.tables.writers import WRITERS
from tests.task_contract import messages

TEXTS = [f"{text} 谢谢" for text in messages(30)[0]]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(table_stream, "_ROWS", 8)
    monkeypatch.setattr(predict, "_ROWS", 8)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_answers_go_to_a_file_in_the_tables_order(bigmodel, model, tmp_path, ending):
    table = WRITERS[ending](tmp_path / f"table{ending}", [(text, "any") for text in TEXTS])
    ran = bigmodel("predict", model, table, "-o", tmp_path / "answers.jsonl")
    assert (ran.code, ran.out, ran.err.strip()) == (0, "", f"Wrote 30 answers to {tmp_path / 'answers.jsonl'}.")
    answers = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [answer["text"] for answer in answers] == TEXTS
    printed = [json.loads(line) for line in bigmodel("predict", model, table).out.splitlines()]
    for one, two in zip(answers, printed, strict=True):
        assert (one["label"], one["probability"]) == (two["label"], pytest.approx(two["probability"], abs=1e-5))
    assert {path.name for path in tmp_path.iterdir()} == {table.name, "answers.jsonl"}


def test_a_file_that_is_there_is_refused_and_stays(bigmodel, model, tmp_path):
    (tmp_path / "answers.jsonl").write_text("precious")
    ran = bigmodel("predict", model, "a text", "--out", tmp_path / "answers.jsonl")
    assert (ran.code, ran.out) == (2, "")
    assert "is already there. Give --out the name of a new file." in ran.err
    assert (tmp_path / "answers.jsonl").read_text() == "precious"


def test_a_bad_row_far_down_ends_it_and_what_was_answered_stands_aside(bigmodel, model, tmp_path, monkeypatch):
    monkeypatch.setattr(table_reader, "_ROWS_TO_LOOK_AT", 4)
    path = WRITERS[".jsonl"](tmp_path / "table.jsonl", [(text, "any") for text in TEXTS])
    with path.open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    ran = bigmodel("predict", model, path, "--out", tmp_path / "answers.jsonl")
    part = tmp_path / f"answers.jsonl.{os.getpid()}.part"
    assert ran.code == 2
    assert f"Line 31 of {path} is no JSON" in ran.err
    assert ran.err.strip().endswith(f"The answers so far stand in {part}.")
    answered = [json.loads(line)["text"] for line in part.read_text(encoding="utf-8").splitlines()]
    assert answered == TEXTS[: len(answered)]
    assert len(answered) == 24
    assert not (tmp_path / "answers.jsonl").exists()


def test_a_bad_row_among_the_first_is_told_before_anything_is_written(bigmodel, model, tmp_path):
    (tmp_path / "table.csv").write_text('text,n\ngood,1\n"bad,2\n')
    ran = bigmodel("predict", model, tmp_path / "table.csv", "--out", tmp_path / "answers.jsonl")
    assert ran.code == 2
    assert ran.err.startswith('Error: A quote mark (") opens a cell in line 3')
    assert {path.name for path in tmp_path.iterdir()} == {"table.csv"}


def test_notes_on_a_table_are_said_once(bigmodel, model, tmp_path):
    rows = [(text, "any") for text in TEXTS] + [("", "any")]
    path = WRITERS[".csv"](tmp_path / "table.csv", rows, header=("comment", "stars"))
    ran = bigmodel("predict", model, path)
    assert ran.code == 0
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["text"] for line in lines] == [text for text, _ in rows]
    assert lines[-1] == {"text": "", "label": None, "probability": None, "probabilities": None}
    assert ran.err.splitlines() == [
        "Took column comment as the text; name others with --text.",
        "1 row has no text: its answer is null.",
    ]


def test_long_texts_are_answered_a_few_at_a_time(bigmodel, model, tmp_path, monkeypatch):
    monkeypatch.setattr(predict, "_CHARACTERS", 100)
    path = WRITERS[".csv"](tmp_path / "table.csv", [("long " * 30 + str(row), "any") for row in range(5)])
    assert len(bigmodel("predict", model, path).out.splitlines()) == 5


@pytest.mark.full
def test_train_streams_when_it_is_asked_to(bigmodel, tiny_bert, tmp_path):
    table = WRITERS[".csv"](tmp_path / "table.csv", list(zip(*messages(60), strict=True)))
    how = ("--encoder", tiny_bert, "--epochs", 1, "--max-length", 32, "--dtype", "float32", "--validation-share", 0.2)
    ran = bigmodel("train", table, "--stream", "--out", tmp_path / "m", *how, "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["folder"] == str(tmp_path / "m" / "1")
    manifest = json.loads((tmp_path / "m" / "1" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["stream"] is True
    assert manifest["data"]["train"]["rows"] + manifest["data"]["validation"]["rows"] == 60
