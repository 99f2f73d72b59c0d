"""Where answers go, line by line: standard output, or a file that has its name when it is whole. Knows lines only."""

import contextlib
import os
import sys
from pathlib import Path

from keras_bigmodel.core.errors import FullDiskError, UserError, full_disk_explained
from keras_bigmodel.core.path_check import checked_path

_PART = ".part"


def check_free(out):
    """Refuses a file that cannot be made; ask before hours of work.

    Raises:
        UserError: it is there, or there is no folder for it.
    """
    path = checked_path(out, "the name of a new file (--out)")
    has_folder = path.parent.is_dir()
    if path.exists() or path.is_symlink():
        raise UserError(f"{path} is already there. Give --out the name of a new file.")
    if not has_folder:
        raise UserError(f"No folder {path.parent} for {path.name}. Make it first, or give --out another name.")


@contextlib.contextmanager
def answer_lines(out=None):
    """Gives a function that writes lines, and brings them where they are read at once.

    Args:
        out: path of a new file, which is written as `<out>.<process>.part` and gets its name in the end. Defaults to
            None: standard output.

    Yields:
        function of an iterable of str.

    Raises:
        UserError: the file cannot be written; or what the block raises, with where the answers so far stand.
    """
    if out is None:
        yield lambda lines: _write(sys.stdout, lines)
        return
    part = Path(f"{out}.{os.getpid()}{_PART}")  # a name of its own: another process may be writing the same
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
    move_in(part, out)


def move_in(part, out):
    """Gives a written file its name, unless another process has taken it.

    Raises:
        UserError: a file of that name is there; the written one keeps its own name, and the sentence says which.
    """
    try:
        os.link(part, out)  # unlike a rename it replaces nothing
    except FileExistsError as error:
        raise UserError(f"{out} is already there: somebody was faster. The answers stand in {part}.") from error
    except OSError:  # a disk without links
        check_free(out)
        os.replace(part, out)
    else:
        part.unlink()


def _write(file, lines):
    for line in lines:
        file.write(line + "\n")
    file.flush()
