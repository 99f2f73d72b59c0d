"""Labels of a table: one, several or a number; what kind a column holds is seen by looking."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_bigmodel import TableStream, UserError
from keras_bigmodel.tables import read_text_table
from keras_bigmodel.tables.label_cells import LabelCells, kind_of_labels, separator_of

NAMES = ["joy", "anger", "快乐", "no way", "x1"]


@given(st.lists(st.lists(st.sampled_from(NAMES), max_size=4), min_size=1, max_size=20), st.sampled_from(",;|"))
def test_joined_labels_come_back_as_their_set(rows, sign):
    read = LabelCells("several", sign)
    for row in rows:
        assert read(sign.join(row)) == tuple(dict.fromkeys(row))
        assert read(f" {sign} ".join(row)) == tuple(dict.fromkeys(row))
        assert read(row) == tuple(dict.fromkeys(row))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back(number):
    assert LabelCells("number")(repr(number)) == number
    assert LabelCells("number")(number) == number


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["good", "bad", "good"], "one"),
        (["1", "2", "3"] * 9, "one"),
        ([str(number / 8) for number in range(40)], "number"),
        ([0.5, 1.0, 1.5] * 9, "one"),  # half stars
        ([[], ["joy"]], "several"),
        (["joy", "anger", "joy,anger"], "several"),
        (["27", "2,14", "2", "14", ""], "several"),
        (["joy;anger", "anger;fear", "joy;fear"], "several"),
        (["Toys, games", "Home, garden", "Books"], "one"),  # commas in names: their parts stand nowhere else
        (["a|b", "a", "b|c", "c"], "several"),
        ([None, "", "good"], "one"),
        ([], "one"),
    ],
)
def test_the_kind_of_a_column_is_seen_by_looking(cells, kind):
    assert kind_of_labels(cells) == kind


@pytest.mark.parametrize(
    ("cells", "sign"),
    [(["a,b", "a", "b"], ","), (["a;b", "b;a", "a"], ";"), (["a|b", "b|a", "b"], "|"), (["a b"], None)],
)
def test_the_sign_between_labels_is_found(cells, sign):
    assert separator_of(cells) == sign


@pytest.mark.parametrize(
    ("kind", "cell", "words"),
    [
        ("one", ["a"], "a list; wanted one label"),
        ("several", {"a": 1}, "an object; wanted a list"),
        ("several", ["a", ["b"]], "a list"),
        ("number", "good", '"good"; wanted a number'),
        ("number", "3,5", "with a point"),
        ("number", True, '"true"; wanted a number'),
        ("number", "inf", "wanted a finite number"),
        ("number", "nan", "wanted a finite number"),
    ],
)
def test_a_cell_of_another_kind_is_refused_with_a_sentence(kind, cell, words):
    with pytest.raises(UserError) as caught:
        LabelCells(kind)(cell)
    assert words in str(caught.value)


def test_an_empty_list_is_no_label_and_a_missing_one_is_left_out(tmp_path):
    rows = [("first", ["joy"]), ("second", []), ("third", None), ("fourth", "joy, anger"), ("fifth", "")]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": text, "labels": labels}) + "\n" for text, labels in rows))
    table = read_text_table(path, label_kind=None)
    assert table.label_kind == "several"
    assert table.labels == [("joy",), (), ("joy", "anger"), ()]
    assert table.dropped == {"no label": 1}
    assert table.label_counts == {"joy": 2, "anger": 1}
    assert [label for block in TableStream(path, label_kind="several") for label in block.labels] == table.labels


def test_a_sign_that_joins_known_labels_must_be_named(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\none,joy\ntwo,anger\nthree,joy/anger\n")
    with pytest.raises(UserError, match='--label-separator "/"'):
        read_text_table(path, label_kind="several")
    table = read_text_table(path, label_kind="several", label_separator="/")
    assert table.labels[-1] == ("joy", "anger")
    with pytest.raises(UserError, match="each row of .* has one label"):
        read_text_table(path, label_separator="/")


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (['["joy", "love"]', '["joy"]', "[]"], "several"),  # as pandas writes lists to CSV
        (["['joy', 'love']", "['fear']"], "several"),
        (["[ORG]", "[PER]"], "one"),
        (["yes, please", "no, thanks", "yes, thanks", "no, please"], "one"),  # no part stands alone
        (["joy,", "joy,love,", "love,"], "several"),
        (["快乐、愤怒", "快乐", "愤怒"], "several"),
        (["快乐，愤怒", "快乐", "愤怒"], "several"),
        (["3,5", "4,0", "2,75", "1,25"] * 3, "one"),
        ([f"{number / 8:.3f}".replace(".", ",") for number in range(40)], "number"),
        ([f"{number / 2:g}".replace(".", ",") for number in range(30)], "number"),
        (["1,000", "2,500", "1", "500", "2"], "one"),  # thousands
        (["Jan 5, 2020", "Jan 6, 2020", "Jan 5, 2021", "Jan 6, 2021"], "one"),
        (["3", "4", "3", "4", "3,4"], "several"),
        ([number / 8 for number in range(40)] + [float("nan")], "number"),
        ([str(number / 8) for number in range(40)] + ["NaN", "n/a"], "number"),
    ],
)
def test_lists_in_texts_and_decimal_commas_are_seen(cells, kind):
    assert kind_of_labels(cells) == kind


@given(st.lists(st.lists(st.sampled_from(NAMES), max_size=4), min_size=1, max_size=20))
def test_lists_written_as_texts_come_back(rows):
    read = LabelCells("several")
    for row in rows:
        assert read(json.dumps(row)) == read(str(row)) == read(row)


def test_a_list_without_commas_is_refused():
    with pytest.raises(UserError, match="a list without commas"):
        LabelCells("several")("['joy' 'love']")


@pytest.mark.parametrize("sign", ["/", "+"])
def test_a_sign_between_labels_that_never_stand_alone_must_be_named(tmp_path, sign):
    path = tmp_path / "rows.csv"
    rows = [("joy", "anger"), ("anger", "fear"), ("fear", "joy"), ("joy", "fear", "anger")]
    path.write_text("text,label\n" + "".join(f"text {place},{sign.join(row)}\n" for place, row in enumerate(rows)))
    with pytest.raises(UserError, match=f'--label-separator "[{sign}]"'):
        read_text_table(path, label_kind="several")
    assert read_text_table(path, label_kind="several", label_separator=sign).labels == rows
    assert read_text_table(path, label_kind="several", label_separator="&").labels[0] == (sign.join(rows[0]),)


def test_it_is_said_what_joins_labels(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\none,joy\ntwo,anger\nthree,joy;anger\n")
    table = read_text_table(path, label_kind=None)
    assert (table.label_kind, table.label_separator) == ("several", ";")
    assert '";" joins the labels of a row (--label-separator says otherwise).' in table.notes
    path.write_text("text,label\none,joy\ntwo,anger\nthree,joy\n")
    table = read_text_table(path, label_kind="several")
    assert table.label_separator is None
    assert any("more than one label" in note for note in table.notes)
