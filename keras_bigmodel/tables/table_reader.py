"""Reads the usable rows of a table, one at a time or all at once. Knows which rows are usable; no format, no model."""

import itertools
from collections import Counter

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.tables.cells import cell_input, cell_weight, label_notes
from keras_bigmodel.tables.label_cells import LabelCells, holds_separator, kind_of_labels, separator_of
from keras_bigmodel.tables.stray_quotes import check_joined
from keras_bigmodel.tables.table import INPUTS, TableOptions, TextTable, inputs_of
from keras_bigmodel.tables.table_file import file_sha256, table_format
from keras_bigmodel.tables.table_layout import TableLayout
from keras_bigmodel.tables.table_rows import row_location, table_rows
from keras_bigmodel.tables.tagged.span_cells import check_spans
from keras_bigmodel.tables.tagged.word_rows import WordRows, word_columns

_CELLS = {"text": cell_input, "pair": cell_input, "weight": cell_weight}
LONGEST_TEXT = 100_000  # characters; no encoder reads more
JOINED_LABELS = '"{}" joins the labels of a row (--label-separator says otherwise).'
_EMPTY = "empty text"
_ROWS_TO_LOOK_AT = 10_000  # to find the header and the columns
_MOST_JOINED = 10_000  # rows that quote marks may have joined; they are held until the end, when all labels are known


class TableReader:
    """Reads a table once, one row at a time, and checks each row; see `read_text_table` for the rules.

    Iterating yields a dict for each row: role (`"text"`, `"pair"`, `"label"`, `"weight"`) → value. The first 10,000
    rows are read on creation, to find the header and the columns.

    Args:
        path: path of the file.
        options: `TableOptions`.
        with_labels: bool. False reads neither labels nor weights. Defaults to True.
        keep_empty: bool. Whether rows with an empty text are yielded, too, so that each row keeps its position.
            Defaults to False.
        label_kind: str. One of `LABEL_KINDS`, see `LabelCells`; None finds it by looking, see `kind_of_labels`.
            Defaults to `"one"`.

    Attributes:
        columns: dict of role → the column's name, or its number from 1. Set on creation.
        label_kind: str. As given or found; None if no labels are read.
        label_separator: str. The sign between labels, as given or found; None if no cell of the first rows holds one.
        usable: int. Number of rows yielded so far.
        dropped: dict of reason → number of rows left out so far.
        cut: int. Number of texts truncated at 100,000 characters so far.
        notes: list of str. Sentences for the user on how the table was read. Complete when all rows are read.
        number: int. Line number (in Parquet: row number) of the beginning of the last row.

    Raises:
        UserError: on creation, if there is no such file or column, or there are no rows; on iteration, if a row cannot
            be read (the message names its line), no row is usable, or every weight is 0.
    """

    def __init__(self, path, options, *, with_labels=True, keep_empty=False, label_kind="one"):
        self.path = checked_path(path, "the name of a table")
        self.format = table_format(self.path, options.format)
        named = options.named_columns
        one_column = not (with_labels or named["pair"] or options.header) and named["text"] in (None, "1")
        how = {"quotes": options.quotes, "encoding": options.encoding, "one_column": one_column}
        if self.format == "conll":
            how["word_columns"], named = word_columns(named, self.path), {**named, "text": None, "label": None}
        rows = table_rows(self.path, self.format, **how)
        first = list(itertools.islice(rows, _ROWS_TO_LOOK_AT))
        if not first:
            raise UserError(_no_rows(self.path, 0))
        self._words = None
        if label_kind in (None, "spans") or self.format == "conll" or not with_labels:
            how = {"named": named, "strict": options.strict_tags, "with_labels": with_labels}
            self._words = WordRows.of(first, self.path, **how)
        if self._words:
            first, rows = list(map(self._words, first)), map(self._words, rows)
            named = {**named, **self._words.columns}
            label_kind = label_kind or "spans"
        self._layout = TableLayout.find(
            first, named=named, header=options.header, with_labels=with_labels, path=self.path
        )
        self._rows = itertools.chain(first[self._layout.header_rows :], rows)
        self.columns, self.notes = self._layout.columns, list(self._layout.notes)
        self._keep_empty = keep_empty
        self.label_separator, self._named_separator = options.label_separator, options.label_separator is not None
        self._cells = {**_CELLS, "label": self._label_cells(first, label_kind, options.label_separator)}
        self.label_kind = self._cells["label"].kind if "label" in self._layout.keys else None
        self.usable, self.dropped, self.cut, self.number = 0, {}, 0, 0
        self._joined, self._labels, self._has_weight, self._most_labels = [], Counter(), False, 0
        self._cut_spans = 0

    def _label_cells(self, first, kind, separator):
        """Returns the `LabelCells` of the label column, whose kind and separator are found in the first rows."""
        if "label" not in self._layout.keys:
            return LabelCells(kind or "one")
        cells = [self._raw(row, "label") for row in first[self._layout.header_rows :]]
        kind = kind or kind_of_labels(cells, separator)
        if separator is not None and kind != "several":
            raise UserError(
                f'--label-separator "{separator}" came, and each row of {self.path} has one label. Leave it out, or '
                "say --task multi_label."
            )
        found = separator or separator_of(cells) or ","
        if kind == "several" and separator is None and holds_separator(cells, found):
            self.label_separator = found
            self.notes.append(JOINED_LABELS.format(found))
        return LabelCells(kind, found)

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
            where = row_location(self.format, row.number).capitalize()
            raise UserError(f"{where} of {self.path} repeats the names of the columns: remove that line.")
        if row.separate_rows is not None and len(self._joined) < _MOST_JOINED:
            self._joined.append(row)
        cells = {role: self._cell(row, role) for role in self._layout.keys if role != "weight"}
        reason = _reason_to_drop(cells)
        if reason == _EMPTY and self._keep_empty:
            reason = None
        if reason is not None:
            self.dropped[reason] = self.dropped.get(reason, 0) + 1
            return None
        if "label" in cells:
            if self.label_kind == "spans":
                cells["label"] = self._spans(row, cells)
            labels = self._cells["label"].parts(cells["label"])
            self._labels.update(labels)
            self._most_labels = max(self._most_labels, len(labels))
        if "weight" in self._layout.keys:
            cells["weight"] = self._cell(row, "weight")
            self._has_weight = self._has_weight or cells["weight"] > 0
        return cells

    def _spans(self, row, cells):
        """Returns the spans of a row that lie in its text, of which the end may have been cut off."""
        text, spans = cells["text"], cells["label"]
        if len(text) == LONGEST_TEXT:
            within = tuple(span for span in spans if span[1] <= LONGEST_TEXT)
            self._cut_spans += len(spans) - len(within)
            spans = within
        try:
            check_spans(spans, text)
        except UserError as error:
            raise self._error(row, "label", error) from error
        return spans

    def _error(self, row, role, error):
        column, where = self._layout.columns[role], row_location(self.format, row.number)
        return UserError(f"Column {column} of {self.path} holds in {where} {error}")

    def _cell(self, row, role):
        try:
            value = self._cells[role](self._raw(row, role))
        except UserError as error:
            raise self._error(row, role, error) from error
        if role in INPUTS and len(value) > LONGEST_TEXT:
            self.cut += 1
            return value[:LONGEST_TEXT]
        return value

    def _raw(self, row, role):
        key = self._layout.keys[role]
        if isinstance(row.cells, dict):
            return row.cells.get(key)
        return row.cells[key] if key < len(row.cells) else None

    def _finish(self):
        keys = self._layout.keys
        if not self.usable:
            raise UserError(_no_rows(self.path, sum(self.dropped.values()), "label" in keys))
        if "weight" in keys and not self._has_weight:
            raise UserError(f"Every weight in {self.path} is 0. Give at least one row a weight above 0.")
        labels = set(self._labels) if self.label_kind == "one" else None
        self._cells["label"].check_separated(self._labels, self.path, named=self._named_separator)
        if self.label_kind == "several" and self._most_labels == 1:
            self.notes.append(
                f"No row of {self.path} has more than one label. If a sign joins labels, name it: --label-separator."
            )
        self.notes += check_joined(self._joined, labels, label=keys.get("label"), format=self.format, path=self.path)
        self.notes += label_notes(self._labels)
        self.notes += self._words.notes() if self._words else []
        if self._cut_spans:
            self.notes.append(f"Left out {counted(self._cut_spans, 'span')} beyond that many characters.")
        if self.cut:
            self.notes.append(f"Cut {counted(self.cut, 'text')} to {LONGEST_TEXT:,} characters.")


