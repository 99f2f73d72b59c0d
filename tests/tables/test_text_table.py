"""Tables come in as they were written; what cannot be used is left out and counted, or named with its line."""

import csv
import datetime
import hashlib

import pyarrow as pa
import pyarrow.parquet
import pytest

from keras_bigmodel import UserError
from keras_bigmodel.tables import read_text_table
from tests.tables.writers import WRITERS, write, write_delimited, write_lines

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


TOOK = "Took column {} as the {}; name others with --text."


def _read(folder, content, name="table.csv", **how):
    return read_text_table(write(folder, content, name), **how)


def _refused(folder, content, name="table.csv", **how):
    with pytest.raises(UserError) as caught:
        _read(folder, content, name, **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("ending", WRITERS)
def test_texts_and_labels_come_in_as_they_were_written(tmp_path, ending):
    path = WRITERS[ending](tmp_path / f"table{ending}", ROWS)
    table = read_text_table(path)
    assert list(zip(table.texts, table.labels, strict=True)) == ROWS
    assert table.weights is None
    assert table.inputs == {"text": table.texts}
    assert (table.dropped, table.cut) == ({}, 0)
    assert [note.split(" are what")[0].split(" is what")[0] for note in table.notes] == ['The label "NA"']
    assert table.columns == {"text": "text", "label": "label"}
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_json_lines_full_of_dates_stay_what_was_written(tmp_path):
    rows = [("2024-01-31 10:00:00", "2024-01-31"), ("2024-02-01 11:30:00", "2024-02-01")]
    table = read_text_table(write_lines(tmp_path / "dates.jsonl", rows))
    assert list(zip(table.texts, table.labels, strict=True)) == rows
    assert "dates" in table.notes[0]


def test_numbers_in_json_lines_stay_as_written(tmp_path):
    lines = ['{"text": "a", "label": 1.0}', '{"text": "b", "label": 7}', '{"text": 1e3, "label": 12345678901234567890}']
    table = _read(tmp_path, "\n".join(lines), "a.jsonl")
    assert (table.texts, table.labels) == (["a", "b", "1e3"], ["1.0", "7", "12345678901234567890"])
    assert table.notes == ["The labels are numbers (1.0, 7, 12345678901234567890); they are taken as names of classes."]


def test_typed_columns_become_names(tmp_path):
    columns = {
        "numbers": ([7, 0], ["7", "0"], "numbers"),
        "truths": ([True, False], ["true", "false"], "booleans"),
        "days": ([datetime.date(2024, 1, 31)] * 2, ["2024-01-31"] * 2, "dates"),
        "categories": (pa.array(["x", "y"]).dictionary_encode(), ["x", "y"], None),
        "bytes": ([b"x", "é".encode()], ["x", "é"], None),
    }
    values = {name: column for name, (column, _, _) in columns.items()}
    pyarrow.parquet.write_table(pa.table({"text": ["a", "b"], **values}), tmp_path / "a.parquet")
    for name, (_, wanted, kind) in columns.items():
        table = read_text_table(tmp_path / "a.parquet", label=name)
        assert table.labels == wanted
        assert [kind in note for note in table.notes] == [True] * (kind is not None)


def test_labels_lose_the_spaces_around_them_and_texts_do_not(tmp_path):
    table = _read(tmp_path, "text,label\n a , x\nb,x \n")
    assert (table.texts, table.labels) == ([" a ", "b"], ["x", "x"])


@pytest.mark.parametrize(
    ("labels", "note"),
    [
        (["Good", "good"], 'The labels "Good" and "good" differ only in case; they are taken as different classes.'),
        (["bad", "b\u200bad"], '"bad" and "b\\u200bad" differ only in case, spaces or Unicode form'),
        (["é", "e\u0301"], "spaces or Unicode form"),
        (["so so", "so\u00a0so", "So  so"], '"So  so" and "so so" and "so\\xa0so"'),
        (
            [letter + case for letter in "abcde" for case in "xX"],
            '"aX" and "ax"; "bX" and "bx"; "cX" and "cx" and 2 more',
        ),
        (["好", "好的"], None),
    ],
)
def test_labels_that_look_alike_are_told(tmp_path, labels, note):
    path = write_delimited(tmp_path / "table.csv", [(f"text {number}", label) for number, label in enumerate(labels)])
    table = read_text_table(path)
    assert table.labels == labels
    assert [note in found for found in table.notes] == [True] * (note is not None)


def test_pairs_have_two_texts_of_which_the_second_may_be_empty(tmp_path):
    rows = [("q1", "a1", "yes"), ("q2", "", "no")]
    path = write_delimited(tmp_path / "pairs.csv", rows, header=("question", "answer", "fits"))
    table = read_text_table(path, text="question", pair="answer", label="fits")
    assert table.inputs == {"text": ["q1", "q2"], "text_pair": ["a1", ""]}
    assert table.labels == ["yes", "no"]


def test_a_table_without_labels_may_be_read_without(tmp_path):
    table = _read(tmp_path, "text\na\nb\n", with_labels=False)
    assert (table.texts, table.labels, table.columns) == (["a", "b"], None, {"text": "text"})


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_rows_without_text_or_label_are_left_out_and_counted(tmp_path, ending):
    path = tmp_path / f"table{ending}"
    WRITERS[ending](path, [("a", "x"), ("", "x"), (" \t", "y"), ("b", ""), ("b", "  "), ("c", "y")])
    table = read_text_table(path)
    assert list(zip(table.texts, table.labels, strict=True)) == [("a", "x"), ("c", "y")]
    assert table.dropped == {"empty text": 2, "no label": 2}


def test_nulls_and_numbers_that_are_none_are_left_out_and_counted(tmp_path):
    rows = [
        '{"text": "a", "label": null}',
        '{"text": null, "label": "x"}',
        '{"text": "b", "label": NaN}',
        '{"text":"c"}',
    ]
    table = _read(tmp_path, "\n".join([*rows, '{"text": "d", "label": "y"}']), "a.jsonl")
    assert (table.texts, table.dropped) == (["d"], {"empty text": 1, "no label": 3})
    columns = {"text": ["a", "b", None], "label": [1.0, float("nan"), 2.0]}
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    table = read_text_table(tmp_path / "a.parquet")
    assert (table.texts, table.dropped) == (["a"], {"no label": 1, "empty text": 1})


def test_blank_lines_are_no_rows_and_lines_are_counted_with_them(tmp_path):
    table = _read(tmp_path, "\n\ntext,label\n\na,x\n   \nb,y\n\n")
    assert (table.texts, table.dropped) == (["a", "b"], {})
    assert "line 7 of" in _refused(tmp_path, "\n\ntext,label\n\na,x\n   \nb,y,z\n")


def test_a_part_of_a_table_keeps_where_it_came_from(tmp_path):
    rows = [(text, label, str(number)) for number, (text, label) in enumerate(ROWS)]
    path = write_delimited(tmp_path / "table.csv", rows, header=("text", "label", "weight"))
    whole = read_text_table(path, weight="weight")
    part = whole.rows([3, 1])
    assert part.texts == [whole.texts[3], whole.texts[1]]
    assert part.labels == [whole.labels[3], whole.labels[1]]
    assert part.weights == [3.0, 1.0]
    assert (part.path, part.sha256, part.columns) == (whole.path, whole.sha256, whole.columns)


def test_a_text_of_two_megabytes_is_cut_and_counted(tmp_path):
    table = read_text_table(write_delimited(tmp_path / "long.csv", [("x" * 2_000_000, "a"), ("y", "b")]))
    assert [len(text) for text in table.texts] == [100_000, 1]
    assert table.cut == 1
    assert table.notes == ["Cut 1 text to 100,000 characters."]


def test_weights_are_numbers_from_0_up(tmp_path):
    table = _read(tmp_path, "text,label,w\na,x,0.5\nb,y,2\n,y,none\n", weight="w")
    assert table.weights == [0.5, 2.0]  # the row that is left out anyway may have anything


@pytest.mark.parametrize("weight", ["-1", "nan", "inf", "many", "", "1e999"])
def test_what_is_no_weight_is_named_with_its_line(tmp_path, weight):
    sentence = _refused(tmp_path, f"text,label,w\na,x,1\nb,y,{weight}\n", weight="w")
    assert "line 3" in sentence
    assert "0 or more" in sentence


def test_weights_of_0_throughout_are_refused(tmp_path):
    assert "Every weight" in _refused(tmp_path, "text,label,w\na,x,0\nb,y,0\n", weight="w")


# ---- quote marks


def test_a_quote_mark_inside_a_cell_is_a_character(tmp_path):
    table = _read(tmp_path, 'text,label\n5" nails,x\na "b" c,y\n')
    assert table.texts == ['5" nails', 'a "b" c']


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('text\tlabel\na\tx\n"b" and more\ty\n', ["line 3", "closes it in line 3", "--no-quotes"]),
        ('text\tlabel\na\tx\n"b\ty\nc\tx\n', ["line 3", "none closes it", "--no-quotes"]),
        ('text\tlabel\n"a\tx\nb\ty\nc\t"x"\n', ["line 2", "closes it in line 4", "--no-quotes"]),
    ],
)
def test_stray_quote_marks_are_named_with_their_line(tmp_path, content, words):
    sentence = _refused(tmp_path, content, "table.tsv")
    assert all(word in sentence for word in words), sentence


