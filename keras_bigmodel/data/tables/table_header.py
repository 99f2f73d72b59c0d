"""Whether a table's first row names its columns. Knows the names that people give; no file."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.tables.column_names import LABEL_NAMES, TEXT_NAMES, is_known_name, plain

_FEW = 0.25  # a column of labels repeats: it has at most this share of different values, once the table is not tiny
_TINY = 20
_BY_ROLE = {"text": TEXT_NAMES, "label": LABEL_NAMES}
_LONGEST_NAME = 40  # characters; a longer cell is a text


def has_header(first, rows, *, named, path):
    """Decides whether the first row holds column names.

    In this order: a column asked for by a name that is no number (then it does); a cell that comes again below it in a
    column of few different values (then not); a cell that is a common name such as `text` or `label`, or all columns
    asked for standing in it; columns asked for by number (then not); a number in it (then not); short cells that are
    unlike what stands below.

    Args:
        first: list of str. The first row.
        rows: list of lists of str. Some rows below it.
        named: list of str. The columns that were named with options.
        path: path of the table, for the sentence.

    Returns:
        bool.

    Raises:
        UserError: nothing tells; the sentence asks for `--header` or `--no-header`.

    >>> has_header(["great film", "1"], [["dull", "0"], ["fine", "1"]], named=[], path="reviews.csv")
    False
    """
    names = [cell.strip() for cell in first]
    if not all(map(str.isdecimal, named)):
        return True  # if the first row lacks such a name, the sentence about the missing column lists it
    columns = [[row[place].strip() for row in rows] for place in range(len(first))]
    if any(_comes_again(name, column) for name, column in zip(names, columns, strict=True)):
        return False
    if any(map(is_known_name, names)) or (named and set(named) <= set(names)):
        return True
    if named or any(map(_is_number, names)):
        return False
    return _looks_unlike(names, columns, path)


def names_every_role(row, *, named, wanted):
    """Whether a row holds a name for each column that is wanted, so that it hardly is one of a text and a label.

    A common name of texts alone proves little, as a class may be called `question`: where no text's column is named,
    there must be one of labels, too.

    Args:
        row: list of str.
        named: dict of role → name that was given, or None.
        wanted: roles, of `"text"` and `"label"`.

    >>> names_every_role(["Review", "stars"], named={}, wanted=("text", "label"))
    True
    """
    names = bare(row)
    known = lambda role: {name for tier in _BY_ROLE[role] for name in tier}
    return len(names) > 1 and all(
        named.get(role) in names or not known(role).isdisjoint(map(plain, names))
        for role in (wanted if named.get("text") in names else _BY_ROLE)
    )


def bare(row):
    """Gives a row's cells without spaces around them, the first without the byte order mark that began another file."""
    first, *others = (cell.strip() for cell in row)
    return [first[1:].strip('"') if first.startswith("\ufeff") else first, *others]


def _comes_again(name, column):
    return bool(name) and name in column and _are_few([name, *column])


def _are_few(values):
    return len(set(values)) <= max(len(values) * _FEW, min(len(values) - 1, _TINY))


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _looks_unlike(names, columns, path):
    """Whether short, different cells stand over a column of numbers or labels, or over texts much longer."""
    if len(set(names)) < len(names) or any(len(name) > _LONGEST_NAME for name in names):
        return False
    for name, column in zip(names, columns, strict=True):
        filled = [cell for cell in column if cell]
        if not filled or not name:
            continue
        lengths = sorted(map(len, filled))
        repeats = _are_few(filled) and len(filled) > 2
        if repeats or all(map(_is_number, filled)) or lengths[len(lengths) // 2] >= 2 * len(name) + 10:
            return True
    raise UserError(
        f'Nothing tells whether the first row of {path} ("{names[0]:.40}", …) names its columns. Give --header if it '
        "does, --no-header if it is a row like the others."
    )
