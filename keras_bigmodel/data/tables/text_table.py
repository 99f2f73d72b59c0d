"""Tables of texts and labels, from files. Knows which rows can be used; no format, no model."""

import hashlib
import itertools
from dataclasses import dataclass, field, replace
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.tables.cell_values import cell_text, cell_weight, label_notes
from keras_bigmodel.data.tables.stray_quotes import check_joined
from keras_bigmodel.data.tables.table_file import table_format
from keras_bigmodel.data.tables.table_layout import ROLES, TableLayout
from keras_bigmodel.data.tables.table_rows import place, table_rows

LONGEST_TEXT = 100_000  # characters; what stands beyond, no encoder reads
_ROWS_TO_LOOK_AT = 10_000  # to find header and columns


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
        weights: list of float, how much each row counts, or None.
        columns: dict of role (`"text"`, `"pair"`, `"label"`, `"weight"`) → the column's name, or its number from 1.
        cut: int. Texts that were cut at 100,000 characters.
        notes: list of str. What a person should know of how it was read, as sentences.
    """

    path: str
    texts: list[str]
    seconds: list[str] | None
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
    def inputs(self):
        """What a task takes: the texts, or both columns of the pairs."""
        return self.texts if self.seconds is None else (self.texts, self.seconds)

    def rows(self, numbers):
        """Gives a table of some rows; what was left out or cut is told of the whole table only."""
        pick = lambda column: None if column is None else [column[number] for number in numbers]
        parts = {name: pick(getattr(self, name)) for name in ("texts", "seconds", "labels", "weights")}
        return replace(self, **parts, dropped={}, cut=0, notes=[])


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
    path = Path(path)
    format = table_format(path, format)
    alone = not (with_labels or pair or header) and text in (None, "1")
    rows = table_rows(path, format, quotes=quotes, encoding=encoding, alone=alone)
    first = list(itertools.islice(rows, _ROWS_TO_LOOK_AT))
    if not first:
        raise UserError(_nothing(path, 0))
    named = dict(zip(ROLES, (text, pair, label, weight), strict=True))
    layout = TableLayout.find(first, named=named, header=header, with_labels=with_labels, path=path)
    gathered = _Gathered(path, format, layout)
    for row in itertools.chain(first[layout.header_rows :], rows):
        gathered.take(row)
    return gathered.table()


class _Gathered:
    """The columns of a table while its rows come in."""

    def __init__(self, path, format, layout):
        self._path, self._format, self._layout = path, format, layout
        self._columns = {role: [] for role in layout.keys}
        self._dropped, self._cut, self._joined = {}, 0, []

    def take(self, row):
        if self._layout.is_header_again(row.cells):
            raise UserError(
                f"{place(self._format, row.number).capitalize()} of {self._path} repeats the names of the columns: "
                "remove that line."
            )
        if row.apart is not None:
            self._joined.append(row)
        cells = {role: self._cell(row, role) for role in self._layout.keys if role != "weight"}
        reason = _reason_to_drop(cells)
        if reason is not None:
            self._dropped[reason] = self._dropped.get(reason, 0) + 1
            return
        if "weight" in self._layout.keys:
            cells["weight"] = self._cell(row, "weight")
        for role, cell in cells.items():
            self._columns[role].append(cell)

    def _cell(self, row, role):
        key = self._layout.keys[role]
        cell = row.cells.get(key) if isinstance(row.cells, dict) else row.cells[key]
        try:
            if role == "weight":
                return cell_weight(cell)
            value = cell_text(cell)
        except UserError as error:
            column, where = self._layout.columns[role], place(self._format, row.number)
            raise UserError(f"Column {column} of {self._path} holds in {where} {error}") from error
        if role == "label":
            return value and value.strip()
        if value is not None and len(value) > LONGEST_TEXT:
            self._cut += 1
            return value[:LONGEST_TEXT]
        return value or ""

    def table(self):
        columns = {role: self._columns.get(role) for role in ROLES}
        if not columns["text"]:
            raise UserError(_nothing(self._path, sum(self._dropped.values()), columns["label"] is not None))
        if columns["weight"] is not None and not any(columns["weight"]):
            raise UserError(f"Every weight in {self._path} is 0. Give at least one row a weight above 0.")
        label = self._layout.keys.get("label")
        notes = [
            *self._layout.notes,
            *check_joined(self._joined, columns["label"], label=label, format=self._format, path=self._path),
            *label_notes(set(columns["label"] or ())),
        ]
        if self._cut:
            notes.append(f"Cut {self._cut} text{'s' * (self._cut > 1)} to {LONGEST_TEXT:,} characters.")
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return TextTable(
            path=str(self._path),
            texts=columns["text"],
            seconds=columns["pair"],
            labels=columns["label"],
            weights=columns["weight"],
            dropped=self._dropped,
            sha256=digest,
            columns=self._layout.columns,
            cut=self._cut,
            notes=notes,
        )


def _reason_to_drop(cells):
    if not cells["text"].strip():
        return "empty text"
    return "no label" if "label" in cells and not cells["label"] else None


def _nothing(path, dropped, with_labels=True):
    lacking = "a text or a label" if with_labels else "a text"
    why = f"all {dropped} rows lack {lacking}" if dropped else "it has no rows"
    return f"{path} gives nothing to work on: {why}. Give a table with at least one filled row."
