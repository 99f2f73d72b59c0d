"""Reads folders of texts with their spans in files beside them, as brat writes them. Knows no labels."""

import hashlib
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tables.table import TableRow

_TEXTS, _SPANS = ".txt", ".ann"


def is_brat_folder(path):
    """Returns whether a path is a folder with files of spans: bool."""
    path = Path(path)
    return path.is_dir() and any(there.suffix == _SPANS for there in path.iterdir())


def brat_rows(path):
    """Yields the texts of a folder, in the order of their names, each with its spans.

    `name.ann` holds the spans of `name.txt`: lines `T1`, TAB, label, start and end, TAB, text. Other lines are
    relations, events and notes, which are not read.

    Args:
        path: path of the folder.

    Yields:
        `TableRow` with a dict of `text` and `spans`: list of `(start, end, label)`. Its number is that of the text.

    Raises:
        UserError: a text has no file of spans, a file is not UTF-8, or a line of spans is not written so. The message
            names the file and the line.
    """
    for number, texts in enumerate(sorted(Path(path).glob(f"*{_TEXTS}")), 1):
        spans = texts.with_suffix(_SPANS)
        if not spans.is_file():
            raise UserError(f"{texts} has no file {spans.name} beside it. Write an empty one if it has no spans.")
        lines = enumerate(_read(spans).splitlines(), 1)
        found = [_span(spans, at, line) for at, line in lines if line.startswith("T")]
        yield TableRow(number, {"text": _read(texts), "spans": found})


def brat_sha256(path):
    """Returns the SHA-256 of the names and bytes of a folder's texts and spans in hexadecimal: str."""
    digest = hashlib.sha256()
    for there in sorted(Path(path).iterdir()):
        if there.suffix in (_TEXTS, _SPANS):
            digest.update(there.name.encode("utf-8", "surrogateescape") + b"\0" + there.read_bytes() + b"\0")
    return digest.hexdigest()


def _read(path):
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path} is not UTF-8: line {line} has the byte 0x{error.object[error.start]:02X}.") from error


def _span(path, number, line):
    parts = line.split("\t")
    label, _, places = parts[1].partition(" ") if len(parts) > 1 else ("", "", "")
    if ";" in places:
        raise UserError(
            f"Line {number} of {path} has a span in several parts ({places}); wanted a start and an end. Write it as "
            "one span, or as several."
        )
    bounds = places.split()
    if len(bounds) != 2 or not all(map(str.isdecimal, bounds)):
        raise UserError(f'Line {number} of {path} is "{line:.60}"; wanted T1, a TAB, a label, a start and an end.')
    return int(bounds[0]), int(bounds[1]), label