def test_rows_that_two_stray_quote_marks_would_join_are_not_joined_in_silence(tmp_path):
    content = 'label\ttext\nx\tone\ny\ttwo\nx\t"three\ny\tfour"\nx\tfive\n'
    sentence = _refused(tmp_path, content, "table.tsv")
    assert "lines 4 to 5" in sentence
    assert "--no-quotes" in sentence
    assert _read(tmp_path, content, "table.tsv", quotes=False).texts == ["one", "two", '"three', 'four"', "five"]
    notes = _read(tmp_path, content, "table.tsv", with_labels=False).notes
    assert any("--no-quotes" in note for note in notes)


_ROW = "row {}\t{}\n"
_ROWS = "text\tlabel\n" + "".join(_ROW.format(number, "ab"[number % 2]) for number in range(5))


@pytest.mark.parametrize(
    "lines",
    [
        ['"Oh well, he said\ta', "more\tb", 'last one"\tb'],
        ['"Oh well, he said\ta', 'she said ""no""\ta', 'last one"\tb'],
        ['"Oh well, he said\ta', "no label\t", 'last one"\tb'],
        ['"Oh well, he said\ta', "a new label\tc", 'last one"\tb'],
        ['"Oh well, he said\ta', 'last one, without a label"\t'],
        ['"Oh well, he said\ta', "a cell more\tb\tb", "and\tb", 'last one"\tb'],
    ],
)
def test_stray_quote_marks_that_swallow_lines_of_tsv_are_refused(tmp_path, lines):
    sentence = _refused(tmp_path, _ROWS + "\n".join(lines) + "\n", "table.tsv")
    assert f"lines 7 to {6 + len(lines)} of" in sentence
    assert "Give --no-quotes" in sentence


