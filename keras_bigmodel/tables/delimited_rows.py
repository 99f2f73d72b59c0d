"""Reads the rows of CSV and TSV files, quoted strictly, with the line of each. Knows no column's meaning."""

import csv
import itertools
import re

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.tables.columns import is_known_name
from keras_bigmodel.tables.stray_quotes import lines_apart
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
_LINES_TO_LOOK_AT = 1000  # to find how they are parted
_LONGEST_CELL = 2**31 - 1  # what a C long holds on every machine


def delimited_rows(path, *, delimiter, quotes=True, encoding=None, one_column=False):
    """Yields the rows of a CSV or TSV file; blank lines are none.

    A quote mark that is never closed, text behind a closing one and rows of unequal width end it with the line where
    they stand. See `told_delimiter` and `likely_delimiter` for files that are parted otherwise than their format says,
    `blanks_part_too` for those with blanks behind the delimiters.

    Args:
        path: path of the file.
        delimiter: `","` or a TAB.
        quotes: bool. Whether quote marks enclose cells. Defaults to True.
        encoding: str or None. See `text_lines`.
        one_column: bool. Whether one column would do. Defaults to False.

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
    delimiter = told or likely_delimiter(path, first, delimiter, one_column=one_column)
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


_TOLD = re.compile(r'"?sep=([,;\t|])"?\s*', flags=re.IGNORECASE)
_MOST = 0.9  # of a column's cells


def told_delimiter(first):
    """Gives the delimiter that a file's first line tells, as Excel writes and obeys it, or None.

    >>> told_delimiter("sep=;"), told_delimiter("text;label")
    (';', None)
    """
    told = _TOLD.fullmatch(first)
    return told and told[1]


def likely_delimiter(path, first, delimiter, *, one_column):
    """Gives semicolons where a CSV file has them in its first line and no comma, as Excel writes it in many countries.

    Bars (`|`) are found where they part names that columns have.

    Args:
        path: path of the file, for the sentence.
        first: str. The first line that is not blank.
        delimiter: str. What the format says.
        one_column: bool. Whether the file may have one column; semicolons stand in texts, too, so then a name tells.

    Returns:
        str of one character.

    Raises:
        UserError: TABs part the columns of a CSV file, or commas those of a TSV file.
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
    """Returns `"|"` where it parts names of columns: it stands in texts too rarely to be looked for otherwise."""
    return "|" if "|" in first and _has_name(first, "|") else None


def _has_name(first, delimiter):
    """Whether a cell of the first line is a name that columns have."""
    return any(is_known_name(cell.strip(' "\r\n')) for cell in first.split(delimiter))


def blanks_part_too(lines, delimiter, *, whole):
    r"""Whether blanks stand between delimiters and quoted cells, so that they are no part of the cells.

    They do where in some column nearly every cell begins with a blank, one of them with a quote mark behind it, and
    all rows are quoted well and of one width once the blanks are passed over.

    Args:
        lines: list of str. The first lines.
        delimiter: str of one character.
        whole: bool. Whether they are the whole file; else the last row may be cut off.

    >>> blanks_part_too(['text, label\n', 'well, "a, b"\n'], ",", whole=True)
    True
    """
    if not any(f'{delimiter} "' in line or f"{delimiter}  " in line for line in lines):
        return False
    rows = list(csv.reader(lines, delimiter=delimiter))
    below = rows[1:] or rows  # a header may be written otherwise
    for index in range(1, max(map(len, rows), default=0)):
        cells = [row[index] for row in below if len(row) > index and row[index].strip()]
        behind = [cell for cell in cells if cell.startswith(" ")]
        if any(cell.lstrip(" ").startswith('"') for cell in behind) and len(behind) >= _MOST * len(cells):
            return _is_even(lines, delimiter, whole=whole)
    return False


def _is_even(lines, delimiter, *, whole):
    """Whether all rows have one width with the blanks passed over."""
    widths = set()
    try:
        for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True):
            if len(row) > 1 or (row and row[0].strip()):
                widths.add(len(row))
    except csv.Error as error:
        if whole or not str(error).startswith("unexpected end"):
            return False
    return len(widths) == 1
