"""Writes answers line by line to standard output, or to a file that is renamed when complete. Knows lines only."""

import contextlib
import os
import sys
from pathlib import Path

from keras_bigmodel.core.errors import FullDiskError, UserError, full_disk_explained
from keras_bigmodel.core.path_check import checked_path

_PART = ".part"


def check_free(out):
    """Checks that a new file can be created; call it before long work.

    Args:
        out: path of the file.

    Raises:
        UserError: the file already exists, or its folder does not exist.
    """
    path = checked_path(out, "the name of a new file (--out)")
    has_folder = path.parent.is_dir()
    if path.exists() or path.is_symlink():
        raise UserError(f"{path} is already there. Give --out the name of a new file.")
    if not has_folder:
        raise UserError(f"No folder {path.parent} for {path.name}. Make it first, or give --out another name.")


@contextlib.contextmanager
def answer_lines(out=None):
    """Yields a function that writes lines and flushes them.

    Args:
        out: path of a new file, which is written as `<out>.<process>.part` and renamed at the end. Defaults to None:
            standard output.

    Yields:
        function of an iterable of str.

    Raises:
        UserError: the file cannot be written. A `UserError` of the block is raised again, with the path of the file
            that holds the answers so far.
    """
    if out is None:
        yield lambda lines: _write(sys.stdout, lines)
        return
    part = Path(f"{out}.{os.getpid()}{_PART}")  # unique: another process may be writing the same file
    try:
        file = part.open("x", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError(f"{part} cannot be written: {error.strerror}. Give --out another name.") from error
    try:
        with full_disk_explained(part), file:
            yield lambda lines: _write(file, lines)
    except UserError as error:
        if isinstance(error, FullDiskError) or not part.stat().st_size:
            part.unlink(missing_ok=True)
            raise
        raise UserError(f"{error} The answers so far stand in {part}.") from error
    except BaseException:
        if not part.stat().st_size:
            part.unlink(missing_ok=True)
        raise
    rename_finished(part, out)


def rename_finished(part, out):
    """Renames a finished file, unless a file of the new name exists.

    Args:
        part: `Path` of the finished file.
        out: path of its new name.

    Raises:
        UserError: a file of the new name exists. The finished file stays at `part`; the message names it.
    """
    try:
        os.link(part, out)  # unlike a rename it replaces nothing
    except FileExistsError as error:
        raise UserError(f"{out} is already there: somebody was faster. The answers stand in {part}.") from error
    except OSError:  # the file system has no hard links
        check_free(out)
        os.replace(part, out)
    else:
        part.unlink()


def _write(file, lines):
    for line in lines:
        file.write(line + "\n")
    file.flush()
