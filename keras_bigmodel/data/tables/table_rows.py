"""The rows of a table one by one, whatever its format. Knows which reader reads what; no column's meaning."""

from keras_bigmodel.data.tables.delimited_rows import delimited_rows
from keras_bigmodel.data.tables.json_line_rows import json_line_rows
from keras_bigmodel.data.tables.parquet_rows import parquet_rows

_READERS = {
    "csv": lambda path, **how: delimited_rows(path, delimiter=",", **how),
    "tsv": lambda path, **how: delimited_rows(path, delimiter="\t", **how),
    "jsonl": lambda path, encoding, **_: json_line_rows(path, encoding=encoding),
    "parquet": lambda path, **_: parquet_rows(path),
}


def table_rows(path, format, *, quotes=True, encoding=None, alone=False):
    """Yields the rows of a table without holding more than one of them.

    Args:
        path: path of the file.
        format: str. `"csv"`, `"tsv"`, `"jsonl"` or `"parquet"`.
        quotes: bool. Whether quote marks enclose cells, in CSV and TSV. Defaults to True.
        encoding: str or None. Of CSV, TSV and JSON lines; None means UTF-8, or what a byte order mark says.
        alone: bool. Whether one column would do; then semicolons part columns only where a name tells so. Defaults to
            False.

    Yields:
        `TableRow`. Of CSV and TSV the first may be the header; the cells are lists. Of the others they are dicts.

    Raises:
        UserError: what cannot be read, with the line where it stands.
    """
    return _READERS[format](path, quotes=quotes, encoding=encoding, alone=alone)


def place(format, number):
    """Says where a row stands: lines are counted in texts, rows in Parquet.

    >>> place("csv", 3), place("parquet", 3)
    ('line 3', 'row 3')
    """
    return f"{'row' if format == 'parquet' else 'line'} {number}"
