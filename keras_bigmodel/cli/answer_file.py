"""Where answers go, line by line: standard output, or a file that has its name when it is whole. Knows lines only."""

import contextlib
import os
import sys
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.full_disk import full_disk_explained

_PART = ".part"


def check_free(out):
    """Refuses a file that cannot be made; ask before hours of work.

    Raises:
        UserError: it is there, or there is no folder for it.
    """
    path = Path(out)
    if path.exists() or path.is_symlink():
        raise UserError(f"{path} is already there. Give --out the name of a new file.")
    if not path.parent.is_dir():
        raise UserError(f"No folder {path.parent} for {path.name}. Make it first, or give --out another name.")


@contextlib.contextmanager
def answer_lines(out=None):
    """Gives a function that writes lines, and brings them where they are read at once.

    Args:
        out: path of a new file, which is written as `<out>.part` and gets its name in the end. Defaults to None:
            standard output.

    Yields:
        function of an iterable of str.

    Raises:
        UserError: the file cannot be written; or what the block raises, with where the answers so far stand.
    """
    if out is None:
        yield lambda lines: _write(sys.stdout, lines)
        return
    part = Path(f"{out}{_PART}")
    try:
        file = part.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError(f"{part} cannot be written: {error.strerror}. Give --out another name.") from error
    with file:
        try:
            with full_disk_explained(part):
                yield lambda lines: _write(file, lines)
        except UserError as error:
            if not file.tell():
                part.unlink()
                raise
            raise UserError(f"{error} The answers so far stand in {part}.") from error
    check_free(out)  # again: somebody may have been faster
    os.replace(part, out)


def _write(file, lines):
    for line in lines:
        file.write(line + "\n")
    file.flush()
