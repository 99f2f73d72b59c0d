"""Whatever texts and labels there are: written, they are read back; whatever bytes there are: only sentences come."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_bigmodel import UserError
from keras_bigmodel.tables import read_text_table
from tests.tables.writers import WRITERS

properties = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # the folder is one, each example writes its own file
)
letters = st.one_of(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), st.sampled_from("\",;\n\r\t'\\ 中")
)
texts = st.text(letters, min_size=1, max_size=12).filter(str.strip)
labels = texts.map(str.strip)
tables = st.lists(st.tuples(texts, labels), min_size=1, max_size=12)


def _is_read_back(path, rows, **how):
    # Named: what looks like a header is a guess, and here the cells may be the words "text" and "label".
    try:
        table = read_text_table(path, text="text", label="label", header=True, **how)
    except UserError as error:
        # Stray quote marks look the same where a cell of a TSV has TABs and line breaks; nothing else may be refused.
        has_both = any("\t" in cell and set(cell) & {"\n", "\r"} for row in rows for cell in row)
        return path.suffix == ".tsv" and "--no-quotes" in str(error) and has_both
    return list(zip(table.texts, table.labels, strict=True)) == rows


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
@properties
@given(rows=tables)
def test_any_table_is_read_back_as_it_was_written(tmp_path, ending, rows):
    assert _is_read_back(WRITERS[ending](tmp_path / f"table{ending}", rows), rows)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl"])
@pytest.mark.parametrize(
    ("encoding", "option"),
    [("utf-8-sig", None), ("utf-16", None), ("utf-16", "utf-16"), ("gb18030", "gb18030"), ("utf-8", "utf-8")],
)
@settings(properties, max_examples=25)
@given(rows=tables)
def test_any_table_is_read_back_from_other_encodings(tmp_path, ending, encoding, option, rows):
    rows = [(text.removeprefix("\ufeff") or "-", label) for text, label in rows]
    path = WRITERS[ending](tmp_path / f"table{ending}", rows, encoding=encoding)
    assert _is_read_back(path, rows, encoding=option)


formats = st.sampled_from(["csv", "tsv", "jsonl", "parquet"])
pieces = [
    b"text",
    b"label",
    b",",
    b"\t",
    b'"',
    b"\n",
    b"\r",
    b"{",
    b"}",
    b":",
    b"[",
    b"a",
    b"1",
    b" ",
    b";",
    b"\\u",
    b"d83d",
]
pieces += [b"\xe4\xb8\xad", b"\xff", b"\xfe", b"\0", b"PAR1", b"\xef\xbb\xbf", b"null", b"NaN", b"1e999"]
likely = st.lists(st.sampled_from(pieces), max_size=30).map(b"".join)


def _rows_or_sentence(path, **how):
    """Gives the number of rows, or the sentence that refuses the table; anything else goes through."""
    try:
        return len(read_text_table(path, **how))
    except UserError as error:
        return str(error)


def _is_good(answer):
    return answer > 0 if isinstance(answer, int) else answer.endswith((".", ".)"))


@settings(properties, max_examples=600)
@given(
    content=st.one_of(st.binary(max_size=200), likely),
    format=formats,
    how=st.fixed_dictionaries(
        {},
        optional={
            "quotes": st.booleans(),
            "header": st.booleans(),
            "encoding": st.sampled_from(
                ["utf-16", "utf-16-le", "gb18030", "utf-7", "shift_jis", "idna", "unicode_escape"]
            ),
            "text": st.sampled_from(["1", "text", ""]),
            "label": st.sampled_from(["2", "label"]),
            "weight": st.sampled_from(["2", "label"]),
            "with_labels": st.booleans(),
        },
    ),
)
def test_any_bytes_are_a_table_or_refused_with_a_sentence(tmp_path, content, format, how):
    (tmp_path / "table").write_bytes(content)
    assert _is_good(_rows_or_sentence(tmp_path / "table", format=format, **how))


@settings(properties, max_examples=150)
@given(rows=tables, place=st.floats(0, 1), byte=st.integers(0, 255))
def test_a_damaged_parquet_file_is_a_table_or_refused(tmp_path, rows, place, byte):
    path = WRITERS[".parquet"](tmp_path / "table.parquet", rows)
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] = byte
    path.write_bytes(content)
    assert _is_good(_rows_or_sentence(path))
