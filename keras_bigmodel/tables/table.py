"""Holds a table of texts and labels, its options, rows and blocks. Knows columns; no file format, no model."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.settings import setting

ROLES = ("text", "pair", "label", "weight")
INPUTS = {"text": "text", "pair": "text_pair"}  # role of a table's column → name of a task's input


def inputs_of(columns):
    """Returns the columns that are inputs of a task, by the names of the inputs.

    Args:
        columns: dict of role (one of `ROLES`) → list.

    Returns:
        dict of `"text"`, and `"text_pair"` of pairs → list.
    """
    return {name: columns[role] for role, name in INPUTS.items() if role in columns}


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """Holds the options for reading a table, with the same names in Python, on the command line and in a settings file.

    A column is given by its name or, in CSV and TSV, by its number from 1.

    Args:
        text: str. Column of the text. Defaults to None: found by its name or shape, see `choose_columns`.
        pair: str. Column of the second text, for pairs. Defaults to None: no such column.
        label: str. Column of the label. Defaults to None: found by its name or shape.
        weight: str. Column of the row weights. Defaults to None: no such column.
        label_separator: str. Sign between the labels of a cell that holds several. Defaults to None: found by looking.
        strict_tags: bool. Whether tags that may not stand where they do are refused. Defaults to False: they begin a
            span, and are counted.
        format: str. `"csv"`, `"tsv"`, `"jsonl"`, `"parquet"`, `"conll"` or `"brat"` (a folder). Defaults to None: the
            format of the file's ending, and `"conll"` where it looks so.
        quotes: bool. Whether quote marks enclose cells, in CSV and TSV. Defaults to True.
        encoding: str. Encoding of CSV, TSV and JSON lines. Defaults to None: that of the byte order mark, else UTF-8.
        header: bool. Whether the first row names the columns, in CSV and TSV. Defaults to None: see `has_header`.
    """

    text: str | None = setting(None, help="Column of the text, by name or number from 1; found when left out.")
    pair: str | None = setting(None, help="Column of the second text, for pairs.")
    label: str | None = setting(None, help="Column of the label, by name or number from 1; found when left out.")
    weight: str | None = setting(None, help="Column of the rows' weights.")
    label_separator: str | None = setting(
        None, help="Sign between the labels of a cell, for multi_label; default: a comma, semicolon or bar, as found."
    )
    strict_tags: bool = setting(False, help="Whether tags that may not follow each other are refused, not repaired.")
    format: str | None = setting(
        None, help="csv, tsv, jsonl, parquet, conll or brat (a folder); default: as the file's ending says."
    )
    quotes: bool = setting(True, help="Whether quote marks enclose cells; otherwise they are part of the text.")
    encoding: str | None = setting(None, help="Encoding of the table, e.g. gb18030 or cp1252; default: utf-8.")
    header: bool | None = setting(None, help="Whether the first row names the columns; default: as it looks.")

    @classmethod
    def of(cls, options, named):
        """Returns options with some fields replaced.

        Args:
            options: `TableOptions`, or None for the defaults.
            named: dict of field → value that replaces the one of `options`.

        Returns:
            `TableOptions`.
        """
        return cls(**named) if options is None else replace(options, **named)

    @property
    def named_columns(self):
        """Returns the column named for each role: dict of role → str, or None if none is named."""
        return {role: getattr(self, role) for role in ROLES}


class TableRow(NamedTuple):
    """Holds one row of a table as it is read from the file.

    Args:
        number: int. Number of the row's first line, from 1; in Parquet the row number, from 1.
        cells: list of the values in the order of the columns, or dict of column name → value.
        separate_rows: list of lists of str, or None. The lines of the row parsed as separate rows, if quote marks join
            lines that may be rows themselves.
    """

    number: int
    cells: list | dict
    separate_rows: list[list[str]] | None = None


@dataclass(frozen=True)
class TableBlock:
    """Holds some consecutive rows of a table.

    Args:
        inputs: dict of input of a task (`"text"`, and `"text_pair"` of pairs) → list of str.
        labels: list of str, of tuples or of floats, as `LabelCells` reads them; or None.
        weights: list of float or None.
    """

    inputs: dict[str, list[str]]
    labels: list | None = None
    weights: list[float] | None = None

    def __len__(self):
        return len(self.texts)

    @property
    def texts(self):
        """Returns the texts, or the first texts of pairs: list of str."""
        return self.inputs["text"]


@dataclass(frozen=True)
class TextTable:
    """Holds the texts of a table, and its labels and weights if it has them.

    Args:
        path: str. Path of the file.
        inputs: dict of input of a task (`"text"`, and `"text_pair"` of pairs) → list of str.
        labels: list of str, of tuples or of floats, by `label_kind`; see `LabelCells`; or None.
        dropped: dict of reason → number of rows left out.
        sha256: str. Hash of the file's bytes.
        weights: list of float or None. The weight of each row.
        columns: dict of role (one of `ROLES`) → the column's name, or its number from 1.
        cut: int. Number of texts that were truncated at 100,000 characters.
        notes: list of str. Sentences for the user on how the table was read.
        label_kind: str. What a label is, one of `label_cells.LABEL_KINDS`; None without labels. Defaults to `"one"`.
        label_separator: str. The sign between the labels of a row, as given or found. Defaults to None: no cell has
            one.
        known_spans: set of str. The words of the spans that a model was trained on, in lower case. Defaults to None:
            not known.
    """

    path: str
    inputs: dict[str, list[str]]
    labels: list | None
    dropped: dict[str, int]
    sha256: str
    weights: list[float] | None = None
    columns: dict[str, str | int] = field(default_factory=dict)
    cut: int = 0
    notes: list[str] = field(default_factory=list)
    label_kind: str | None = "one"
    label_separator: str | None = None
    known_spans: frozenset[str] | None = None

    def __len__(self):
        return len(self.texts)

    @property
    def texts(self):
        """Returns the texts, or the first texts of pairs: list of str."""
        return self.inputs["text"]

    @property
    def label_counts(self):
        """Returns the number of rows, or of spans, of each label, an empty `Counter` of numbers: `Counter`."""
        if self.label_kind == "several":
            return Counter(label for labels in self.labels for label in labels)
        if self.label_kind == "spans":
            return Counter(label for spans in self.labels for _, _, label in spans)
        return Counter(self.labels if self.label_kind == "one" and self.labels else ())

    def rows(self, numbers):
        """Returns a table of some of the rows.

        `dropped`, `cut` and `notes` of the result are empty, because they describe the whole table.

        Args:
            numbers: sequence of int. Row indices, from 0.

        Returns:
            `TextTable`.
        """
        pick = lambda column: None if column is None else [column[number] for number in numbers]
        inputs = {name: pick(column) for name, column in self.inputs.items()}
        parts = {"labels": pick(self.labels), "weights": pick(self.weights)}
        return replace(self, inputs=inputs, **parts, dropped={}, cut=0, notes=[])


def reading_notes(table):
    """Yields sentences on how a table was read: its notes, then the rows left out for each reason.

    Args:
        table: `TextTable`, or `TableStream` that has been read.
    """
    yield from table.notes
    for reason, rows in table.dropped.items():
        yield f"Left out {counted(rows, 'row')}: {reason}."
