"""Checks a table's file, finds its format, estimates its rows. Knows file endings and first bytes; parses no row."""

import difflib
import hashlib
import stat
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tables.tagged.brat_rows import brat_sha256, is_brat_folder
from keras_bigmodel.tables.tagged.conll_rows import looks_like_conll

FORMATS = ("csv", "tsv", "jsonl", "parquet", "conll", "brat")
_ENDINGS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_ENDINGS |= dict.fromkeys((".conll", ".iob", ".iob2", ".bio", ".bioes"), "conll")
_TELLING = ", ".join(f".{name}" for name in FORMATS[:-1])
_MAY_BE_CONLL = (None, "tsv")  # formats by ending
_EXPORT = "Export its sheet as CSV and give that file"
# First bytes → kind of file, and advice. `_check_kinds` tells an Excel workbook from other zip archives.
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
    """Finds the format of a table, and checks that its file is readable and not of another kind.

    Args:
        path: `Path` of the file.
        format: str or None. One of `FORMATS`; None means the format of the file's ending, `"conll"` if the file has
            another ending, or that of TSV, and looks so, or `"brat"` for a folder with `.ann` files.

    Returns:
        str: one of `FORMATS`.

    Raises:
        UserError: the format is unknown; the file is missing, unreadable or empty; no format is given and the ending is
            not that of a table; or the first bytes are those of another kind of file.
    """
    if format is not None and format not in FORMATS:
        near = difflib.get_close_matches(format, FORMATS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UserError(f'"{format}" is no format of a table.{hint} Give one of: --format {", ".join(FORMATS)}.')
    if (format in (None, "brat") and is_brat_folder(path)) or (format == "brat" and path.is_dir()):
        return "brat"
    first = _first_bytes(path)
    found = format or _ENDINGS.get(path.suffix.lower())
    if format is None and found in _MAY_BE_CONLL and looks_like_conll(first):
        found = "conll"
    _check_kinds(path, first, found, f"a table as {_TELLING}")
    if found is None:
        raise UserError(f"{_ending(path)}, which says nothing of its format. {_advice(first)}")
    return found


def check_lines_of_text(path):
    """Checks that a file may hold one text per line: it is not JSON, a compressed file, a database or a document.

    Args:
        path: `Path` of a file whose ending is not that of a table.

    Raises:
        UserError: the file is of such a kind, missing, unreadable or empty. The message names the kind and says what to
            do.
    """
    first = _first_bytes(path)
    _check_kinds(path, first, None, "a file with a text a line")
    line = first.decode("utf-8", "replace").lstrip("\ufeff").lstrip().partition("\n")[0]
    if path.suffix.lower() == ".json" or line.startswith(("[{", "{")):
        raise UserError(
            f"{path} holds JSON, not a text a line. Give --format jsonl if each line is an object; else write it as "
            "JSON lines, one object a line."
        )


def _check_kinds(path, first, found, wanted):
    for magic, kind, advice in _KINDS:
        if first.startswith(magic) and not (magic == b"PAR1" and found == "parquet"):
            if magic.startswith(b"PK") and b"[Content_Types].xml" in first:
                kind, advice = "an Excel workbook", _EXPORT
            raise UserError(f"{path} is {kind}, not {wanted}. {advice}.")


def _first_bytes(path):
    """Returns the first 4,096 bytes of a file, or raises `UserError` if it is not a readable file with content."""
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
    except (OSError, ValueError) as error:  # the name is too long or has an invalid character, or the disk fails
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
    """Returns advice on the format to give, judged by the first line: str."""
    line = first.decode("utf-8", "replace").lstrip("\ufeff").partition("\n")[0]
    if "\t" in line:
        return "Its first line has TABs: give --format tsv."
    if line.startswith("{"):
        return "Its first line is a JSON object: give --format jsonl."
    if "," in line:
        return "Its first line has commas: give --format csv."
    return f"Give --format {' or '.join(FORMATS)}; tables end in {_TELLING}."


def is_table_name(name):
    """Returns whether a file's name has the ending of a table.

    Args:
        name: str or path. Upper and lower case are equal.

    >>> is_table_name("reviews.CSV"), is_table_name("reviews.txt")
    (True, False)
    """
    return Path(name).suffix.lower() in _ENDINGS


def holds_tagged_words(path):
    """Returns whether a file holds a word and its tag a line, or is a folder of texts and spans, whatever its name.

    Args:
        path: path of a file or folder that exists.

    Raises:
        UserError: the file cannot be read or is empty.
    """
    return is_brat_folder(path) or (Path(path).is_file() and looks_like_conll(_first_bytes(Path(path))))


def file_sha256(path):
    """Returns the SHA-256 of a file's bytes, or of those of a brat folder, in hexadecimal: str."""
    if Path(path).is_dir():
        return brat_sha256(path)
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_WHOLE = 64 << 20  # bytes: all lines of a file up to this size are counted
_PIECES, _PIECE = 64, 1 << 18  # of a larger file 64 pieces of 256 KiB are read, spread evenly


def row_estimate(path, format=None):
    """Estimates the number of rows of a table, for a progress bar; it is not exact.

    Args:
        path: path of the file.
        format: str or None. As in `table_format`.

    Returns:
        int: the rows of a Parquet file; the lines of another file, estimated from pieces of a file above 64 MiB. None
        if the number is unknown.
    """
    path = Path(path)
    try:
        if format == "parquet" or (format is None and path.suffix.lower() == ".parquet"):
            import pyarrow.parquet

            return pyarrow.parquet.read_metadata(path).num_rows
        return _lines(path, path.stat().st_size) or None
    except (OSError, ValueError):  # pyarrow.ArrowInvalid is a ValueError
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
