"""Where a table's texts and labels stand: header or none, which column is what. Knows no file."""

from dataclasses import dataclass

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.tables.column_choice import choose_columns
from keras_bigmodel.data.tables.table_header import bare, has_header, names_every_role

ROLES = ("text", "pair", "label", "weight")
_USUAL = {"text": "text", "label": "label"}


@dataclass(frozen=True)
class TableLayout:
    """Where the columns of a table stand.

    Args:
        keys: dict of role (one of `ROLES`) → place of the cell in a row, from 0, or its name.
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
        keys = {role: names[place] for role, place in chosen.items()}
        return cls(keys, keys, 0, _notes(keys, how["named"], 1))

    @classmethod
    def _of_lists(cls, rows, header, **how):
        given = [name for name in how["named"].values() if name is not None]
        sure = header is not False and names_every_role(rows[0], named=how["named"], wanted=how["wanted"])
        if header is None and sure:
            header = any(bare(row) == bare(rows[0]) for row in rows[1:]) or None
        if header is None:
            header = has_header(rows[0], rows[1:], named=given, path=how["path"])
        names = rows[0] if header else [str(place + 1) for place in range(len(rows[0]))]
        columns = [list(column) for column in zip(*rows[header:], strict=True)] or [[] for _ in names]
        chosen = choose_columns(names, columns, by_number=True, **how)
        taken = {role: names[place].strip() if header else place + 1 for role, place in chosen.items()}
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
