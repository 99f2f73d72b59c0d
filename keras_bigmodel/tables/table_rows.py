"""Reads the rows of a table one at a time, in each format. Knows no column's meaning."""

import json
import re

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tables.delimited_rows import delimited_rows
from keras_bigmodel.tables.table import TableRow
from keras_bigmodel.tables.tagged.brat_rows import brat_rows
from keras_bigmodel.tables.tagged.conll_rows import conll_rows
from keras_bigmodel.tables.text_lines import text_lines

_EXAMPLE = '{"text": "The food was cold", "label": "bad"}'
_HALF_PAIRS = re.compile("[\ud800-\udfff]")


def json_line_rows(path, *, encoding=None):
    r"""Yields the objects of a JSON-lines file, and skips blank lines.

    Numbers are returned as text in their original spelling: `1.0` does not become `1`. `NaN` is a missing value. Half
    of a surrogate pair (`"\ud83d"`) is not a character: it becomes U+FFFD in a column's name, and stays in a cell.

    Args:
        path: path of the file.
        encoding: str or None. See `text_lines`.

    Yields:
        `TableRow` with a dict of column name → str, bool, None, list or dict.

    Raises:
        UserError: as `text_lines`; a line is not a JSON object, or an object has a key twice.
    """
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_constant, object_pairs_hook=_each_once)
    for number, line in enumerate(text_lines(path, encoding), 1):
        line = line.strip()
        if not line:
            continue
        try:
            cells = decoder.decode(line)
        except _TwiceError as error:
            raise UserError(
                f'Line {number} of {path} has the key "{_whole(str(error)):.60}" twice in one object. Rename or remove '
                "one: only one value could be read."
            ) from error
        except (ValueError, RecursionError) as error:
            raise UserError(_no_json(path, number, line, error)) from error
        if not isinstance(cells, dict):
            raise UserError(_no_object(path, number, cells))
        yield TableRow(number, {_whole(name): cell for name, cell in cells.items()})


class _TwiceError(Exception):
    """Indicates that an object has a key twice; JSON parsers keep the last value without an error."""


def _each_once(pairs):
    cells = dict(pairs)
    if len(cells) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(next(key for key in keys if keys.count(key) > 1))
    return cells


def _constant(name):
    return None if name == "NaN" else name


def _whole(value):
    return _HALF_PAIRS.sub("\ufffd", value) if isinstance(value, str) and not value.isascii() else value


def _no_json(path, number, line, error):
    if number == 1 and line in ("[", "{"):
        return (
            f"{path} is one JSON document over many lines; wanted one object a line. Convert it, e.g. with "
            f"jq -c '.[]' {path} > table.jsonl."
        )
    why = f"{error.msg} at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else "nested too deep"
    return f"Line {number} of {path} is no JSON: {why}. Wanted one object a line, e.g. {_EXAMPLE}."


def _no_object(path, number, value):
    if number == 1 and isinstance(value, list) and value and isinstance(value[0], dict):
        return f"{path} is a JSON list; wanted one object a line. Convert it: jq -c '.[]' {path} > table.jsonl."
    kind = {list: "a list", str: "a string or number", bool: "true or false"}.get(type(value), "null")
    return f"Line {number} of {path} is {kind}; wanted an object, e.g. {_EXAMPLE}."


_ROWS_AT_ONCE = 4096
_BYTES_AT_ONCE = 1 << 20  # per column; without a buffer pyarrow reads a column's whole row group, often the whole file


def parquet_rows(path):
    """Yields the rows of a Parquet file, and holds up to 4,096 of them in memory.

    Args:
        path: path of the file.

    Yields:
        `TableRow` with a dict of column name → Python value.

    Raises:
        UserError: pyarrow cannot read the file (the message quotes it), a column's name occurs twice, or there are no
            columns.
    """
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path, buffer_size=_BYTES_AT_ONCE, pre_buffer=False) as file:
            names = _names(path, file.schema_arrow)
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
                columns = [column.to_pylist() for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    yield TableRow(number, dict(zip(names, cells, strict=True)))
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, UserError):
            raise
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"{path} cannot be read as Parquet after row {number}: {why:.200}. Write it again, or give another format."
        ) from error


def _names(path, schema):
    for name in schema.names:
        if schema.names.count(name) > 1:
            raise UserError(f'{path} has the column "{name}" {schema.names.count(name)} times. Rename all but one.')
    if not schema.names:
        raise UserError(f"{path} has no columns. Give a table with a column of texts.")
    return schema.names


_READERS = {
    "csv": lambda path, word_columns, **how: delimited_rows(path, delimiter=",", **how),
    "tsv": lambda path, word_columns, **how: delimited_rows(path, delimiter="\t", **how),
    "jsonl": lambda path, encoding, **_: json_line_rows(path, encoding=encoding),
    "parquet": lambda path, **_: parquet_rows(path),
    "brat": lambda path, **_: brat_rows(path),
    "conll": lambda path, encoding, word_columns, **_: conll_rows(path, encoding=encoding, columns=word_columns),
}


def table_rows(path, format, *, quotes=True, encoding=None, one_column=False, word_columns=(None, None)):
    """Yields the rows of a table one at a time; memory holds some thousands of rows at most.

    Args:
        path: path of the file.
        format: str. One of `table_file.FORMATS`.
        quotes: bool. Whether quote marks enclose cells, in CSV and TSV. Defaults to True.
        encoding: str or None. Encoding of CSV, TSV and JSON lines. Defaults to None: that of the byte order mark, else
            UTF-8.
        one_column: bool. Whether a CSV file may have a single column; see `likely_delimiter`. Defaults to False.
        word_columns: as in `conll_rows`.

    Yields:
        `TableRow`. Its cells are a list in CSV and TSV, where the first row may be the header, and a dict in the other
        formats.

    Raises:
        UserError: a row cannot be read; the message names its line.
    """
    how = {"quotes": quotes, "encoding": encoding, "one_column": one_column, "word_columns": word_columns}
    return _READERS[format](path, **how)


def row_location(format, number):
    """Returns a row's location in words: its line in a text file, its row number in Parquet, its text in a folder.

    Args:
        format: str. One of `table_file.FORMATS`.
        number: int. As in `TableRow`.

    >>> row_location("csv", 3), row_location("parquet", 3)
    ('line 3', 'row 3')
    """
    return f"{ {'parquet': 'row', 'brat': 'text'}.get(format, 'line') } {number}"
