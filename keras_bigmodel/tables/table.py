"""Holds a table of texts and labels: how it is read, its rows, its blocks. Knows columns; no file format, no model."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.settings import setting

ROLES = ("text", "pair", "label", "weight")
INPUTS = {"text": "text", "pair": "text_pair"}  # role of a table's column → column of a task's input


def inputs_of(columns):
    """Returns what a task takes of a table's columns by role: dict of column → list."""
    return {name: columns[role] for role, name in INPUTS.items() if role in columns}


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """Holds how a table is read: the same names in Python, on the command line and in a settings file.

    Args:
        text: str. The text's column: its name, or its number from 1. Defaults to the one that its name or shape tells.
        pair: str. The second text's column, for pairs; never guessed.
        label: str. The label's column. Defaults to the one that its name or shape tells.
        weight: str. The column that says how much a row counts; never guessed.
        format: str. `"csv"`, `"tsv"`, `"jsonl"` or `"parquet"`. Defaults to what the file's ending says.
        quotes: bool. Whether quote marks enclose cells, in CSV and TSV. Defaults to True.
        encoding: str. Of CSV, TSV and JSON lines. Defaults to UTF-8, or what a byte order mark says.
        header: bool. Whether the first row names the columns, in CSV and TSV. Defaults to what it looks like.
    """

    text: str | None = setting(None, help="Column of the text, by name or number from 1; found when left out.")
    pair: str | None = setting(None, help="Column of the second text, for pairs.")
    label: str | None = setting(None, help="Column of the label, by name or number from 1; found when left out.")
    weight: str | None = setting(None, help="Column of the rows' weights.")
    format: str | None = setting(None, help="csv, tsv, jsonl or parquet; default: as the file's ending says.")
    quotes: bool = setting(True, help="Whether quote marks enclose cells; otherwise they are part of the text.")
    encoding: str | None = setting(None, help="Encoding of the table, e.g. gb18030 or cp1252; default: utf-8.")
    header: bool | None = setting(None, help="Whether the first row names the columns; default: as it looks.")

    @classmethod
    def of(cls, options, named):
        """Returns options, the defaults where None came, with the fields that are named in a dict replaced."""
        return cls(**named) if options is None else replace(options, **named)

    @property
    def named_columns(self):
        """Returns dict of role → the column that was named for it, or None."""
        return {role: getattr(self, role) for role in ROLES}


class TableRow(NamedTuple):
    """Holds one row as a table's reader gives it.

    Args:
        number: int. The line where the row begins, from 1; in Parquet the row's number, from 1.
        cells: list of the values in the order of the columns, or dict of column's name → value.
        apart: list of lists of str, or None. Where quote marks join lines that may be rows without them: these rows.
    """

    number: int
    cells: list | dict
    apart: list[list[str]] | None = None


@dataclass(frozen=True)
class TableBlock:
    """Holds some consecutive rows of a table.

    Args:
        inputs: dict of column (`"text"`, and `"text_pair"` of pairs) → list of str: what a task takes.
        labels: list of str or None.
        weights: list of float or None.
    """

    inputs: dict[str, list[str]]
    labels: list[str] | None = None
    weights: list[float] | None = None

    def __len__(self):
        return len(self.texts)

    @property
    def texts(self):
        """Returns the texts, of pairs the first ones: list of str."""
        return self.inputs["text"]


@dataclass(frozen=True)
class TextTable:
    """Holds the texts of a table, and their labels where it has them.

    Args:
        path: str. Where it was read.
        inputs: dict of column (`"text"`, and `"text_pair"` of pairs) → list of str: what a task takes.
        labels: list of str or None.
        dropped: dict of reason → number of rows left out.
        sha256: str. Of the file's bytes.
        weights: list of float, how much each row counts, or None.
        columns: dict of role (one of `ROLES`) → the column's name, or its number from 1.
        cut: int. Texts that were cut at 100,000 characters.
        notes: list of str. What a person should know of how it was read, as sentences.
    """

    path: str
    inputs: dict[str, list[str]]
    labels: list[str] | None
    dropped: dict[str, int]
    sha256: str
    weights: list[float] | None = None
    columns: dict[str, str | int] = field(default_factory=dict)
    cut: int = 0
    notes: list[str] = field(default_factory=list)

    def __len__(self):
        return len(self.texts)

    @property
    def texts(self):
        """Returns the texts, of pairs the first ones: list of str."""
        return self.inputs["text"]

    @property
    def label_counts(self):
        """Returns how many rows each label has: `Counter`."""
        return Counter(self.labels or ())

    def rows(self, numbers):
        """Returns a table of some rows; what was left out or cut is told of the whole table only."""
        pick = lambda column: None if column is None else [column[number] for number in numbers]
        inputs = {name: pick(column) for name, column in self.inputs.items()}
        parts = {"labels": pick(self.labels), "weights": pick(self.weights)}
        return replace(self, inputs=inputs, **parts, dropped={}, cut=0, notes=[])


def reading_notes(table):
    """Yields the sentences on how a `TextTable` or a `TableStream` was read: its notes, and the rows left out."""
    yield from table.notes
    for reason, rows in table.dropped.items():
        yield f"Left out {counted(rows, 'row')}: {reason}."
