"""Rows of Parquet files. Knows no column's meaning."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.tables.table_row import TableRow

_ROWS_AT_ONCE = 4096
_BYTES_AT_ONCE = 1 << 20  # of a column; otherwise a column is read as far as its row group goes, often to the end


def parquet_rows(path):
    """Yields the rows of a Parquet file, some thousands of them in memory.

    Args:
        path: path of the file.

    Yields:
        `TableRow` with a dict of Python values.

    Raises:
        UserError: what pyarrow cannot read, in its words.
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
