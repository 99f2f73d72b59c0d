"""Prepares standard input, output and error: closed, disk full, another encoding, no reader. Knows streams only."""

import contextlib
import errno
import json
import os
import sys

from keras_bigmodel.core.errors import UserError

SIGPIPE_EXIT = 141  # the exit code in a shell of a program that is ended by SIGPIPE


class ReaderLeftError(Exception):
    """Indicates that the reader of standard output has closed it, e.g. `... | head -1`.

    It is not an `OSError`, because typer catches those.
    """


@contextlib.contextmanager
def standard_streams():
    """Wraps the three standard streams while the block runs, so that their errors are handled.

    A closed stream is opened. A character that the encoding does not have is written as an escape. Errors in writing to
    standard error are ignored.

    Raises:
        ReaderLeftError: the reader of standard output has closed it.
        UserError: standard output cannot be written: it is closed, or its disk is full.
    """
    _open_closed()
    output, messages = sys.stdout, sys.stderr
    for stream in (output, messages):
        if hasattr(stream, "reconfigure"):
            # UTF-8 can encode all text except undecodable bytes of arguments; other encodings need escapes.
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = _Output(output), _Messages(messages)
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        finally:
            sys.stdout, sys.stderr = output, messages


def discard_output():
    """Clears output that cannot be written, so that Python reports no error for it at exit."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)


def print_json(content):
    """Prints JSON in one line, with JSON escapes if standard output's encoding does not have all characters.

    Args:
        content: any input of `json.dumps`; other objects in it are converted with `str`.
    """
    print(json_text(content, getattr(sys.stdout, "encoding", None)))


def can_print(text):
    """Returns whether the encoding of standard output has all characters of a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def json_text(content, encoding="utf-8"):
    r"""Returns JSON in one line, with JSON escapes if an encoding does not have all characters.

    Args:
        content: as in `print_json`.
        encoding: str. Name of the encoding; None is UTF-8. Defaults to `"utf-8"`.

    Returns:
        str.

    >>> json_text({"text": "好"}), json_text({"text": "好"}, "ascii")
    ('{"text": "好"}', '{"text": "\\u597d"}')
    """
    text = json.dumps(content, ensure_ascii=False, default=str)
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(content, default=str)
    return text


def _open_closed():
    """Opens streams that the caller closed, because a file opened later would get their numbers.

    Standard output is opened for reading only, so that writing to it fails.
    """
    for number, (name, mode) in enumerate((("stdin", os.O_RDONLY), ("stdout", os.O_RDONLY), ("stderr", os.O_WRONLY))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the lowest free number: this one
        if getattr(sys, name) is None:
            opened = open(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, opened)


class _Stream:
    """Wraps a stream and handles its errors in writing."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        """Writes text."""
        with self._explained():
            return self._stream.write(text)

    def writelines(self, lines):
        """Writes lines."""
        for line in lines:
            self.write(line)

    def flush(self):
        """Writes the buffered text to the stream."""
        with self._explained():
            self._stream.flush()


class _Output(_Stream):
    """Wraps standard output; an error in writing ends the program."""

    @contextlib.contextmanager
    def _explained(self):
        try:
            yield
        except BrokenPipeError as error:
            raise ReaderLeftError from error
        except OSError as error:
            why = "its disk is full" if error.errno == errno.ENOSPC else error.strerror
            why = "it is closed" if error.errno == errno.EBADF else why
            raise UserError(f"Standard output cannot be written: {why}. Send it to another file.") from error


class _Messages(_Stream):
    """Wraps standard error; an error in writing is ignored."""

    @contextlib.contextmanager
    def _explained(self):
        with contextlib.suppress(OSError):
            yield
