"""Rows of CSV and TSV files, quoted strictly, with the line of each. Knows no column's meaning."""

import csv
import itertools

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.tables.table_row import TableRow
from keras_bigmodel.data.tables.text_lines import text_lines

_NAMES = {",": "commas", "\t": "TABs", ";": "semicolons"}
_ADVICE = {
    ",": "Put quote marks around texts with commas in them, or give --no-quotes if quote marks are ordinary characters "
    "there, or --format tsv if TABs part the columns.",
    "\t": "Put quote marks around texts with TABs or line breaks in them, or give --no-quotes if quote marks are "
    "ordinary characters there.",
    ";": "Put quote marks around texts with semicolons in them.",
}
_LONGEST_CELL = 2**31 - 1  # what a C long holds on every machine


def delimited_rows(path, *, delimiter, quotes=True, encoding=None):
    """Yields the rows of a CSV or TSV file; blank lines are none.

    A quote mark that is never closed, text behind a closing one and rows of unequal width end it with the line where
    they stand. A file with semicolons and no comma in its first line, as Excel writes it where commas stand in
    numbers, is read with semicolons.

    Args:
        path: path of the file.
        delimiter: `","` or a TAB.
        quotes: bool. Whether quote marks enclose cells. Defaults to True.
        encoding: str or None. See `text_lines`.

    Yields:
        `TableRow` with a list of str.

    Raises:
        UserError: see above; or see `text_lines`.

    Source: RFC 4180; Python's csv module in strict mode.
    """
    # Only ever raised, and for the whole process, as the module has it: a text longer than 128 KiB is no error.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    lines = text_lines(path, encoding)
    skipped = 0
    for first in lines:
        if first.strip():
            break
        skipped += 1
    else:
        return
    delimiter = _delimiter(path, first, delimiter)
    width = None
    for row, ended in _records(path, itertools.chain([first], lines), delimiter, quotes=quotes, skipped=skipped):
        width = width or len(row.cells)
        if len(row.cells) == width:
            yield row
        elif len(row.cells) > 1 or row.cells[0].strip():
            raise UserError(_unequal(path, row, ended, width, delimiter))


def _delimiter(path, first, delimiter):
    if delimiter == "," and "," not in first:
        if ";" in first and "\t" not in first:
            return ";"
        if "\t" in first:
            raise UserError(f"The first line of {path} has TABs and no comma. Give --format tsv.")
    return delimiter


def _records(path, lines, delimiter, *, quotes, skipped):
    standing = []  # the lines of the record that is being read

    def remembered():
        for line in lines:
            standing.append(line)
            yield line

    quoting = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    reader = csv.reader(remembered(), delimiter=delimiter, quoting=quoting, strict=True)
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
            yield TableRow(begun, cells, _apart(standing, delimiter, len(cells))), skipped + reader.line_num


def _apart(lines, delimiter, width):
    """Gives the lines of one record as rows of their own, where each is as wide as the record."""
    if len(lines) < 2 or width < 2 or any('""' in line for line in lines):  # who doubles quote marks quotes on purpose
        return None
    rows = [line.rstrip("\r\n").split(delimiter) for line in lines]
    return rows if all(len(row) == width for row in rows) else None


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
    return (
        f"The row in {lines} of {path} has {found} field{'s' * (found != 1)}, parted by {_NAMES[delimiter]}; the first "
        f"row has {width}. {_ADVICE[delimiter]}"
    )
