"""Finds the header and the columns of a table from its first rows. Knows rows and column names; no file."""

from dataclasses import dataclass

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tables.columns import LABEL_NAMES, TEXT_NAMES, choose_columns, is_known_name, normalized_name

_USUAL = {"text": "text", "label": "label"}


@dataclass(frozen=True)
class TableLayout:
    """Holds the positions of a table's columns, and whether the table has a header.

    Args:
        keys: dict of role (one of `ROLES`) → index of the cell in a row, from 0; or its name, in rows that are dicts.
        columns: dict of role → the column's name, or its number from 1 if there is no header.
        header_rows: int. 1 if the first row is a header, else 0.
        notes: list of str. Sentences for the user on columns that were found without being named.
        names: list of str or None. The cells of a header that names every wanted column. No row of data is likely to
            equal it.
    """

    keys: dict[str, int | str]
    columns: dict[str, str | int]
    header_rows: int
    notes: list[str]
    names: list[str] | None = None

    def is_header_again(self, cells):
        """Returns whether a row below the header repeats the header, as in concatenated files.

        Args:
            cells: the row's cells, as in `TableRow`.
        """
        return self.names is not None and self.names[-1] in cells[-1] and stripped_cells(cells) == self.names

    @classmethod
    def find(cls, rows, *, named, header, with_labels, path):
        """Finds the layout of a table from its first rows.

        Args:
            rows: list of `TableRow`, not empty.
            named: dict of role → name of its column, or None.
            header: bool or None. Whether the first row is a header; None decides by `has_header`.
            with_labels: bool. Whether a label is wanted. False ignores named columns of labels and weights.
            path: path of the table, for the error messages.

        Returns:
            `TableLayout`.

        Raises:
            UserError: as `has_header` and `choose_columns`; or the rows are dicts without a key.
        """
        wanted = ("text", "label") if with_labels else ("text",)
        named = {role: name for role, name in named.items() if with_labels or role not in ("label", "weight")}
        how = {"named": named, "wanted": wanted, "path": path}
        if isinstance(rows[0].cells, dict):
            return cls._of_dicts([row.cells for row in rows], **how)
        return cls._of_lists([row.cells for row in rows], header, **how)

    @classmethod
    def _of_dicts(cls, rows, **how):
        names = list(dict.fromkeys(name for row in rows for name in row))
        if not names:
            raise UserError(f'{how["path"]} has no columns. Wanted rows such as {{"text": "…", "label": "…"}}.')
        chosen = choose_columns(names, [[row.get(name) for row in rows] for name in names], **how)
        keys = {role: names[index] for role, index in chosen.items()}
        return cls(keys, keys, 0, _notes(keys, how["named"], 1))

    @classmethod
    def _of_lists(cls, rows, header, **how):
        given = [name for name in how["named"].values() if name is not None]
        sure = header is not False and names_every_role(rows[0], named=how["named"], wanted=how["wanted"])
        if header is None and sure:
            header = any(stripped_cells(row) == stripped_cells(rows[0]) for row in rows[1:]) or None
        if header is None:
            header = has_header(rows[0], rows[1:], named=given, path=how["path"])
        names = rows[0] if header else [str(index + 1) for index in range(len(rows[0]))]
        columns = [list(column) for column in zip(*rows[header:], strict=True)] or [[] for _ in names]
        chosen = choose_columns(names, columns, by_number=True, **how)
        taken = {role: names[index].strip() if header else index + 1 for role, index in chosen.items()}
        again = stripped_cells(rows[0]) if header and sure else None
        return cls(chosen, taken, int(header), _notes(taken, how["named"], int(header)), again)


def _notes(columns, named, header_rows):
    """Returns notes on the columns that were found, unless they have the usual names or all were named: list of str."""
    found = {role: name for role, name in columns.items() if named.get(role) is None}
    if not found or all(_USUAL.get(role) == name for role, name in found.items()):
        return []
    shown = " and ".join(f"column {name} as the {role}" for role, name in found.items())
    start = "Took" if header_rows else "The first row is taken as data, not as a header (--header says otherwise). Took"
    return [f"{start} {shown}; name others with {', '.join(f'--{role}' for role in found)}."]


_FEW = 0.25  # a label column has at most this share of different values, ...
_TINY = 20  # ... or at most this many, if at least one is repeated
_BY_ROLE = {"text": TEXT_NAMES, "label": LABEL_NAMES}
_LONGEST_NAME = 40  # characters; a longer cell is a text


def has_header(first, rows, *, named, path):
    """Returns whether the first row holds column names.

    The first rule that applies decides:

    1. A column is named by something other than a number: the row is a header.
    2. A cell occurs again in its column, and the column has few different values: it is not.
    3. A cell is a common name such as `text` or `label`, or the row holds all named columns: it is a header.
    4. A column is named by a number, or a cell of the row is a number: it is not.
    5. Two cells are equal, or a cell is longer than 40 characters: it is not.
    6. A cell is above a column of numbers, of few different values or of much longer texts: it is a header.

    Args:
        first: list of str. The first row.
        rows: list of lists of str. Some rows below it.
        named: list of str. The names or numbers of columns that the user has given.
        path: path of the table, for the error message.

    Returns:
        bool.

    Raises:
        UserError: no rule applies. The message asks for `--header` or `--no-header`.

    >>> has_header(["great film", "1"], [["dull", "0"], ["fine", "1"]], named=[], path="reviews.csv")
    False
    """
    names = [cell.strip() for cell in first]
    if not all(map(str.isdecimal, named)):
        return True  # if the first row does not hold the name, the error on the missing column lists the row
    columns = [[row[index].strip() for row in rows] for index in range(len(first))]
    if any(_comes_again(name, column) for name, column in zip(names, columns, strict=True)):
        return False
    if any(map(is_known_name, names)) or (named and set(named) <= set(names)):
        return True
    if named or any(map(_is_number, names)):
        return False
    return _looks_unlike(names, columns, path)


def names_every_role(row, *, named, wanted):
    """Returns whether a row names every wanted column, so that it is hardly a row of data.

    A common name of a text column alone is weak evidence, as a class may be called `question`. A row that does not hold
    the name given for the text must therefore name both a text and a label.

    Args:
        row: list of str.
        named: dict of role → name of its column, or None.
        wanted: collection of roles: `"text"`, `"label"` or both.

    >>> names_every_role(["Review", "stars"], named={}, wanted=("text", "label"))
    True
    """
    names = stripped_cells(row)
    known = lambda role: {name for tier in _BY_ROLE[role] for name in tier}
    return len(names) > 1 and all(
        named.get(role) in names or not known(role).isdisjoint(map(normalized_name, names))
        for role in (wanted if named.get("text") in names else _BY_ROLE)
    )


def stripped_cells(row):
    """Returns a row's cells without the spaces around them, and without the byte order mark of a concatenated file.

    Args:
        row: list of str, not empty.

    Returns:
        list of str.
    """
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
    """Applies rules 5 and 6 of `has_header`, and raises `UserError` if neither applies."""
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
