"""Header or none, which column is what: found where it can be, told in the notes, asked for where it cannot."""

import pytest

from keras_bigmodel import UserError
from keras_bigmodel.tables import read_text_table
from tests.tables.writers import write, write_lines, write_parquet

TEXTS = ["the room was cold and the soup was worse", "a friendly place near the station", "never again I promise you"]


def _rows(*columns, times=2):
    return "".join(",".join(row) + "\n" for row in zip(*columns, strict=True)) * times


def _read(folder, content, name="table.csv", **how):
    return read_text_table(write(folder, content, name), **how)


# ---- header or none


@pytest.mark.parametrize(
    ("content", "how", "header"),
    [
        ("great film,1\ndull plot,0\nfine actors,1\n", {}, False),
        ("ham,hi there\nspam,buy now and win\nham,see you at noon\n", {}, False),
        ("text,label\na,x\nb,y\n", {}, True),
        ("Review,Sentiment\na,x\nb,y\n", {}, True),
        ("评论,标签\n很好,x\n不好,y\n", {}, True),
        ("Quality\t#1 ID\t#1 String\n1\t702876\tAmrozi accused his brother\n0\t21087\tYucaipa bought it\n", {}, True),
        ("utt,cls\n" + _rows(TEXTS, ["a", "b", "a"]), {}, True),
        ("phrase_x,stars_x\n" + _rows(TEXTS, ["1", "2", "1"]), {}, True),
        (_rows(TEXTS, ["1", "2", "3"]), {}, False),
        ("great film,1\nfine,0\n", {"text": "1", "label": "2"}, False),
        ("great film,1\nfine,0\ndull,1\n", {"text": "1"}, False),
        ("good,ham\nbad,spam\n", {"text": "1", "label": "2"}, False),
        ("one,two\ngood,ham\nbad,spam\n", {"text": "one", "label": "two"}, True),
        ("2,1\ngood,ham\nbad,spam\n", {"text": "2", "label": "1"}, True),
        ("text,label\na,x\nb,y\n", {"header": False, "text": "1", "label": "2"}, False),
        ("good,ham\nbad,spam\n", {"header": True, "text": "1", "label": "2"}, True),
    ],
)
def test_a_header_is_told_from_a_row(tmp_path, content, how, header):
    name = "table.tsv" if "\t" in content else "table.csv"
    if "\t" in content:
        how = {"text": "3", **how}
    table = _read(tmp_path, content, name, **how)
    assert len(table) == content.count("\n") - header
    assert all(isinstance(column, str if header else int) for column in table.columns.values())


@pytest.mark.parametrize("content", ["good,ham\nbad,spam\n", "hello,x\n"])
def test_where_nothing_tells_the_person_is_asked(tmp_path, content):
    with pytest.raises(UserError, match=r"--header .*--no-header"):
        _read(tmp_path, content)


_PAIR = "".join(f"{text},{label}\n" for text, label in zip(TEXTS, "xyx", strict=True))


@pytest.mark.parametrize(
    ("header", "how"),
    [
        ("text,label", {}),
        ("Review,Stars", {}),
        ("text,label", {"header": True}),
        ("text,label", {"text": "1", "label": "2"}),
        ("text,label", {"with_labels": False}),
        ("said,how", {"text": "said", "label": "how"}),
        ("said,how", {"text": "said", "with_labels": False}),
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_header_that_comes_again_is_refused_with_its_line(tmp_path, header, how, mark):
    with pytest.raises(UserError, match=r"^Line 5 of .* repeats the names of the columns: remove that line\.$"):
        _read(tmp_path, f"{mark}{header}\n{_PAIR}{mark}{header}\n{_PAIR}", **how)


def test_a_header_that_comes_again_far_down_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"^Line 36002 of"):
        _read(tmp_path, f"text,label\n{_PAIR * 12000}text,label\n{_PAIR}")


@pytest.mark.parametrize(
    ("content", "how"),
    [
        ("good,ham\nbad,spam\ngood,ham\n", {"text": "1", "label": "2"}),
        ("what is it now,question\nvery fine it is,answer\nwhat is it now,question\n", {"with_labels": False}),
        ("text,label\na,x\ntext,label\n", {"header": False, "text": "1", "label": "2"}),
    ],
)
def test_a_row_that_comes_again_is_a_row(tmp_path, content, how):
    assert len(_read(tmp_path, content, **how)) == 3


# ---- which column is what


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("label,review\n1,good\n0,bad\n", {"text": "review", "label": "label"}),
        ("id,category,content\n1,a,some words\n2,b,some more\n", {"text": "content", "label": "category"}),
        ("title,text,rating\nx,some words,1\ny,more,2\n", {"text": "text", "label": "rating"}),
        ("who,said,how\n" + _rows("xyz", TEXTS, ["calm", "calm", "angry"]), None),
        ("number,said,how\n" + "".join(f"{n},{TEXTS[n % 3]} {n},{'ab'[n % 2]}\n" for n in range(60)), {"text": "said"}),
    ],
)
def test_columns_are_found_by_name_or_by_shape(tmp_path, content, columns):
    if columns is None:
        with pytest.raises(UserError, match=r"stands out as the label.*--label"):
            _read(tmp_path, content)
        return
    table = _read(tmp_path, content)
    assert {**table.columns, **columns} == table.columns
    assert "name others with --text, --label" in table.notes[0]


