"""Reads the rows of CSV and TSV files with strict quoting and line numbers. Knows no column's meaning."""

import csv
import itertools
import re

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.tables.columns import is_known_name
from keras_bigmodel.tables.stray_quotes import separate_rows
from keras_bigmodel.tables.table import TableRow
from keras_bigmodel.tables.text_lines import text_lines

_NAMES = {",": "commas", "\t": "TABs", ";": "semicolons", "|": "bars"}
_ADVICE = {
    ",": "Put quote marks around texts with commas in them, or give --no-quotes if quote marks are ordinary characters "
    "there, or --format tsv if TABs part the columns.",
    "\t": "Put quote marks around texts with TABs or line breaks in them, or give --no-quotes if quote marks are "
    "ordinary characters there.",
    ";": "Put quote marks around texts with semicolons in them.",
    "|": "Put quote marks around texts with bars in them.",
}
_LINES_TO_LOOK_AT = 1000  # after the first, to detect blanks after delimiters
_LONGEST_CELL = 2**31 - 1  # the largest C long on every platform


def delimited_rows(path, *, delimiter, quotes=True, encoding=None, one_column=False):
    """Yields the rows of a CSV or TSV file, and skips blank lines.

    See `declared_delimiter` and `likely_delimiter` for files whose delimiter is not that of their format, and
    `has_blanks_after_delimiters` for files with blanks after the delimiters.

    Args:
        path: path of the file.
        delimiter: str. The delimiter of the format: `","` or a TAB.
        quotes: bool. Whether quote marks enclose cells. Defaults to True.
        encoding: str or None. See `text_lines`.
        one_column: bool. Whether the file may have a single column; see `likely_delimiter`. Defaults to False.

    Yields:
        `TableRow` with a list of str.

    Raises:
        UserError: as `text_lines` and `likely_delimiter`; a quote mark is not closed, text follows a closing quote
            mark, or a row is not as wide as the first. The message names the line.

    Source: RFC 4180; Python's csv module in strict mode.
    """
    # The csv module has one limit for the process. It is only ever increased: texts longer than 128 KiB are valid.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    lines = text_lines(path, encoding)
    first, skipped = _first_line(lines)
    told = declared_delimiter(first)
    if told is not None:
        first, blank = _first_line(lines)
        skipped += 1 + blank
    if not first:
        return
    delimiter = told or likely_delimiter(path, first, delimiter, one_column=one_column)
    looked_at = [first, *itertools.islice(lines, _LINES_TO_LOOK_AT)]
    how = {"delimiter": delimiter, "strict": True, "quoting": csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE}
    how["skipinitialspace"] = quotes and has_blanks_after_delimiters(
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
    """Returns the first line that is not blank ("" if there is none), and the number of blank lines before it."""
    skipped = 0
    for line in lines:
        if line.strip():
            return line, skipped
        skipped += 1
    return "", skipped


def _records(path, lines, how, *, skipped):
    standing = []  # the lines of the record being read

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
            apart = separate_rows(standing, cells, delimiter=how["delimiter"])
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


_TOLD = re.compile(r'"?sep=([,;\t|])"?\s*', flags=re.IGNORECASE)
_MOST = 0.9  # share of a column's cells that begin with a blank


def declared_delimiter(first):
    """Returns the delimiter that a file's first line declares, or None; Excel writes and reads such lines.

    Args:
        first: str. The first line that is not blank.

    >>> declared_delimiter("sep=;"), declared_delimiter("text;label")
    (';', None)
    """
    told = _TOLD.fullmatch(first)
    return told and told[1]


def likely_delimiter(path, first, delimiter, *, one_column):
    """Returns the likely delimiter of a file, judged by its first line.

    A CSV file without a comma there may be separated by semicolons, as Excel writes it in many countries. It may also
    be separated by bars (`|`), if a cell between them is a common column name.

    Args:
        path: path of the file, for the error message.
        first: str. The first line that is not blank.
        delimiter: str. The delimiter of the format.
        one_column: bool. Whether the file may have a single column. Texts contain semicolons, too, so semicolons are
            then the delimiter only if a cell is a common column name.

    Returns:
        str of one character.

    Raises:
        UserError: TABs separate the columns of a CSV file, or commas those of a TSV file.
    """
    if delimiter == "\t" and "\t" not in first and "," in first and _has_name(first, ","):
        raise UserError(f"The first line of {path} has commas and no TAB. Give --format csv.")
    if delimiter != "," or "," in first:
        return delimiter
    if "\t" in first:
        raise UserError(f"The first line of {path} has TABs and no comma. Give --format tsv.")
    if (other := _other_delimiter(first)) is not None:
        return other
    if ";" in first and not (one_column and not _has_name(first, ";")):
        return ";"
    return delimiter


def _other_delimiter(first):
    """Returns `"|"` if a cell between bars is a common column name, else None: other evidence of bars is too rare."""
    return "|" if "|" in first and _has_name(first, "|") else None


def _has_name(first, delimiter):
    """Returns whether a cell of the first line is a common column name."""
    return any(is_known_name(cell.strip(' "\r\n')) for cell in first.split(delimiter))


def has_blanks_after_delimiters(lines, delimiter, *, whole):
    r"""Returns whether blanks after delimiters belong to the delimiters, not to the cells.

    They do if in some column at least 90 % of the cells begin with a blank, a quote mark follows the blank in at least
    one cell, and all rows have valid quotes and the same width when the blanks are skipped.

    Args:
        lines: list of str. The first lines of the file.
        delimiter: str of one character.
        whole: bool. Whether the lines are the whole file; if not, the last row may be incomplete.

    >>> has_blanks_after_delimiters(['text, label\n', 'well, "a, b"\n'], ",", whole=True)
    True
    """
    if not any(f'{delimiter} "' in line or f"{delimiter}  " in line for line in lines):
        return False
    rows = list(csv.reader(lines, delimiter=delimiter))
    below = rows[1:] or rows  # a header may be written without the blanks
    for index in range(1, max(map(len, rows), default=0)):
        cells = [row[index] for row in below if len(row) > index and row[index].strip()]
        behind = [cell for cell in cells if cell.startswith(" ")]
        if any(cell.lstrip(" ").startswith('"') for cell in behind) and len(behind) >= _MOST * len(cells):
            return _is_even(lines, delimiter, whole=whole)
    return False


def _is_even(lines, delimiter, *, whole):
    """Returns whether all rows have valid quotes and the same width when blanks after delimiters are skipped."""
    widths = set()
    try:
        for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True):
            if len(row) > 1 or (row and row[0].strip()):
                widths.add(len(row))
    except csv.Error as error:
        if whole or not str(error).startswith("unexpected end"):
            return False
    return len(widths) == 1
