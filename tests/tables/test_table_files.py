"""What is no table, and texts in other encodings: a sentence says what it is and what to do."""

import gzip
import os
import zipfile

import pytest

from keras_bigmodel import UserError
from keras_bigmodel.tables import read_text_table
from tests.tables.writers import write

CHINESE = "text,label\n这家酒店的房间很大，服务也不错,好\n我们不会再来了，早餐太差,差\n"
WESTERN = "text,label\ncafé très bon,gut\nGröße passt nicht,schlecht\nit’s “fine”,gut\n"


def _gzip(folder):
    path = folder / "table.csv.gz"
    path.write_bytes(gzip.compress(b"text,label\na,x\n"))
    return path


def _workbook(folder):
    with zipfile.ZipFile(folder / "table.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    return folder / "table.xlsx"


def _pipe(folder):
    os.mkfifo(folder / "pipe.csv")
    return folder / "pipe.csv"


REFUSED = {
    "no file": (lambda folder: folder / "nowhere.csv", ["No file", "nowhere.csv", ".csv, .tsv, .jsonl, .parquet"]),
    "no folder": (lambda folder: folder / "nix" / "a.csv", ["No file", "there is no folder"]),
    "a folder": (lambda folder: write(folder, "text\n") and folder, ["is a folder", "It holds table.csv"]),
    "a pipe": (_pipe, ["pipe", "Save the table"]),
    "a name too long": (lambda folder: folder / ("x" * 5000 + ".csv"), ["may have 255 bytes"]),
    "a name with NUL": (lambda folder: folder / "a\0b.csv", ["NUL character", "name of a table"]),
    "an empty file": (lambda folder: write(folder, ""), ["is empty", "column names"]),
    "blank lines only": (lambda folder: write(folder, "\n\n  \n"), ["no rows"]),
    "a row of names only": (lambda folder: write(folder, "text,label\n"), ["no rows", "at least one"]),
    "empty rows only": (lambda folder: write(folder, "text,label\n,x\na,\n"), ["all 2 rows", "text or a label"]),
    "TABs in .txt": (lambda folder: write(folder, "a\tx\n", "a.txt"), ['".txt"', "TABs", "--format tsv"]),
    "commas in .txt": (lambda folder: write(folder, "a,x\n", "a.txt"), ["commas", "--format csv"]),
    "objects in .json": (lambda folder: write(folder, '{"a": 1}\n', "a.json"), ["JSON", "--format jsonl"]),
    "no ending": (lambda folder: write(folder, "text", "table"), ["no ending", "--format csv or tsv"]),
    "TABs in .csv": (lambda folder: write(folder, "text\tlabel\n"), ["TABs", "--format tsv"]),
    "gzip": (_gzip, ["gzip", "gunzip"]),
    "an Excel workbook": (_workbook, ["Excel", "CSV"]),
    "Parquet as CSV": (lambda folder: write(folder, b"PAR1...."), ["Parquet", "--format parquet"]),
    "no Parquet": (lambda folder: write(folder, "text", "a.parquet"), ["cannot be read as Parquet"]),
    "cut off Parquet": (lambda folder: write(folder, b"PAR1", "a.parquet"), ["cannot be read as Parquet"]),
    "NUL": (lambda folder: write(folder, "text,label\na,x\nb\0,y\n"), ["Line 3", "NUL"]),
    "UTF-16 without its mark": (lambda folder: write(folder, WESTERN.encode("utf-16-le")), ["--encoding utf-16-le"]),
    "Chinese of Windows": (lambda folder: write(folder, CHINESE.encode("gb18030")), ["line 2", "--encoding gb18030"]),
    "French of Windows": (lambda folder: write(folder, WESTERN.encode("cp1252")), ["line 2", "0xE9", "cp1252 looks"]),
    "damaged UTF-8": (
        lambda folder: write(folder, CHINESE.encode()[:-8] + b"\xff\n"),
        ["line 3", "0xFF", "e.g. --encoding gb18030"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path, name):
    write_it, words = REFUSED[name]
    with pytest.raises(UserError) as caught:
        read_text_table(write_it(tmp_path))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert all(word in sentence for word in words), sentence


def test_a_name_mistyped_gets_the_nearest_that_is_there(tmp_path):
    write(tmp_path, "text,label\n", "train.csv")
    with pytest.raises(UserError, match=r"Did you mean .*train\.csv\?"):
        read_text_table(tmp_path / "trian.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    path = write(tmp_path, "text,label\na,x\n")
    path.chmod(0)
    with pytest.raises(UserError, match="permissions"):
        read_text_table(path)


def test_a_format_may_be_given(tmp_path):
    assert read_text_table(write(tmp_path, "text\tlabel\na\tx\n", "a.txt"), format="tsv").texts == ["a"]
    with pytest.raises(UserError, match="Did you mean jsonl"):
        read_text_table(write(tmp_path, "a"), format="json")


@pytest.mark.parametrize(
    ("mark", "encoding", "given"),
    [
        (b"\xef\xbb\xbf", "utf-8", None),
        (b"\xff\xfe", "utf-16-le", None),
        (b"\xfe\xff", "utf-16-be", None),
        (b"\xff\xfe\0\0", "utf-32-le", None),
        (b"\xff\xfe", "utf-16-le", "utf-16"),
        (b"\xff\xfe", "utf-16-le", "utf-16-le"),
        (b"\xef\xbb\xbf", "utf-8", "utf8"),
        (b"", "gb18030", "gb18030"),
        (b"", "gb18030", "GB18030"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_byte_order_mark_and_the_lines_of_other_systems_are_no_part_of_a_table(
    tmp_path, mark, encoding, given, newline
):
    path = write(tmp_path, mark + CHINESE.replace("\n", newline).encode(encoding))
    table = read_text_table(path, encoding=given)
    assert table.texts == ["这家酒店的房间很大，服务也不错", "我们不会再来了，早餐太差"]
    assert table.labels == ["好", "差"]


@pytest.mark.parametrize("name", ["utf-99", "base64", "rot13", "", "a\0b", "undefined"])
def test_an_unknown_encoding_is_refused(tmp_path, name):
    path = write(tmp_path, "text,label\na,x\n")
    if not name:  # no name is no wish
        assert len(read_text_table(path, encoding=name)) == 1
        return
    with pytest.raises(UserError, match="--encoding"):
        read_text_table(path, encoding=name)


def test_the_line_of_a_wrong_byte_is_counted_far_into_a_file(tmp_path):
    lines = [b"text,label"] + [b"some words in a row,x"] * 200_000 + [b"caf\xe9 au lait,x"]
    with pytest.raises(UserError, match="line 200002 has the byte 0xE9"):
        read_text_table(write(tmp_path, b"\r\n".join(lines)))
