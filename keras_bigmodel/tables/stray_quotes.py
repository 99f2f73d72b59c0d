"""Whether two stray quote marks joined lines that are rows of their own. Knows lines and labels; no file."""

from keras_bigmodel.core.errors import UserError


def lines_apart(lines, cells, *, delimiter):
    r"""Gives the lines of one record as rows of their own, where they may be meant as such.

    In TSV they may be where a quoted cell holds a TAB and a line break, which a text hardly does. In CSV, commas in
    texts of several lines are nothing strange, so each line must be as wide as the record, and who doubles quote marks
    quotes on purpose.

    Args:
        lines: list of str. The record as it stands in the file.
        cells: list of str. The record as it was read.
        delimiter: str of one character.

    Returns:
        list of lists of str, or None.

    >>> lines_apart(['"good\tx\n', 'bad"\ty\n'], ["good\tx\nbad", "y"], delimiter="\t")
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
    """Refuses lines that quote marks joined to one row and that look like rows of their own; notes what may be some.

    Args:
        rows: list of `TableRow` whose `apart` is not None.
        labels: collection of str, the labels of the table; or None, where none are read.
        label: int or None. The index of the label's column.
        format: str. `"csv"` or `"tsv"`.
        path: path of the table, for the sentence.

    Returns:
        list of str: one sentence, or none.

    Raises:
        UserError: the lines have the width and the labels of rows.
    """
    known = set(labels or ())
    told = []
    for row in rows:
        if labels is not None and _ARE_ROWS[format](row, label, known):
            raise UserError(
                f"Quote marks join {_lines(row)} of {path} to one row, and {_LIKE_ROWS[format]}. Give --no-quotes if "
                "quote marks are ordinary characters there."
            )
        # Without quote marks, lines of another width would be refused: where there are only such, they are one row.
        if format == "tsv" and any(len(cells) == len(row.cells) for cells in _others(row, label)):
            told.append(row)
    if not told:
        return []
    places = f", and so in {len(told) - 1} other place{'s' * (len(told) > 2)}" if len(told) > 1 else ""
    return [
        f"Quote marks join {_lines(told[0])} to one row{places}. If they are ordinary characters, give --no-quotes."
    ]


def _are_rows_of_csv(row, label, known):
    return all(len(cells) == len(row.cells) and _label(cells, label) in known for cells in row.apart)


def _are_rows_of_tsv(row, label, known):
    """Whether half of the lines have the width and the label of a row; an empty label alone proves little."""
    others = _others(row, label)
    found = [_label(cells, label) for cells in others if len(cells) == len(row.cells)]
    fitting = [there for there in found if not there or there in known]
    return any(fitting) and 2 * len(fitting) >= len(others)


def _others(row, label):
    """The lines but the one that the row's own label stands in, the first or the last: it proves nothing."""
    first = row.apart[0]
    if label is None:
        return row.apart
    is_first = label < len(first) and _label(first, label) == _label(row.cells, label)
    return row.apart[1:] if is_first else row.apart[:-1]


def _label(cells, label):
    return cells[label].strip().strip('"').strip()


_ARE_ROWS = {"csv": _are_rows_of_csv, "tsv": _are_rows_of_tsv}
_LIKE_ROWS = {"csv": "each looks like a row of its own", "tsv": "at least half of them look like rows of their own"}


def _lines(row):
    return f"lines {row.number} to {row.number + len(row.apart) - 1}"
