"""One row of a table and where it stands. Knows nothing else."""

from typing import NamedTuple


class TableRow(NamedTuple):
    """One row as a table's reader gives it.

    Args:
        number: int. The line where the row begins, from 1; in Parquet the row's number, from 1.
        cells: list of the values in the order of the columns, or dict of column's name → value.
        apart: list of lists of str, or None. Where quote marks join lines that may be rows without them: these rows.
    """

    number: int
    cells: list | dict
    apart: list[list[str]] | None = None
