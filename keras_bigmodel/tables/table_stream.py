"""A table read block by block, however large. Knows which rows can be used and which are wanted; no model."""

import copy
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.unicode_text import text_fractions
from keras_bigmodel.tables.table import INPUTS, TableBlock, TableOptions, inputs_of
from keras_bigmodel.tables.table_file import file_sha256
from keras_bigmodel.tables.table_reader import TableReader

_ROWS = 4096  # of a block: enough to sort by length, little enough to hold
_CHARACTERS = 4_000_000  # of a block's texts: a row more than this ends it


class TableStream:
    """Reads the rows of a table larger than memory, for `fit`, `evaluate`, `predict` and `predict_stream` of a task.

    Iterating reads the file from its beginning and yields `TableBlock`s of 4,096 rows or fewer, never holding more than
    one. Rows are checked, left out and refused as by `read_text_table`.

    Args:
        path: path of a CSV, TSV, JSON-lines or Parquet file.
        options: `TableOptions`. Defaults to one of the arguments `named`.
        with_labels: bool. False reads neither labels nor weights. Defaults to True.
        keep_empty: bool. Whether rows with an empty text come too, so that each row of the table keeps its position.
            Defaults to False.
        folder: path of a folder where `fit` and `evaluate` keep the token ids while they run, two to five bytes a
            token. Defaults to the system's temporary folder; where that one is in memory, give one on a disk.
        **named: the arguments of `TableOptions`, e.g. `text="review"`; they replace those of `options`.

    Attributes:
        columns: dict of role → the column's name or number. Known once a reading has begun; the next three when one
            has ended.
        dropped: dict of reason → number of rows left out.
        cut: int. Texts that were cut at 100,000 characters.
        notes: list of str. What a person should know of how the table was read.
        number: int. The line (in Parquet: the row) that the present reading has come to.

    Raises:
        UserError: while it is read: no such file or column, a row that cannot be read (the sentence names its line), no
            usable row, or a file that is no longer the one first read.
    """

    def __init__(self, path, *, options=None, with_labels=True, keep_empty=False, folder=None, **named):
        self.path = str(checked_path(path, "the name of a table"))
        self.folder = folder
        self._options = TableOptions.of(options, named)
        self._how = {"with_labels": with_labels, "keep_empty": keep_empty}
        self._wanted = ()
        self._stamp = None
        self.columns, self.dropped, self.cut, self.notes, self.number = {}, {}, 0, [], 0

    def where(self, wanted):
        """Gives a stream of some of the rows; what was left out or cut is counted of the whole table.

        Args:
            wanted: function of the row's texts (a tuple of one or two str) and label (None where none is read) → bool.
        """
        part = copy.copy(self)
        part._wanted = (*self._wanted, wanted)
        return part

    def split(self, share, *, seed=0):
        """Parts the rows in two by their texts alone, so that nothing is held and one text stays on one side.

        Texts equal up to case, Unicode form and whitespace are one text; of pairs both count. Classes keep their share
        on the average only.

        Args:
            share: float in (0, 1). The part of the different texts that is held back.
            seed: int. Another number gives another split.

        Returns:
            `(TableStream, TableStream)`: what remains, and what is held back.
        """
        if not 0 < share < 1:
            raise UserError(f"share={share} came; wanted a number between 0 and 1, e.g. 0.1.")
        held = lambda texts, label: text_fractions(*texts, seed=seed)[0] < share
        return self.where(lambda *row: not held(*row)), self.where(held)

    def __iter__(self):
        rows = TableReader(self.path, self._options, **self._how)
        self._check_same()
        self.columns, self.notes = rows.columns, list(rows.notes)
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
        # All rows are checked before the last block leaves: a table of one block is refused before it is used.
        self.dropped, self.cut, self.notes = rows.dropped, rows.cut, rows.notes
        self._check_same()
        if columns["text"]:
            yield _block(columns)

    def sha256(self):
        """Gives the sha256 of the file's bytes: str."""
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
