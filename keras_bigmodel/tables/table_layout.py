"""Finds where a table's texts and labels stand: header or none, which column is what. Knows no file."""

from dataclasses import dataclass

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tables.columns import LABEL_NAMES, TEXT_NAMES, choose_columns, is_known_name, plain

_USUAL = {"text": "text", "label": "label"}


@dataclass(frozen=True)
class TableLayout:
    """Where the columns of a table stand.

    Args:
        keys: dict of role (one of `ROLES`) → index of the cell in a row, from 0, or its name.
        columns: dict of role → what people call the column: its name, or its number from 1 without a header.
        header_rows: int. 1 if the first row holds names, else 0.
        notes: list of str. What was found without being asked for, as sentences.
        names: list of str, or None. The cells of a header that names every column wanted; no row repeats it by chance.
    """

    keys: dict[str, int | str]
    columns: dict[str, str | int]
    header_rows: int
    notes: list[str]
    names: list[str] | None = None

    def is_header_again(self, cells):
        """Whether a row below the header is the header again, as in files put one behind the other."""
        return self.names is not None and self.names[-1] in cells[-1] and bare(cells) == self.names

    @classmethod
    def find(cls, rows, *, named, header, with_labels, path):
        """Finds the layout from a table's first rows.

        Args:
            rows: list of `TableRow`, not empty.
            named: dict of role → name that was given, or None.
            header: bool or None. None decides by itself.
            with_labels: bool. Whether a label is wanted.
            path: path of the table, for the sentences.

        Raises:
            UserError: see `has_header` and `choose_columns`.
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
            header = any(bare(row) == bare(rows[0]) for row in rows[1:]) or None
        if header is None:
            header = has_header(rows[0], rows[1:], named=given, path=how["path"])
        names = rows[0] if header else [str(index + 1) for index in range(len(rows[0]))]
        columns = [list(column) for column in zip(*rows[header:], strict=True)] or [[] for _ in names]
        chosen = choose_columns(names, columns, by_number=True, **how)
        taken = {role: names[index].strip() if header else index + 1 for role, index in chosen.items()}
        again = bare(rows[0]) if header and sure else None
        return cls(chosen, taken, int(header), _notes(taken, how["named"], int(header)), again)


def _notes(columns, named, header_rows):
    """Says which columns were found, unless they have the usual names or were all named."""
    found = {role: name for role, name in columns.items() if named.get(role) is None}
    if not found or all(_USUAL.get(role) == name for role, name in found.items()):
        return []
    shown = " and ".join(f"column {name} as the {role}" for role, name in found.items())
    start = "Took" if header_rows else "The first row is taken as data, not as a header (--header says otherwise). Took"
    return [f"{start} {shown}; name others with {', '.join(f'--{role}' for role in found)}."]


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
    columns = [[row[index].strip() for row in rows] for index in range(len(first))]
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