def test_lines_that_quote_marks_join_are_named_where_they_may_be_rows(tmp_path):
    joined = '"first\t1999\nsecond"\ta\n'
    notes = _read(tmp_path, _ROWS + joined + _ROW.format(6, "b") + joined, "table.tsv").notes
    assert notes == [
        "Quote marks join lines 7 to 8 to one row, and so in 1 other place. If they are ordinary characters, give "
        "--no-quotes."
    ]


def test_a_quoted_text_with_tabs_and_line_breaks_is_one_text(tmp_path):
    rows = [("a", "one\ttwo\tthree\nfour"), ("b", "x"), ("a", "five\nsix\tseven\teight"), ("b", "y\nz")]
    table = read_text_table(write_delimited(tmp_path / "t.tsv", rows, delimiter="\t", header=("label", "text")))
    assert list(zip(table.labels, table.texts, strict=True)) == rows
    assert table.notes == []


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("header", ["text{} label", '"text"{} "label"', "text{}label"])
def test_blanks_before_quote_marks_are_no_part_of_a_cell(tmp_path, delimiter, header):
    rows = "".join(f'well {number}{delimiter} "{"ab"[number % 2]}"\n' for number in range(9))
    rows += f'"said ""so""{delimiter} twice"{delimiter}   "a"\n'
    name = "table.tsv" if delimiter == "\t" else "table.csv"
    table = _read(tmp_path, header.format(delimiter) + "\n" + rows, name)
    assert table.columns == {"text": "text", "label": "label"}
    assert set(table.labels) == {"a", "b"}
    assert table.texts[-1] == f'said "so"{delimiter} twice'


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("label,text\nx, a\ny,  b\n", [" a", "  b"]),
        ('label,text\nx, a\ny, "b" she said\n', [" a", ' "b" she said']),
        ('label,text\nx,a\ny,b\nx,c\ny, "d"\n', ["a", "b", "c", ' "d"']),
        ('label,text\nx," a, ""b"""\ny," c"\n', [' a, "b"', " c"]),
    ],
)
def test_blanks_are_parts_of_texts_otherwise(tmp_path, content, texts):
    assert _read(tmp_path, content).texts == texts


