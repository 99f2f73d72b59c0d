"""Tables of texts and labels, from files. Knows formats and columns; no model."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from keras_bigmodel.core.errors import UserError


@dataclass(frozen=True)
class TextTable:
    """The texts of a table, and their labels where it has them.

    Args:
        path: str. Where it was read.
        texts: list of str.
        seconds: list of str, the second texts of pairs, or None.
        labels: list of str or None.
        dropped: dict of reason → number of rows left out.
        sha256: str. Of the file's bytes.
    """

    path: str
    texts: list[str]
    seconds: list[str] | None
    labels: list[str] | None
    dropped: dict[str, int]
    sha256: str

    def __len__(self):
        return len(self.texts)

    @property
    def inputs(self):
        """What a task takes: the texts, or both columns of the pairs."""
        return self.texts if self.seconds is None else (self.texts, self.seconds)

    def rows(self, numbers):
        """Gives a table of some rows."""
        pick = lambda column: None if column is None else [column[number] for number in numbers]
        return TextTable(self.path, pick(self.texts), pick(self.seconds), pick(self.labels), {}, self.sha256)


def read_text_table(path, *, text="text", pair=None, label="label"):
    """Reads a CSV, TSV, JSON-lines or Parquet file.

    Rows with an empty text, or with no label where labels are asked for, are left out and counted.

    Args:
        path: path of the file; its ending says the format: `.csv`, `.tsv`, `.jsonl`, `.parquet`.
        text: str. Name of the text's column.
        pair: str. Name of the second text's column, for pairs. Defaults to None.
        label: str. Name of the label's column; None reads no labels.

    Returns:
        `TextTable`.

    Raises:
        UserError: no such file, an unknown ending, an unreadable table, no such column, no usable row.
    """
    path = Path(path)
    table = _read(path)
    texts = _column(table, path, text, "--text")
    seconds = None if pair is None else _column(table, path, pair, "--pair")
    labels = None if label is None else _column(table, path, label, "--label")
    kept, dropped = [], {}
    for number in range(len(texts)):
        reason = _reason_to_drop(texts[number], labels[number] if labels else "-")
        if reason is None:
            kept.append(number)
        else:
            dropped[reason] = dropped.get(reason, 0) + 1
    if not kept:
        why = "it has no rows" if not len(texts) else f"all {len(texts)} rows lack a text or a label"
        raise UserError(f"{path} gives nothing to work on: {why}. Give a table with at least one filled row.")
    seconds = seconds and [second or "" for second in seconds]
    pick = lambda column: None if column is None else [column[number] for number in kept]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return TextTable(str(path), pick(texts), pick(seconds), pick(labels), dropped, digest)


def _reason_to_drop(text, label):
    if text is None or not text.strip():
        return "empty text"
    return "no label" if label is None or label == "" else None


def _read(path):
    if not path.exists():
        raise UserError(f"No file {path}. Check the name; tables end in {', '.join(_READERS)}.")
    if path.is_dir():
        raise UserError(f"{path} is a folder; wanted a table that ends in {', '.join(_READERS)}.")
    if path.suffix.lower() not in _READERS:
        raise UserError(f'{path} ends in "{path.suffix}"; tables end in {", ".join(_READERS)}. Rename or convert it.')
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty. Give a table with a row of column names and at least one filled row.")
    try:
        return _READERS[path.suffix.lower()](path)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowException, OSError) as error:
        raise UserError(f"{path} cannot be read as a table: {str(error).splitlines()[0]:.200}.") from error


def _read_delimited(path, delimiter):
    # Every column as text: a label 007 or 1.0 must stay what was written.
    with pyarrow.csv.open_csv(path, parse_options=_parse(delimiter)) as reader:
        names = reader.schema.names
    convert = pyarrow.csv.ConvertOptions(
        column_types={name: pyarrow.string() for name in names},
        strings_can_be_null=False,
        quoted_strings_can_be_null=False,
    )
    return pyarrow.csv.read_csv(path, parse_options=_parse(delimiter), convert_options=convert)


def _read_json_lines(path):
    """Reads JSON lines; strings that look like dates stay strings, which takes a second reading."""
    table = pyarrow.json.read_json(path)
    schema = pyarrow.schema(
        [
            field.with_type(pyarrow.string()) if pyarrow.types.is_timestamp(field.type) else field
            for field in table.schema
        ]
    )
    if schema == table.schema:
        return table
    return pyarrow.json.read_json(path, parse_options=pyarrow.json.ParseOptions(explicit_schema=schema))


def _parse(delimiter):
    return pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)


_READERS = {
    ".csv": lambda path: _read_delimited(path, ","),
    ".tsv": lambda path: _read_delimited(path, "\t"),
    ".jsonl": _read_json_lines,
    ".parquet": pyarrow.parquet.read_table,
}


def _column(table, path, name, option):
    if name not in table.column_names:
        raise UserError(
            f'No column "{name}" in {path}. It has: {", ".join(table.column_names)}. Name the column with {option}, '
            f"e.g. {option} {table.column_names[0]}."
        )
    if table.column_names.count(name) > 1:
        raise UserError(f'{path} has the column "{name}" {table.column_names.count(name)} times. Rename all but one.')
    values = table.column(name).to_pylist()
    return [value if value is None or isinstance(value, str) else str(value) for value in values]
