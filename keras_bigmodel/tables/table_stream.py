"""Reads a table larger than memory in blocks of rows. Knows which rows are usable and selected; no model."""

import copy
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.unicode_text import text_fractions
from keras_bigmodel.tables.table import INPUTS, TableBlock, TableOptions, inputs_of
from keras_bigmodel.tables.table_file import file_sha256
from keras_bigmodel.tables.table_reader import TableReader

_ROWS = 4096  # of a block: enough to sort by length, few enough to hold in memory
_CHARACTERS = 4_000_000  # of a block's texts: the row that exceeds this is the last of its block


class TableStream:
    """Reads the rows of a table larger than memory, for `fit`, `evaluate`, `predict` and `predict_stream` of a task.

    Iterating reads the file from its beginning and yields `TableBlock`s of up to 4,096 rows, of which one is held in
    memory. Rows are checked and left out as in `read_text_table`.

    Args:
        path: path of a CSV, TSV, JSON-lines or Parquet file.
        options: `TableOptions`. Defaults to None: only the arguments `named`.
        with_labels: bool. False reads neither labels nor weights. Defaults to True.
        keep_empty: bool. Whether rows with an empty text are yielded, too, so that each row of the table keeps its
            position. Defaults to False.
        label_kind: str. What a label is: `"one"` (a text), `"several"` (a tuple of texts) or `"number"`; see
            `LabelCells`. None finds it by looking. Defaults to `"one"`.
        folder: path of a folder where `fit` and `evaluate` store the token ids while they run, two to five bytes per
            token. Defaults to the system's temporary folder; if that one is in memory, give a folder on a disk.
        **named: arguments of `TableOptions`, e.g. `text="review"`; they replace those of `options`.

    Attributes:
        columns: dict of role → the column's name, or its number from 1. Set when an iteration has begun.
        label_kind: str. As given or found; None without labels. Set when an iteration has begun.
        dropped: dict of reason → number of rows left out. Set when an iteration has ended.
        cut: int. Number of texts that were truncated at 100,000 characters. Set when an iteration has ended.
        notes: list of str. Sentences for the user on how the table was read. Complete when an iteration has ended.
        number: int. Line number (in Parquet: row number) of the last row read in the present iteration.

    Raises:
        UserError: on iteration: there is no such file or column, a row cannot be read (the message names its line), no
            row is usable, or the file has changed since the first iteration.
    """

    def __init__(
        self, path, *, options=None, with_labels=True, keep_empty=False, label_kind="one", folder=None, **named
    ):
        self.path = str(checked_path(path, "the name of a table"))
        self.folder = folder
        self._options = TableOptions.of(options, named)
        self._how = {"with_labels": with_labels, "keep_empty": keep_empty, "label_kind": label_kind}
        self._wanted = ()
        self._stamp = None
        self.columns, self.dropped, self.cut, self.notes, self.number = {}, {}, 0, [], 0
        self.label_kind = label_kind if with_labels else None

    def where(self, wanted):
        """Returns a stream of the rows that a function selects.

        `dropped`, `cut` and `notes` of the stream describe the whole table.

        Args:
            wanted: function from the row's texts (tuple of one or two str) and label (str, or None if no labels are
                read) to bool.

        Returns:
            `TableStream`.
        """
        part = copy.copy(self)
        part._wanted = (*self._wanted, wanted)
        return part

    def split(self, share, *, seed=0):
        """Splits the rows into two streams by a hash of their texts.

        No row is held in memory, and equal texts are in the same stream. Texts are equal up to case, Unicode form and
        whitespace; in pairs both texts must be equal. The proportions of the classes are kept on average only.

        Args:
            share: float in (0, 1). Share of the different texts that is held back.
            seed: int. Another seed selects other texts. Defaults to 0.

        Returns:
            `(TableStream, TableStream)`: the remaining rows, and the rows held back.

        Raises:
            UserError: the share is out of its range.
        """
        if not 0 < share < 1:
            raise UserError(f"share={share} came; wanted a number between 0 and 1, e.g. 0.1.")
        held = lambda texts, label: text_fractions(*texts, seed=seed)[0] < share
        return self.where(lambda *row: not held(*row)), self.where(held)

    def __iter__(self):
        rows = TableReader(self.path, self._options, **self._how)
        self._check_same()
        self.columns, self.notes, self.label_kind = rows.columns, list(rows.notes), rows.label_kind
        columns, characters = {role: [] for role in rows.columns}, 0
        for cells in rows:
            texts = tuple(cells[role] for role in INPUTS if role in cells)
            if self._wanted and not all(wanted(texts, cells.get("label")) for wanted in self._wanted):
                continue
            if len(columns["text"]) == _ROWS or characters > _CHARACTERS:
                yield _block(columns)
                columns, characters = {role: [] for role in rows.columns}, 0
            self.number = rows.number
            characters += sum(map(len, texts))
            for role, cell in cells.items():
                columns[role].append(cell)
        # All rows are checked before the last block is yielded: an error in a table of one block precedes its use.
        self.dropped, self.cut, self.notes = rows.dropped, rows.cut, rows.notes
        self._check_same()
        if columns["text"]:
            yield _block(columns)

    def sha256(self):
        """Returns the SHA-256 of the file's bytes in hexadecimal: str."""
        return file_sha256(self.path)

    def _check_same(self):
        try:
            facts = Path(self.path).stat()
            stamp = facts.st_size, facts.st_mtime_ns
        except OSError:
            stamp = None
        if stamp is None or self._stamp not in (None, stamp):
            raise UserError(f"{self.path} changed while it was being read. Wait until it is whole, and try again.")
        self._stamp = stamp


def _block(columns):
    return TableBlock(inputs_of(columns), columns.get("label"), columns.get("weight"))
