"""Tables come in as they were written, or are refused with a sentence."""

import csv
import hashlib
import json

import pyarrow as pa
import pyarrow.parquet
import pytest

from keras_bigmodel import UserError
from keras_bigmodel.data import read_text_table

ROWS = [
    ('He said "hello", twice', "007"),
    ("two\nlines, and a tab\tin them", "1.0"),
    ("你好，世界", "中文"),
    ("naïve café 👩‍👩‍👧", "é"),
    ("null", "NA"),
    ("  spaces are kept  ", "true"),
    ("1", "2024-01-31"),
    ("it's; one|text", "-"),
]


def _write_delimited(path, rows, delimiter, header=("text", "label")):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])


def _write_lines(path, rows):
    lines = [json.dumps({"text": text, "label": label}, ensure_ascii=False) for text, label in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_parquet(path, rows):
    texts, labels = zip(*rows, strict=True)
    pyarrow.parquet.write_table(pa.table({"text": texts, "label": labels}), path)


WRITERS = {
    ".csv": lambda path, rows: _write_delimited(path, rows, ","),
    ".tsv": lambda path, rows: _write_delimited(path, rows, "\t"),
    ".jsonl": _write_lines,
    ".parquet": _write_parquet,
    ".CSV": lambda path, rows: _write_delimited(path, rows, ","),
}


@pytest.mark.parametrize("ending", WRITERS)
def test_texts_and_labels_come_in_as_they_were_written(tmp_path, ending):
    path = tmp_path / f"table{ending}"
    WRITERS[ending](path, ROWS)
    table = read_text_table(path)
    assert list(zip(table.texts, table.labels, strict=True)) == ROWS
    assert table.seconds is None
    assert table.inputs == table.texts
    assert table.dropped == {}
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_json_lines_full_of_dates_stay_what_was_written(tmp_path):
    rows = [("2024-01-31 10:00:00", "2024-01-31"), ("2024-02-01 11:30:00", "2024-02-01")]
    _write_lines(tmp_path / "dates.jsonl", rows)
    table = read_text_table(tmp_path / "dates.jsonl")
    assert list(zip(table.texts, table.labels, strict=True)) == rows


def test_numbers_in_typed_tables_become_their_digits(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a", "label": 7}\n{"text": "b", "label": 0}\n')
    assert read_text_table(tmp_path / "a.jsonl").labels == ["7", "0"]
    pyarrow.parquet.write_table(pa.table({"text": ["a", "b"], "label": [7, 0]}), tmp_path / "a.parquet")
    assert read_text_table(tmp_path / "a.parquet").labels == ["7", "0"]


def test_a_byte_order_mark_and_windows_lines_are_no_part_of_a_table(tmp_path):
    (tmp_path / "excel.csv").write_bytes('\ufefftext,label\r\n"Größe",a\r\nb,c\r\n'.encode())
    table = read_text_table(tmp_path / "excel.csv")
    assert (table.texts, table.labels) == (["Größe", "b"], ["a", "c"])


def test_columns_may_have_other_names_and_pairs_have_two(tmp_path):
    rows = [("q1", "a1", "yes"), ("q2", "", "no")]
    _write_delimited(tmp_path / "pairs.csv", rows, ",", header=("question", "answer", "fits"))
    table = read_text_table(tmp_path / "pairs.csv", text="question", pair="answer", label="fits")
    assert table.inputs == (["q1", "q2"], ["a1", ""])
    assert table.labels == ["yes", "no"]


def test_a_table_without_labels_may_be_read_without(tmp_path):
    (tmp_path / "texts.csv").write_text("text\na\nb\n")
    table = read_text_table(tmp_path / "texts.csv", label=None)
    assert (table.texts, table.labels) == (["a", "b"], None)


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_rows_without_text_or_label_are_left_out_and_counted(tmp_path, ending):
    path = tmp_path / f"table{ending}"
    WRITERS[ending](path, [("a", "x"), ("", "x"), (" \t", "y"), ("b", ""), ("c", "y")])
    table = read_text_table(path)
    assert list(zip(table.texts, table.labels, strict=True)) == [("a", "x"), ("c", "y")]
    assert table.dropped == {"empty text": 2, "no label": 1}


def test_nulls_in_typed_tables_are_left_out_and_counted(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        '{"text": "a", "label": null}\n{"text": null, "label": "x"}\n{"text":"b","label":"y"}'
    )
    table = read_text_table(tmp_path / "a.jsonl")
    assert table.texts == ["b"]
    assert table.dropped == {"empty text": 1, "no label": 1}


def test_a_part_of_a_table_keeps_where_it_came_from(tmp_path):
    WRITERS[".csv"](tmp_path / "table.csv", ROWS)
    whole = read_text_table(tmp_path / "table.csv")
    part = whole.rows([3, 1])
    assert part.texts == [whole.texts[3], whole.texts[1]]
    assert part.labels == [whole.labels[3], whole.labels[1]]
    assert (part.path, part.sha256) == (whole.path, whole.sha256)


def test_a_text_of_two_megabytes_is_read(tmp_path):
    WRITERS[".csv"](tmp_path / "long.csv", [("x" * 2_000_000, "a"), ("y", "b")])
    assert [len(text) for text in read_text_table(tmp_path / "long.csv").texts] == [2_000_000, 1]


def _file(name, content):
    def write(folder):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder / name

    return write


REFUSED = {
    "no file": (lambda folder: folder / "nowhere.csv", ["No file", "nowhere.csv", ".csv, .tsv, .jsonl, .parquet"]),
    "a folder": (lambda folder: folder, ["is a folder", ".csv"]),
    "unknown ending": (_file("table.xlsx", "text"), ['".xlsx"', ".csv, .tsv, .jsonl, .parquet"]),
    "no ending": (_file("table", "text"), ['""', ".csv"]),
    "an empty file": (_file("table.csv", ""), ["is empty", "column names"]),
    "a row of names only": (_file("table.csv", "text,label\n"), ["no rows", "at least one"]),
    "empty rows only": (_file("table.csv", "text,label\n,x\na,\n"), ["all 2 rows", "text or a label"]),
    "no column of texts": (_file("table.csv", "review,label\na,b\n"), ['No column "text"', "review, label", "--text"]),
    "no column of labels": (_file("table.csv", "text,stars\na,b\n"), ['No column "label"', "text, stars", "--label"]),
    "a column twice": (_file("table.csv", "text,text,label\na,b,c\n"), ['"text"', "twice|2 times"]),
    "ragged rows": (_file("table.csv", "text,label\na,b,c\n"), ["cannot be read as a table"]),
    "another encoding": (_file("table.csv", "text,label\ncafé,x\n".encode("latin-1")), ["UTF-8|UTF8"]),
    "no json": (_file("table.jsonl", "{text: a}\n"), ["cannot be read as a table"]),
    "no parquet": (_file("table.parquet", "text"), ["cannot be read as a table"]),
    "cut off parquet": (_file("table.parquet", b"PAR1"), ["cannot be read as a table"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path, name):
    write, words = REFUSED[name]
    with pytest.raises(UserError) as caught:
        read_text_table(write(tmp_path))
    sentence = str(caught.value)
    assert "\n" not in sentence
    for word in words:
        assert any(choice in sentence for choice in word.split("|")), sentence