def test_blanks_before_quote_marks_are_told_in_a_long_file_whose_look_ends_in_a_cell(tmp_path):
    rows = "".join(f'"well\nthen {number}", "{"ab"[number % 2]}"\n' for number in range(1500))
    table = _read(tmp_path, "text,label\n" + rows)
    assert (len(table), set(table.labels)) == (1500, {"a", "b"})


@pytest.mark.parametrize(
    ("first", "delimiter"), [("sep=;", ";"), ("sep=,", ","), ('"sep=;"', ";"), ("SEP=|", "|"), ("sep=\t", "\t")]
)
def test_the_line_that_tells_excel_the_delimiter_is_obeyed(tmp_path, first, delimiter):
    rows = f"text{delimiter}label\nwell{delimiter}a\nill{delimiter}b\n"
    table = _read(tmp_path, f"\ufeff{first}\r\n{rows}")
    assert (table.texts, table.labels) == (["well", "ill"], ["a", "b"])
    assert "line 5 of" in _refused(tmp_path, f"{first}\n{rows}one{delimiter}two{delimiter}three\n")
    assert "no rows" in _refused(tmp_path, f"{first}\n")
    joined = f'sep={delimiter}\n{rows}"x{delimiter}a\ny"{delimiter}b\n'
    assert _read(tmp_path, joined, with_labels=False).texts[-1] == f"x{delimiter}a\ny"


def test_texts_of_several_lines_are_no_stray_quote_marks(tmp_path):
    rows = [("x", "dear all,\nthank you, and\nbye, then"), ("y", "hi, there"), ("x", "a")]
    path = write_delimited(tmp_path / "mails.csv", rows, header=("label", "text"))
    assert len(read_text_table(path)) == 3
    rows = [('with "quotes",\nand a line', 1), ("short,\ntoo", 2)]
    path = write_delimited(tmp_path / "reviews.csv", rows, header=("review", "number"))
    table = read_text_table(path, with_labels=False)
    assert (table.texts, table.notes) == ([text for text, _ in rows], [TOOK.format("review", "text")])


