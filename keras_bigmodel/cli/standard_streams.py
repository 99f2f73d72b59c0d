"""Standard input, output and error as a program may find them: closed, full, in another alphabet, without a reader."""

import contextlib
import errno
import json
import os
import sys

from keras_bigmodel.core.errors import UserError

SIGPIPE_EXIT = 141  # what a shell gives for a program that wrote to a reader who had left


class ReaderLeftError(Exception):
    """The reader of standard output has closed it (`... | head -1`). Not an OSError, which typer catches."""


@contextlib.contextmanager
def standard_streams():
    """Makes the three streams ones that can be written to and read, or end the program in one sentence.

    Raises:
        ReaderLeftError: the reader of standard output has closed it.
        UserError: standard output cannot be written: it is closed, or its disk is full.
    """
    _open_closed()
    output, messages = sys.stdout, sys.stderr
    for stream in (output, messages):
        if hasattr(stream, "reconfigure"):
            # UTF-8 holds every text but undecodable bytes of arguments; other alphabets get escapes.
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = _Output(output), _Messages(messages)
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        finally:
            sys.stdout, sys.stderr = output, messages


def give_up_output():
    """Lets what could not be written go, so that nothing complains of it when the program ends."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)


def print_json(content):
    """Prints JSON in one line; what standard output's alphabet lacks is escaped as JSON escapes it.

    Args:
        content: what `json.dumps` takes, and anything else as its text.
    """
    print(json_text(content, getattr(sys.stdout, "encoding", None)))


def can_print(text):
    """Whether the alphabet of standard output holds a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def json_text(content, encoding="utf-8"):
    r"""Returns JSON that an encoding can hold.

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
    """Opens what the caller closed: a file opened later would get its number. Output goes where writing fails."""
    for number, (name, mode) in enumerate((("stdin", os.O_RDONLY), ("stdout", os.O_RDONLY), ("stderr", os.O_WRONLY))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the lowest free number: this one
        if getattr(sys, name) is None:
            opened = open(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, opened)


class _Stream:
    """A stream that tells what went wrong in writing in words of its own."""

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
        """Brings what was written to its reader."""
        with self._explained():
            self._stream.flush()


class _Output(_Stream):
    """Standard output: what cannot be written there ends the program."""

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
    """Standard error: what cannot be written there is not heard, and the work goes on."""

    @contextlib.contextmanager
    def _explained(self):
        with contextlib.suppress(OSError):
            yield
