"""What parts the cells of a delimited file. Knows its first lines; no column's meaning but that it has a name."""

import csv
import re

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.tables.column_names import is_known_name

_TOLD = re.compile(r'"?sep=([,;\t|])"?\s*', flags=re.IGNORECASE)
_MOST = 0.9  # of a column's cells


def told_delimiter(first):
    """Gives the delimiter that a file's first line tells, as Excel writes and obeys it, or None.

    >>> told_delimiter("sep=;"), told_delimiter("text;label")
    (';', None)
    """
    told = _TOLD.fullmatch(first)
    return told and told[1]


def likely_delimiter(path, first, delimiter, *, alone):
    """Gives semicolons where a CSV file has them in its first line and no comma, as Excel writes it in many countries.

    Bars (`|`) are found where they part names that columns have.

    Args:
        path: path of the file, for the sentence.
        first: str. The first line that is not blank.
        delimiter: str. What the format says.
        alone: bool. Whether the file may have one column; semicolons stand in texts, too, so then a name tells.

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
    if ";" in first and not (alone and not _has_name(first, ";")):
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
    for place in range(1, max(map(len, rows), default=0)):
        cells = [row[place] for row in below if len(row) > place and row[place].strip()]
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