def test_what_was_found_is_told_and_what_was_named_is_not(tmp_path):
    content = "great film,1\ndull plot,0\nfine actors,1\n"
    notes = _read(tmp_path, content).notes
    assert "Took column 1 as the text and column 2 as the label; name others with --text, --label." in notes[0]
    assert "not as a header" in notes[0]
    assert not any("Took" in note for note in _read(tmp_path, content, text="1", label="2").notes)
    assert "Took column 2 as the label" in _read(tmp_path, content, text="1").notes[0]


@pytest.mark.parametrize(
    ("content", "how", "words"),
    [
        ("a b,label\nx,1\n", {"text": "text"}, ['No column "text"', "a b, label", "--text"]),
        ("comment,label\nx,1\n", {"text": "coment"}, ["It has: comment, label", "e.g. --text comment"]),
        ("text,label\nx,1\n", {"pair": "other"}, ['No column "other"', "--pair"]),
        ("text,label\nx,1\n", {"text": "3", "label": "label"}, ['No column "3"']),
        ("text,label\nx,1\n", {"label": "text"}, ["stands out as the text"]),
        ("text,label\nx,1\n", {"text": "label", "label": "label"}, ["--text and --label both", '"label"']),
        ("text,label\nx,1\n", {"text": "1", "pair": "text", "header": True}, ["--text and --pair both"]),
        ("text,text,label\na,b,c\n", {}, ["columns that may be the text", "--text"]),
        ("text,text,label\na,b,c\n", {"text": "text"}, ['"text" 2 times']),
        ("review,comment,label\na,b,c\n", {}, ["2 columns that may be the text: review, comment", "--text review"]),
        ("text,category,intent\na,b,c\n", {}, ["2 columns that may be the label: category, intent"]),
        ("text\na\nb\n", {}, ['one column, "text"', "--format tsv"]),
        ("s1,s2,label\n" + _rows(TEXTS, TEXTS[::-1], "xyx"), {}, ["as the text", "--text s1", "--pair s2"]),
        (
            "text," + ",".join(f"c{n}" for n in range(30)) + "\n" + ",".join("a" * 31) + "\n",
            {"label": "z"},
            ["11 more"],
        ),
    ],
)
def test_columns_that_cannot_be_taken_are_refused_with_the_option(tmp_path, content, how, words):
    with pytest.raises(UserError) as caught:
        _read(tmp_path, content, **how)
    assert all(word in str(caught.value) for word in words), caught.value


def test_numbers_count_columns_that_have_names_too(tmp_path):
    table = _read(tmp_path, "text,label,#1 String\na,x,b\nc,y,d\n", text="3")
    assert (table.texts, table.columns["text"]) == (["b", "d"], "#1 String")


@pytest.mark.parametrize("writer", [write_lines, write_parquet])
def test_typed_tables_are_looked_at_in_the_same_way(tmp_path, writer):
    rows = [(number, text, "ab"[number % 2]) for number, text in enumerate(TEXTS * 30)]
    ending = "jsonl" if writer is write_lines else "parquet"
    path = writer(tmp_path / f"table.{ending}", rows, header=("number", "said", "how"))
    assert read_text_table(path).columns == {"text": "said", "label": "how"}
    with pytest.raises(UserError, match='No column "2"'):
        read_text_table(path, text="2")


def test_objects_may_lack_keys(tmp_path):
    table = _read(tmp_path, '{"label": "x"}\n{"text": "a"}\n{"text": "b", "label": "y", "more": []}\n', "table.jsonl")
    assert (table.texts, table.dropped) == (["b"], {"empty text": 1, "no label": 1})


def test_the_columns_of_a_table_without_labels_are_found_too(tmp_path):
    table = _read(tmp_path, "id,said\n" + "".join(f"{n},{TEXTS[n % 3]}\n" for n in range(30)), with_labels=False)
    assert table.columns == {"text": "said"}
    assert table.labels is None


def test_a_table_sorted_by_label_is_read_to_its_end(tmp_path):
    rows = "".join(f"x,some words {n}\n" for n in range(11_000)) + "".join(f"y,other words {n}\n" for n in range(100))
    table = _read(tmp_path, rows)
    assert (len(table), set(table.labels)) == (11_100, {"x", "y"})