def read_text_table(path, *, options=None, with_labels=True, label_kind="one", **named):
    """Reads a CSV, TSV, JSON-lines or Parquet file into memory.

    Rows with an empty text, or without a label if labels are read, are left out and counted. Texts longer than 100,000
    characters are truncated and counted. Spaces around labels are removed; labels are not changed otherwise.

    Args:
        path: path of the file.
        options: `TableOptions`. Defaults to None: only the arguments `named`.
        with_labels: bool. False reads neither labels nor weights. Defaults to True.
        label_kind: str. What a label is: `"one"` (a text), `"several"` (a tuple of texts), `"number"` or `"spans"`; see
            `LabelCells`. None finds it by looking. Defaults to `"one"`.
        **named: arguments of `TableOptions`, e.g. `text="review"`; they replace those of `options`.

    Returns:
        `TextTable`.

    Raises:
        UserError: there is no such file or column, a row cannot be read, no row is usable, or every weight is 0. The
            message says what to do.
    """
    rows = TableReader(path, TableOptions.of(options, named), with_labels=with_labels, label_kind=label_kind)
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
        label_kind=rows.label_kind,
        label_separator=rows.label_separator,
    )


def _reason_to_drop(cells):
    if not cells["text"].strip():
        return _EMPTY
    return "no label" if "label" in cells and cells["label"] in (None, "") else None


def _no_rows(path, dropped, with_labels=True):
    lacking = "a text or a label" if with_labels else "a text"
    why = f"all {dropped} rows lack {lacking}" if dropped else "it has no rows"
    why = f"its only row lacks {lacking}" if dropped == 1 else why
    return f"{path} gives nothing to work on: {why}. Give a table with at least one filled row."
