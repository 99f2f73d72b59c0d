"""The texts that `bigmodel predict` is asked about, wherever they come from. Knows files and pipes; no model."""

import itertools
import sys
from pathlib import Path

import typer

from keras_bigmodel.cli.table_notes import table_notes
from keras_bigmodel.core.errors import UserError

_ENDINGS = (".txt", ".json", ".gz", ".zip", ".xlsx")  # besides the tables'


def texts_asked(inputs, how):
    """Gives `(the texts one by one, about how many or None)`; a pair from a table is a tuple.

    Args:
        inputs: list of str: texts, or one file; none, or `-`, is standard input.
        how: dict: how a table is read, the arguments of `TableStream`.

    Raises:
        UserError: a file's name, mistyped; or see `TableStream`.
    """
    if not inputs or inputs == ["-"]:
        return _lines(sys.stdin.buffer), None
    from keras_bigmodel.data import is_table_name, row_estimate

    looks_like_a_file = is_table_name(inputs[0]) or inputs[0].lower().endswith(_ENDINGS)
    if len(inputs) == 1 and not _is_file(inputs[0]) and looks_like_a_file and " " not in inputs[0]:
        raise UserError(f"No file {inputs[0]}. Check the name.")  # a file's name, mistyped, is no text to label
    if len(inputs) > 1 or not _is_file(inputs[0]):
        return iter(inputs), len(inputs)
    path = Path(inputs[0])
    if not is_table_name(path) and how["format"] is None:
        return _lines_of(path), row_estimate(path)
    return _begun(_table_rows(path, how)), row_estimate(path, how["format"])


def _begun(rows):
    """Reads the first row now: what cannot be read is told before a model is loaded."""
    return itertools.chain([next(rows)], rows)


def _table_rows(path, how):
    from keras_bigmodel.data import TableStream

    stream, said = TableStream(path, **how, with_labels=False), []
    for block in stream:
        said += _say_new(stream, said)
        yield from zip(*block.inputs.values(), strict=True)
    _say_new(stream, said)


def _say_new(stream, said):
    """Says what is known by now of how the table was read, and was not said before."""
    new = [note for note in table_notes(stream) if note not in said]
    for note in new:
        typer.echo(note, err=True)
    return new


def _is_file(name):
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # a text too long, or with characters that no file name has
        return False


def _lines_of(path):
    with path.open("rb") as file:
        yield from _lines(file)


def _lines(file):
    for line in file:
        yield line.decode("utf-8", errors="replace").rstrip("\r\n")
