"""Tables of texts and labels, from files. Knows columns; no format, no model."""

from collections import Counter
from dataclasses import dataclass, field, replace

from keras_bigmodel.data.tables.checked_rows import CheckedRows, columns_named
from keras_bigmodel.data.tables.table_block import inputs_of
from keras_bigmodel.data.tables.table_file import file_sha256


@dataclass(frozen=True)
class TextTable:
    """The texts of a table, and their labels where it has them.

    Args:
        path: str. Where it was read.
        inputs: dict of column (`"text"`, and `"text_pair"` of pairs) → list of str: what a task takes.
        labels: list of str or None.
        dropped: dict of reason → number of rows left out.
        sha256: str. Of the file's bytes.
        weights: list of float, how much each row counts, or None.
        columns: dict of role (`"text"`, `"pair"`, `"label"`, `"weight"`) → the column's name, or its number from 1.
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
        """List of str: the texts, of pairs the first ones."""
        return self.inputs["text"]

    @property
    def label_counts(self):
        """`Counter` of label → rows."""
        return Counter(self.labels or ())

    def rows(self, numbers):
        """Gives a table of some rows; what was left out or cut is told of the whole table only."""
        pick = lambda column: None if column is None else [column[number] for number in numbers]
        inputs = {name: pick(column) for name, column in self.inputs.items()}
        parts = {"labels": pick(self.labels), "weights": pick(self.weights)}
        return replace(self, inputs=inputs, **parts, dropped={}, cut=0, notes=[])


def read_text_table(
    path,
    *,
    text=None,
    pair=None,
    label=None,
    weight=None,
    format=None,
    quotes=True,
    encoding=None,
    header=None,
    with_labels=True,
):
    """Reads a CSV, TSV, JSON-lines or Parquet file.

    Rows with an empty text, or with no label where labels are asked for, are left out and counted. Texts longer than
    100,000 characters are cut there and counted. Labels stay as written but for the spaces around them.

    Args:
        path: path of the file.
        text: str. The text's column: its name, or its number from 1. Defaults to the one that its name or shape tells.
        pair: str. The second text's column, for pairs; never guessed.
        label: str. The label's column. Defaults to the one that its name or shape tells.
        weight: str. The column that says how much a row counts; never guessed.
        format: str. `"csv"`, `"tsv"`, `"jsonl"` or `"parquet"`. Defaults to what the file's ending says.
        quotes: bool. Whether quote marks enclose cells, in CSV and TSV. Defaults to True.
        encoding: str. Defaults to UTF-8, or what a byte order mark says.
        header: bool. Whether the first row names the columns, in CSV and TSV. Defaults to what it looks like.
        with_labels: bool. False reads neither labels nor weights. Defaults to True.

    Returns:
        `TextTable`.

    Raises:
        UserError: no such file, an unreadable table, no such column, no usable row; the sentence says what to do.
    """
    how = {"format": format, "quotes": quotes, "encoding": encoding, "header": header, "with_labels": with_labels}
    rows = CheckedRows(path, named=columns_named(text, pair, label, weight), **how)
    columns = {role: [] for role in rows.columns}
    for cells in rows:
        for role, cell in cells.items():
            columns[role].append(cell)
    return TextTable(
        path=str(rows.path),
        inputs=inputs_of(columns),
        labels=columns.get("label"),
        weights=columns.get("weight"),
        dropped=rows.dropped,
        sha256=file_sha256(rows.path),
        columns=rows.columns,
        cut=rows.cut,
        notes=rows.notes,
    )
