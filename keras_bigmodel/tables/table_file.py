"""Which file a table is, which format it has and about how many rows. Reads endings and first bytes; parses no row."""

import difflib
import hashlib
import stat
from pathlib import Path

from keras_bigmodel.core.errors import UserError

FORMATS = ("csv", "tsv", "jsonl", "parquet")
_ENDINGS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_TELLING = ", ".join(f".{name}" for name in FORMATS)
_EXPORT = "Export its sheet as CSV and give that file"
# First bytes → what the file is, and what to do with it. The order matters: an Excel workbook is a zip archive.
_KINDS = (
    (b"PAR1", "a Parquet file", "Give --format parquet, or let its name end in .parquet"),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it with gunzip and give the table itself"),
    (b"PK\x03\x04", "a zip archive", "Unpack it with unzip and give the table itself"),
    (b"BZh", "compressed with bzip2", "Unpack it with bunzip2 and give the table itself"),
    (b"\xfd7zXZ\0", "compressed with xz", "Unpack it with unxz and give the table itself"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it with unzstd and give the table itself"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-zip archive", "Unpack it and give the table itself"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", _EXPORT),
    (b"ARROW1", "an Arrow file", "Write it as Parquet: pyarrow.parquet.write_table"),
    (b"SQLite format 3", "a SQLite database", "Export the query's result as CSV"),
    (b"\x93NUMPY", "a NumPy array", "Write it as CSV"),
    (b"%PDF", "a PDF document", "Give a table"),
)


def table_format(path, format=None):
    """Finds which format a table has, and refuses what is no readable file of it.

    Args:
        path: `Path` of the file.
        format: str or None. `"csv"`, `"tsv"`, `"jsonl"` or `"parquet"`; None asks the file's ending.

    Returns:
        str: one of `FORMATS`.

    Raises:
        UserError: no such file, no readable one, an empty one, an ending that says nothing, or bytes of another kind.
    """
    if format is not None and format not in FORMATS:
        near = difflib.get_close_matches(format, FORMATS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UserError(f'"{format}" is no format of a table.{hint} Give one of: --format {", ".join(FORMATS)}.')
    first = _first_bytes(path)
    found = format or _ENDINGS.get(path.suffix.lower())
    _refuse_kinds(path, first, found, f"a table as {_TELLING}")
    if found is None:
        raise UserError(f"{_ending(path)}, which says nothing of its format. {_advice(first)}")
    return found


def check_lines_of_text(path):
    """Refuses a file that does not hold a text a line: a table, JSON, a packed file, a document.

    Args:
        path: `Path` of a file that has not the ending of a table.

    Raises:
        UserError: the sentence says what it is, and what to do.
    """
    first = _first_bytes(path)
    _refuse_kinds(path, first, None, "a file with a text a line")
    line = first.decode("utf-8", "replace").lstrip("\ufeff").lstrip().partition("\n")[0]
    if path.suffix.lower() == ".json" or line.startswith(("[{", "{")):
        raise UserError(
            f"{path} holds JSON, not a text a line. Give --format jsonl if each line is an object; else write it as "
            "JSON lines, one object a line."
        )


def _refuse_kinds(path, first, found, wanted):
    for magic, kind, advice in _KINDS:
        if first.startswith(magic) and not (magic == b"PAR1" and found == "parquet"):
            if magic.startswith(b"PK") and b"[Content_Types].xml" in first:
                kind, advice = "an Excel workbook", _EXPORT
            raise UserError(f"{path} is {kind}, not {wanted}. {advice}.")


def _first_bytes(path):
    """Gives the file's beginning, or says why there is none."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            with path.open("rb") as file:
                first = file.read(4096)
    except FileNotFoundError as error:
        raise UserError(_no_file(path)) from error
    except PermissionError as error:
        raise UserError(
            f"{path} may not be read by you. Change its permissions, e.g. chmod u+r, or copy it."
        ) from error
    except (OSError, ValueError) as error:  # a name too long, or with a character that no name has; a broken disk
        raise UserError(f"{str(path)[:200]} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if stat.S_ISDIR(mode):
        raise UserError(f"{path} is a folder; wanted a table that ends in {_TELLING}.{_tables_in(path)}")
    if not stat.S_ISREG(mode):
        raise UserError(f"{path} is a pipe or a device. Save the table to a file and give that.")
    if not first:
        raise UserError(f"{path} is empty. Give a table with a row of column names and at least one filled row.")
    return first


def _no_file(path):
    if not path.parent.is_dir():
        return f"No file {path}: there is no folder {path.parent}. Check the name; tables end in {_TELLING}."
    near = difflib.get_close_matches(path.name, [there.name for there in path.parent.iterdir()], n=1)
    hint = f" Did you mean {path.parent / near[0]}?" if near else ""
    return f"No file {path}.{hint} Check the name; tables end in {_TELLING}."


def _tables_in(folder):
    try:
        names = sorted(there.name for there in folder.iterdir() if there.suffix.lower() in _ENDINGS)
    except OSError:
        return ""
    return f" It holds {', '.join(names[:5])}{', …' if len(names) > 5 else ''}." if names else ""


def _ending(path):
    return f'{path} ends in "{path.suffix}"' if path.suffix else f"{path} has no ending"


def _advice(first):
    """Says which format to give, from the first line."""
    line = first.decode("utf-8", "replace").lstrip("\ufeff").partition("\n")[0]
    if "\t" in line:
        return "Its first line has TABs: give --format tsv."
    if line.startswith("{"):
        return "Its first line is a JSON object: give --format jsonl."
    if "," in line:
        return "Its first line has commas: give --format csv."
    return f"Give --format {' or '.join(FORMATS)}; tables end in {_TELLING}."


def is_table_name(name):
    """Whether a file's name ends as a table's does.

    >>> is_table_name("reviews.CSV"), is_table_name("reviews.txt")
    (True, False)
    """
    return Path(name).suffix.lower() in _ENDINGS


def file_sha256(path):
    """Gives the sha256 of a file's bytes: str."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
