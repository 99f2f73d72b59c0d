"""Reads the input of `bigmodel predict` from arguments, files or standard input. Knows files and pipes; no model."""

import io
import itertools
import os
import sys
from pathlib import Path

import typer

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tables.table import reading_notes
from keras_bigmodel.tables.tagged.brat_rows import is_brat_folder

_ENDINGS = (".txt", ".json", ".gz", ".zip", ".xlsx")  # of file names, besides those of tables


def read_inputs(inputs, options):
    """Returns the texts to predict and an estimate of their number.

    Args:
        inputs: list of str: texts, or the path of one file. None, an empty list or `["-"]` reads standard input.
        options: `TableOptions`.

    Returns:
        `(iterator, int or None)`: the iterator yields a str for a text or line, and a tuple of str for a row of a
        table. The number is None if it is unknown.

    Raises:
        UserError: the input looks like the name of a file that does not exist; there are several inputs and one is a
            file; there is an option on how a table is read, and no table; or as `TableStream`.
    """
    if not inputs or inputs == ["-"]:
        check_no_table_options(options, "standard input has a text a line")
        return _decoded(sys.stdin.buffer, options.encoding), None
    from keras_bigmodel.tables import is_table_name, row_estimate
    from keras_bigmodel.tables.table_file import holds_tagged_words

    looks_like_a_file = is_table_name(inputs[0]) or inputs[0].lower().endswith(_ENDINGS)
    if len(inputs) == 1 and not _is_file(inputs[0]) and looks_like_a_file and " " not in inputs[0]:
        raise UserError(f"No file {inputs[0]}. Check the name.")  # a mistyped file name is not a text to predict
    files = [text for text in inputs if _is_file(text)]
    if len(inputs) > 1 and files:
        raise UserError(
            f"{len(inputs)} inputs came, and {files[0]} is a file: its name is no text to answer. Give one file, or "
            "texts alone; ask twice for two files."
        )
    if not files:
        check_no_table_options(options, "texts on the command line have no columns")
        if options.encoding is not None:
            raise UserError("--encoding came, and texts on the command line have none. Leave it out.")
        # Decodes as UTF-8 in any locale; invalid bytes become U+FFFD, as in a file.
        return (os.fsencode(text).decode("utf-8", "replace") for text in inputs), len(inputs)
    path = Path(inputs[0])
    if not is_table_name(path) and options.format is None and not holds_tagged_words(path):
        from keras_bigmodel.tables.table_file import check_lines_of_text
        from keras_bigmodel.tables.text_lines import text_lines

        check_no_table_options(options, f"{path} has a text a line (--format says otherwise)")
        check_lines_of_text(path)
        return _with_first_row_read(line.rstrip("\r\n") for line in text_lines(path, options.encoding)), row_estimate(
            path
        )
    return _with_first_row_read(_table_rows(path, options)), row_estimate(path, options.format)


def read_filled_rows(path, options):
    """Returns the rows of a file of texts or of a table that have a text.

    Args:
        path: str. Path of the file.
        options: `TableOptions`.

    Returns:
        list of str; for a table with a second column of texts, list of tuples of str.

    Raises:
        UserError: as `read_inputs`.
    """
    rows = [row for row in read_inputs([path], options)[0] if "".join(row).strip()]
    if rows and isinstance(rows[0], tuple) and len(rows[0]) == 1:
        rows = [text for (text,) in rows]
    return rows


def check_no_table_options(options, why, *more):
    """Raises `UserError` if an option on how a table is read is given; called when there is no table.

    Args:
        options: `TableOptions`.
        why: str. Why there is no table, for the message.
        *more: names of further options that need a table here.

    Raises:
        UserError: such an option is given.
    """
    given = {name: getattr(options, name) for name in ("text", "pair", "format", "header", *more)}
    given["no-quotes"] = None if options.quotes else True
    for name, value in given.items():
        if value is not None:
            raise UserError(f"--{name} came, and {why}. Leave it out, or give a table.")


def _with_first_row_read(rows):
    """Reads the first row at once, so that a file that cannot be read raises before a model is loaded."""
    return itertools.chain(list(itertools.islice(rows, 1)), rows)


def _table_rows(path, options):
    from keras_bigmodel.tables import TableStream

    stream, said = TableStream(path, options=options, with_labels=False, keep_empty=True), []
    for block in stream:
        said += _print_new_notes(stream, said)
        yield from zip(*block.inputs.values(), strict=True)
    _print_new_notes(stream, said)


def _print_new_notes(stream, said):
    """Prints the notes on how the table was read that were not printed before, and returns them."""
    new = [note for note in reading_notes(stream) if note not in said]
    for note in new:
        typer.echo(note, err=True)
    return new


def _is_file(name):
    try:
        return Path(name).is_file() or is_brat_folder(name)
    except (OSError, ValueError):  # the text is too long or has characters that no file name can have
        return False


def _decoded(file, encoding):
    """Yields the lines of a binary stream as text; raises `UserError` with the line number if it cannot be decoded."""
    from keras_bigmodel.tables.text_lines import known_encoding

    encoding_of = "utf-8-sig" if encoding is None else known_encoding(encoding)  # removes a byte order mark
    lines, number = io.TextIOWrapper(file, encoding=encoding_of, newline=""), 0
    try:
        for number, line in enumerate(lines, start=1):
            if "\0" in line:
                raise UserError(
                    f"Line {number} of standard input holds a NUL character, which no text has. Name its encoding with "
                    "--encoding, e.g. --encoding utf-16, or give a file."
                )
            yield line.rstrip("\r\n")
    except UnicodeError as error:
        raise UserError(
            f"Standard input is not {encoding or 'utf-8'}, in a line after {number}. Name its encoding with "
            "--encoding, e.g. --encoding utf-16, gb18030 or cp1252."
        ) from error
