"""The rows of a table that can be used, one by one. Knows which these are; no format, no model."""

import itertools

from keras_bigmodel.core.counted import counted
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.data.tables.cell_values import cell_input, cell_label, cell_weight, label_notes
from keras_bigmodel.data.tables.stray_quotes import check_joined
from keras_bigmodel.data.tables.table_block import INPUTS
from keras_bigmodel.data.tables.table_file import table_format
from keras_bigmodel.data.tables.table_layout import ROLES, TableLayout
from keras_bigmodel.data.tables.table_rows import place, table_rows

_CELLS = {"text": cell_input, "pair": cell_input, "label": cell_label, "weight": cell_weight}
LONGEST_TEXT = 100_000  # characters; what stands beyond, no encoder reads
_EMPTY = "empty text"
_ROWS_TO_LOOK_AT = 10_000  # to find header and columns
_MOST_JOINED = 10_000  # rows that quote marks may have joined and that are kept, to be looked at in the end


class CheckedRows:
    """Reads a table once, holding a row at a time, and checks every one; see `read_text_table` for the rules.

    Iterating gives a dict a row: role (`"text"`, `"pair"`, `"label"`, `"weight"`) → value. What is known of the whole
    table stands in the attributes: `columns` at once, the others when all rows are through.

    Args:
        path: path of the file.
        named: dict of role → column, or None where it is to be found.
        format: as in `read_text_table`, and so are
        quotes: these
        encoding: four
        header: and
        with_labels: this one.
        keep_empty: bool. Whether rows with an empty text are given too, so that each row has its place.

    Attributes:
        columns: dict of role → the column's name, or its number from 1.
        usable: int. Rows given so far.
        dropped: dict of reason → number of rows left out.
        cut: int. Texts that were cut at 100,000 characters.
        notes: list of str. What a person should know of how the table was read.
        number: int. The line (in Parquet: the row) where the last row began.

    Raises:
        UserError: when it is made: no such file, no rows, no such column; while it is read: what stands in which line.
    """

    def __init__(
        self,
        path,
        *,
        named,
        format=None,
        quotes=True,
        encoding=None,
        header=None,
        with_labels=True,
        keep_empty=False,
    ):
        self.path = checked_path(path, "the name of a table")
        self.format = table_format(self.path, format)
        alone = not (with_labels or named["pair"] or header) and named["text"] in (None, "1")
        rows = table_rows(self.path, self.format, quotes=quotes, encoding=encoding, alone=alone)
        first = list(itertools.islice(rows, _ROWS_TO_LOOK_AT))
        if not first:
            raise UserError(_nothing(self.path, 0))
        self._layout = TableLayout.find(first, named=named, header=header, with_labels=with_labels, path=self.path)
        self._rows = itertools.chain(first[self._layout.header_rows :], rows)
        self.columns, self.notes = self._layout.columns, list(self._layout.notes)
        self._keep_empty = keep_empty
        self.usable, self.dropped, self.cut, self.number = 0, {}, 0, 0
        self._joined, self._labels, self._weighs = [], set(), False

    def __iter__(self):
        for row in self._rows:
            self.number = row.number
            cells = self._checked(row)
            if cells is not None:
                self.usable += 1
                yield cells
        self._finish()

    def _checked(self, row):
        if self._layout.is_header_again(row.cells):
            raise UserError(
                f"{place(self.format, row.number).capitalize()} of {self.path} repeats the names of the columns: "
                "remove that line."
            )
        if row.apart is not None and len(self._joined) < _MOST_JOINED:
            self._joined.append(row)
        cells = {role: self._cell(row, role) for role in self._layout.keys if role != "weight"}
        reason = _reason_to_drop(cells)
        if reason == _EMPTY and self._keep_empty:
            reason = None
        if reason is not None:
            self.dropped[reason] = self.dropped.get(reason, 0) + 1
            return None
        if "label" in cells:
            self._labels.add(cells["label"])
        if "weight" in self._layout.keys:
            cells["weight"] = self._cell(row, "weight")
            self._weighs = self._weighs or cells["weight"] > 0
        return cells

    def _cell(self, row, role):
        key = self._layout.keys[role]
        cell = row.cells.get(key) if isinstance(row.cells, dict) else row.cells[key]
        try:
            value = _CELLS[role](cell)
        except UserError as error:
            column, where = self._layout.columns[role], place(self.format, row.number)
            raise UserError(f"Column {column} of {self.path} holds in {where} {error}") from error
        if role in INPUTS and len(value) > LONGEST_TEXT:
            self.cut += 1
            return value[:LONGEST_TEXT]
        return value

    def _finish(self):
        keys = self._layout.keys
        if not self.usable:
            raise UserError(_nothing(self.path, sum(self.dropped.values()), "label" in keys))
        if "weight" in keys and not self._weighs:
            raise UserError(f"Every weight in {self.path} is 0. Give at least one row a weight above 0.")
        labels = self._labels if "label" in keys else None
        self.notes += check_joined(self._joined, labels, label=keys.get("label"), format=self.format, path=self.path)
        self.notes += label_notes(self._labels)
        if self.cut:
            self.notes.append(f"Cut {counted(self.cut, 'text')} to {LONGEST_TEXT:,} characters.")


def columns_named(text=None, pair=None, label=None, weight=None):
    """Gives dict of role → the column that was named for it, or None."""
    return dict(zip(ROLES, (text, pair, label, weight), strict=True))


def _reason_to_drop(cells):
    if not cells["text"].strip():
        return _EMPTY
    return "no label" if "label" in cells and not cells["label"] else None


def _nothing(path, dropped, with_labels=True):
    lacking = "a text or a label" if with_labels else "a text"
    why = f"all {dropped} rows lack {lacking}" if dropped else "it has no rows"
    why = f"its only row lacks {lacking}" if dropped == 1 else why
    return f"{path} gives nothing to work on: {why}. Give a table with at least one filled row."