def test_without_quotes_a_quote_mark_is_a_character_everywhere(tmp_path):
    table = _read(tmp_path, 'label\ttext\nx\t"a"\ny\t"b\n', "table.tsv", quotes=False)
    assert table.texts == ['"a"', '"b']


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text,label\na,x\nb,c,y\n", ["line 3", "3 fields", "first row has 2", "--no-quotes", "--format tsv"]),
        ("text,label\na,x\nb\n", ["line 3", "1 field", "first row has 2"]),
        ('text,label\n"a\nb",x\n"c\nd",e,y\n', ["lines 4 to 5", "3 fields"]),
    ],
)
def test_rows_of_unequal_width_are_named_with_their_line(tmp_path, content, words):
    sentence = _refused(tmp_path, content)
    assert all(word in sentence for word in words), sentence


def test_semicolons_part_columns_where_no_comma_does(tmp_path):
    table = _read(tmp_path, "text;label\n1,5 Sterne;schlecht\ngut;gut\n")
    assert table.texts == ["1,5 Sterne", "gut"]


def test_semicolons_in_a_file_of_texts_alone_are_characters(tmp_path):
    texts = ["it was cold; we left", "good; cheap", "never again; I promise"]
    lines = "\n".join(texts) + "\n"
    assert _read(tmp_path, lines, with_labels=False, header=False).texts == texts
    assert _read(tmp_path, lines, with_labels=False, header=False, text="1").texts == texts
    assert _read(tmp_path, "Review;Stars\n" + lines, with_labels=False).texts[0] == "it was cold"
    assert _read(tmp_path, "said;how\n" + lines, with_labels=False, text="said").texts[0] == "it was cold"
    assert _read(tmp_path, lines, with_labels=False, text="2", header=False).texts[0] == " we left"


# ---- typed tables


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"text": "a", "label": "x"}\n{text: a}\n', ["Line 2", "no JSON"]),
        ('{"text": "a", "label": "x"}\n["a"]\n', ["Line 2", "a list"]),
        ('{"text": "a", "label": "x"}\n\n{"text": ["b"], "label": "y"}\n', ["line 3", "a list", "Column text"]),
        ('{"text": "a", "label": {"x": 1}}\n', ["an object"]),
        ('[\n{"text": "a"}\n]\n', ["one object a line", "jq"]),
        ('[{"text": "a"}]\n', ["one object a line", "jq"]),
        ('"text"\n', ["Line 1", "a string"]),
        ("[" * 100_000 + "\n", ["Line 1", "nested too deep"]),
        ("{}\n", ["no columns"]),
        ('{"text": "a", "label": "x"}\n{"text": "b", "label": "y", "text": "c"}\n', ["Line 2", '"text" twice']),
        ('{"text": "a", "label": "x", "more": {"k": 1, "k": 2}}\n', ["Line 1", '"k" twice']),
    ],
)
def test_what_is_no_json_line_is_named_with_its_line(tmp_path, content, words):
    sentence = _refused(tmp_path, content, "table.jsonl", label="label", text="text")
    assert all(word in sentence for word in words), sentence


def test_half_a_surrogate_pair_is_no_character(tmp_path):
    table = _read(tmp_path, '{"text": "a\\ud83d b", "label": "\\ud83d\\ude00"}\n', "table.jsonl")
    assert (table.texts, table.labels) == (["a\ufffd b"], ["😀"])


def test_lists_in_parquet_are_named_with_their_row_only_where_they_are_wanted(tmp_path):
    columns = {"text": ["a", "b"], "label": ["x", "y"], "vector": [[1.0], [2.0]]}
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    assert read_text_table(tmp_path / "a.parquet").texts == ["a", "b"]
    with pytest.raises(UserError, match=r"Column vector of .* holds in row 1 a list"):
        read_text_table(tmp_path / "a.parquet", text="vector")


def test_the_rows_are_those_of_pythons_own_reader(tmp_path):
    path = write_delimited(tmp_path / "table.csv", ROWS * 50)
    with path.open(encoding="utf-8", newline="") as file:
        wanted = list(csv.DictReader(file))
    table = read_text_table(path)
    assert [{"text": text, "label": label} for text, label in zip(table.texts, table.labels, strict=True)] == wanted
