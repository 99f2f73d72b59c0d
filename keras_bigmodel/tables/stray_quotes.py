"""Detects separate rows that two stray quote marks joined into one. Knows lines and labels; no file."""

from keras_bigmodel.core.errors import UserError


def separate_rows(lines, cells, *, delimiter):
    r"""Returns the lines of one record parsed as separate rows, if they may be meant as rows.

    In TSV they may be if a quoted cell holds both a TAB and a line break, which is rare in a text. In CSV, texts of
    several lines often hold commas. There each line must be as wide as the record, and no line may hold a doubled quote
    mark, which shows that the quotes are deliberate.

    Args:
        lines: list of str. The lines of the record in the file.
        cells: list of str. The cells of the record.
        delimiter: str of one character.

    Returns:
        list of lists of str, or None if the record is one row.

    >>> separate_rows(['"good\tx\n', 'bad"\ty\n'], ["good\tx\nbad", "y"], delimiter="\t")
    [['"good', 'x'], ['bad"', 'y']]
    """
    if len(lines) < 2 or len(cells) < 2:
        return None
    rows = [line.rstrip("\r\n").split(delimiter) for line in lines]
    if delimiter == "\t":
        return rows if any("\t" in cell and ("\n" in cell or "\r" in cell) for cell in cells) else None
    doubled = any('""' in line for line in lines)
    return None if doubled or any(len(row) != len(cells) for row in rows) else rows


def check_joined(rows, labels, *, label, format, path):
    """Checks that quote marks have not joined separate rows, and returns a note on lines that may be rows.

    Args:
        rows: list of `TableRow` whose `separate_rows` is not None.
        labels: collection of str, the labels of the table; or None if no labels are read.
        label: int or None. Index of the label's column.
        format: str. `"csv"` or `"tsv"`.
        path: path of the table, for the error message.

    Returns:
        list of str: one sentence, or none.

    Raises:
        UserError: the lines of a row have the width and the labels of separate rows.
    """
    known = set(labels or ())
    told = []
    for row in rows:
        if labels is not None and _ARE_ROWS[format](row, label, known):
            raise UserError(
                f"Quote marks join {_lines(row)} of {path} to one row, and {_LIKE_ROWS[format]}. Give --no-quotes if "
                "quote marks are ordinary characters there."
            )
        # With --no-quotes, lines of another width would be an error: if all lines are such, they are one row.
        if format == "tsv" and any(len(cells) == len(row.cells) for cells in _others(row, label)):
            told.append(row)
    if not told:
        return []
    places = f", and so in {len(told) - 1} other place{'s' * (len(told) > 2)}" if len(told) > 1 else ""
    return [
        f"Quote marks join {_lines(told[0])} to one row{places}. If they are ordinary characters, give --no-quotes."
    ]


def _are_rows_of_csv(row, label, known):
    return all(len(cells) == len(row.cells) and _label(cells, label) in known for cells in row.separate_rows)


def _are_rows_of_tsv(row, label, known):
    """Returns whether at least half of the lines have a row's width and label; empty labels alone are no evidence."""
    others = _others(row, label)
    found = [_label(cells, label) for cells in others if len(cells) == len(row.cells)]
    fitting = [there for there in found if not there or there in known]
    return any(fitting) and 2 * len(fitting) >= len(others)


def _others(row, label):
    """Returns the lines except the first or last one, which holds the row's own label and is no evidence."""
    first = row.separate_rows[0]
    if label is None:
        return row.separate_rows
    is_first = label < len(first) and _label(first, label) == _label(row.cells, label)
    return row.separate_rows[1:] if is_first else row.separate_rows[:-1]


def _label(cells, label):
    return cells[label].strip().strip('"').strip()


_ARE_ROWS = {"csv": _are_rows_of_csv, "tsv": _are_rows_of_tsv}
_LIKE_ROWS = {"csv": "each looks like a row of its own", "tsv": "at least half of them look like rows of their own"}


def _lines(row):
    return f"lines {row.number} to {row.number + len(row.separate_rows) - 1}"
