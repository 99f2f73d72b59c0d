"""A table read block by block is the table read whole: the same rows, the same refusals, the same notes."""

import json
import os

import pytest

from keras_bigmodel import UserError
from keras_bigmodel.tables import TableStream, read_text_table, row_estimate, table_file, table_stream
from tests.tables.writers import WRITERS, write, write_delimited, write_lines

ROWS = [(f"第{number}条评论，不错", "好" if number % 3 else "bad") for number in range(25)]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(table_stream, "_ROWS", 4)


def _gathered(stream):
    blocks = list(stream)
    assert all(1 <= len(block) <= 4 for block in blocks)
    return [row for block in blocks for row in zip(block.texts, block.labels or block.texts, strict=True)]


@pytest.mark.parametrize("ending", WRITERS)
def test_the_blocks_are_the_table(tmp_path, ending):
    path = WRITERS[ending](tmp_path / f"table{ending}", [*ROWS, ("", "bad"), ("no label", " ")])
    stream, table = TableStream(path), read_text_table(path)
    assert _gathered(stream) == list(zip(table.texts, table.labels, strict=True)) == ROWS
    assert (stream.dropped, stream.cut, stream.notes) == (table.dropped, table.cut, table.notes)
    assert (stream.columns, stream.sha256()) == (table.columns, table.sha256)
    assert _gathered(stream) == ROWS, "it can be read again"


def test_pairs_and_weights_come_along(tmp_path):
    rows = [(f"a {number}", f"b {number}", "x" if number % 2 else "y", number / 4) for number in range(6)]
    path = write_lines(tmp_path / "pairs.jsonl", rows, header=("one", "two", "label", "share"))
    blocks = list(TableStream(path, text="one", pair="two", weight="share"))
    assert [len(block) for block in blocks] == [4, 2]
    assert blocks[1].inputs == {"text": ["a 4", "a 5"], "text_pair": ["b 4", "b 5"]}
    assert blocks[1].weights == [1.0, 1.25]


def test_a_bad_row_is_named_with_its_line_when_the_reading_gets_there(tmp_path):
    path = tmp_path / "table.jsonl"
    write_lines(path, ROWS[:9])
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"text": ["a", "list"], "label": "bad"}) + "\n")
    blocks = iter(TableStream(path))
    assert len(next(blocks)) + len(next(blocks)) == 8
    with pytest.raises(UserError, match="Column text of .*table.jsonl holds in line 10 a list"):
        next(blocks)


@pytest.mark.parametrize(
    ("content", "how", "words"),
    [
        ("text,label\n,\n", {}, "gives nothing to work on: its only row lacks"),
        ("text,label,w\na,x,0\nb,y,0\n", {"weight": "w"}, "Every weight in"),
        ("text,label\na,x\n", {"text": "review"}, 'No column "review"'),
        ('text,label\n"one",good\n"two,good\nthree"",good\n', {}, "A quote mark"),
    ],
)
def test_what_a_whole_table_refuses_a_stream_refuses_before_it_gives_a_row(tmp_path, content, how, words):
    path = write(tmp_path, content)
    with pytest.raises(UserError, match=words):
        read_text_table(path, **how)
    with pytest.raises(UserError, match=words):
        next(iter(TableStream(path, **how)))


def test_long_texts_make_small_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(table_stream, "_CHARACTERS", 20)
    path = write_delimited(tmp_path / "long.csv", [("x" * 15 + str(number), "ab"[number % 2]) for number in range(6)])
    assert [len(block) for block in TableStream(path, text="text", label="label")] == [2, 2, 2]


def test_a_split_parts_texts_and_not_rows(tmp_path):
    rows = [(text.replace("评论", "评 论" if copy else "评  论"), label) for copy in range(2) for text, label in ROWS]
    path = write_delimited(tmp_path / "twice.csv", rows)
    kept, held = (_gathered(part) for part in TableStream(path).split(0.3, seed=1))
    assert sorted(kept + held) == sorted(rows)
    assert 0 < len(held) < len(kept)
    squeezed = [{" ".join(text.split()) for text, _ in side} for side in (kept, held)]
    assert squeezed[0].isdisjoint(squeezed[1])
    assert _gathered(TableStream(path).split(0.3, seed=1)[1]) == held
    assert _gathered(TableStream(path).split(0.3, seed=2)[1]) != held


@pytest.mark.parametrize("share", [0, 1, -0.5])
def test_a_share_that_leaves_one_side_empty_is_refused(tmp_path, share):
    with pytest.raises(UserError, match=f"share={share} came"):
        TableStream(tmp_path / "any.csv").split(share)


def test_a_file_that_changes_between_two_readings_is_refused(tmp_path):
    path = write_delimited(tmp_path / "table.csv", ROWS)
    stream = TableStream(path)
    list(stream)
    write_delimited(path, ROWS[:-1])
    os.utime(path, ns=(1, 1))
    with pytest.raises(UserError, match="changed while it was being read"):
        list(stream)


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_the_rows_of_a_file_are_estimated(tmp_path, monkeypatch, ending):
    path = WRITERS[ending](tmp_path / f"table{ending}", ROWS * 40)
    assert row_estimate(path) in (1000, 1001)
    monkeypatch.setattr(table_file, "_WHOLE", 1000)
    monkeypatch.setattr(table_file, "_PIECE", 200)
    assert 900 < row_estimate(path) < 1100


def test_no_estimate_of_what_is_no_file(tmp_path):
    assert row_estimate(tmp_path / "nothing.csv") is None
    assert row_estimate(write(tmp_path, "no parquet", "t.parquet")) is None
