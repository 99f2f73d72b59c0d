"""About how many rows a table has, without reading it. Knows line ends and Parquet's footer; no columns."""

from pathlib import Path

_WHOLE = 64 << 20  # bytes: a file up to this size is counted
_PIECES, _PIECE = 64, 1 << 18  # of a larger one some are looked at, from its beginning to its end


def row_estimate(path, format=None):
    """Estimates the rows of a table: for a bar, not for arithmetic.

    Args:
        path: path of the file.
        format: str or None. As in `read_text_table`.

    Returns:
        int: the rows of a Parquet file; of others the lines, from pieces of the file where it is larger than 64 MB.
        None where it cannot be told.
    """
    path = Path(path)
    try:
        if format == "parquet" or (format is None and path.suffix.lower() == ".parquet"):
            import pyarrow.parquet

            return pyarrow.parquet.read_metadata(path).num_rows
        return _lines(path, path.stat().st_size) or None
    except (OSError, ValueError):  # pyarrow's errors are some of these
        return None


def _lines(path, size):
    pieces = [(size * piece // _PIECES, _PIECE) for piece in range(_PIECES)] if size > _WHOLE else [(0, size)]
    lines = looked_at = 0
    with path.open("rb") as file:
        for start, length in pieces:
            file.seek(start)
            piece = file.read(length)
            lines, looked_at = lines + piece.count(b"\n"), looked_at + len(piece)
    return round(lines * size / looked_at) if looked_at else 0
