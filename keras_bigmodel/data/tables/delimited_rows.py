"""Rows of CSV and TSV files, quoted strictly, with the line of each. Knows no column's meaning."""

import csv
import itertools

from keras_bigmodel.core.counted import counted
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.tables.delimiters import blanks_part_too, likely_delimiter, told_delimiter
from keras_bigmodel.data.tables.stray_quotes import lines_apart
from keras_bigmodel.data.tables.table_row import TableRow
from keras_bigmodel.data.tables.text_lines import text_lines

_NAMES = {",": "commas", "\t": "TABs", ";": "semicolons", "|": "bars"}
_ADVICE = {
    ",": "Put quote marks around texts with commas in them, or give --no-quotes if quote marks are ordinary characters "
    "there, or --format tsv if TABs part the columns.",
    "\t": "Put quote marks around texts with TABs or line breaks in them, or give --no-quotes if quote marks are "
    "ordinary characters there.",
    ";": "Put quote marks around texts with semicolons in them.",
    "|": "Put quote marks around texts with bars in them.",
}
_LINES_TO_LOOK_AT = 1000  # to find how they are parted
_LONGEST_CELL = 2**31 - 1  # what a C long holds on every machine


def delimited_rows(path, *, delimiter, quotes=True, encoding=None, alone=False):
    """Yields the rows of a CSV or TSV file; blank lines are none.

    A quote mark that is never closed, text behind a closing one and rows of unequal width end it with the line where
    they stand. See `told_delimiter` and `likely_delimiter` for files that are parted otherwise than their format says,
    `blanks_part_too` for those with blanks behind the delimiters.

    Args:
        path: path of the file.
        delimiter: `","` or a TAB.
        quotes: bool. Whether quote marks enclose cells. Defaults to True.
        encoding: str or None. See `text_lines`.
        alone: bool. Whether one column would do. Defaults to False.

    Yields:
        `TableRow` with a list of str.

    Raises:
        UserError: see above; or see `text_lines`.

    Source: RFC 4180; Python's csv module in strict mode.
    """
    # Only ever raised, and for the whole process, as the module has it: a text longer than 128 KiB is no error.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    lines = text_lines(path, encoding)
    first, skipped = _first_line(lines)
    told = told_delimiter(first)
    if told is not None:
        first, blank = _first_line(lines)
        skipped += 1 + blank
    if not first:
        return
    delimiter = told or likely_delimiter(path, first, delimiter, alone=alone)
    looked_at = [first, *itertools.islice(lines, _LINES_TO_LOOK_AT)]
    how = {"delimiter": delimiter, "strict": True, "quoting": csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE}
    how["skipinitialspace"] = quotes and blanks_part_too(
        looked_at, delimiter, whole=len(looked_at) <= _LINES_TO_LOOK_AT
    )
    width = None
    for row, ended in _records(path, itertools.chain(looked_at, lines), how, skipped=skipped):
        width = width or len(row.cells)
        if len(row.cells) == width:
            yield row
        elif len(row.cells) > 1 or row.cells[0].strip():
            raise UserError(_unequal(path, row, ended, width, delimiter))


def _first_line(lines):
    """Gives the first line that is not blank, "" if there is none, and the number of those before it."""
    skipped = 0
    for line in lines:
        if line.strip():
            return line, skipped
        skipped += 1
    return "", skipped


def _records(path, lines, how, *, skipped):
    standing = []  # the lines of the record that is being read

    def remembered():
        for line in lines:
            standing.append(line)
            yield line

    reader = csv.reader(remembered(), **how)
    while True:
        begun = skipped + reader.line_num + 1
        standing.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UserError(_bad_quotes(path, begun, skipped + reader.line_num, error)) from error
        if cells:
            apart = lines_apart(standing, cells, delimiter=how["delimiter"])
            yield TableRow(begun, cells, apart), skipped + reader.line_num


def _bad_quotes(path, begun, ended, error):
    closed = not str(error).startswith("unexpected end")
    what = f"text stands behind the one that closes it in line {ended}" if closed else "none closes it"
    return (
        f'A quote mark (") opens a cell in line {begun} of {path}, and {what}. Give --no-quotes if quote marks are '
        'ordinary characters there; else write each of them twice ("") inside a quoted cell.'
    )


def _unequal(path, row, ended, width, delimiter):
    found = len(row.cells)
    lines = f"line {row.number}" if ended == row.number else f"lines {row.number} to {ended}"
    others = [mark for mark in _NAMES if mark != delimiter and found == 1 and mark in row.cells[0]]
    if others:
        return (
            f"The first row of {path} has {counted(width, 'field')}, parted by {_NAMES[delimiter]}, and the row in "
            f"{lines} has {_NAMES[others[0]]} and none of these. Part all rows alike."
        )
    return (
        f"The row in {lines} of {path} has {counted(found, 'field')}, parted by {_NAMES[delimiter]}; the first "
        f"row has {width}. {_ADVICE[delimiter]}"
    )
