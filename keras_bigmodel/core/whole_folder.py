"""Folders that appear whole or not at all. Knows paths only."""

import contextlib
import os
import shutil
import socket
import tempfile
from pathlib import Path

from keras_bigmodel.core.errors import UserError, full_disk_explained
from keras_bigmodel.core.manifest import FILE_NAME
from keras_bigmodel.core.path_check import checked_path

_OLD, _NAME = "old", "name"  # a folder that is being replaced, and what it was called
HOST = socket.gethostname().replace("-", "_")  # on a shared disk a process number alone says nothing
ASIDE = ".writing-"  # TF Serving and people pass over names that begin with a dot


@contextlib.contextmanager
def whole_folder(path, *, overwrite=False, ours=()):
    """Gives an empty folder beside `path` to write into, and renames it to `path` when the block ends well.

    When the block fails, nothing is left; when the process is killed, a folder `.writing-…` may be left beside, which
    the next writer removes (after giving a folder that was being replaced its place again).

    Args:
        path: the folder to be made.
        overwrite: bool. Whether to replace a folder that is there.
        ours: names of files, of which a folder that is to be replaced must hold one, as what was written here does.

    Yields:
        `Path` of the folder to write into.

    Raises:
        UserError: `path` is there and `overwrite` is False, is a version or nothing of ours, is a file, or cannot be
            written; the disk is full.
    """
    check_free(path, overwrite=overwrite, ours=ours)
    path = Path(path)
    aside = _make_aside(path)
    try:
        with full_disk_explained(path):
            yield aside
            _sync(aside)
        _rename(aside, path, overwrite, ours)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def check_free(path, *, overwrite=False, ours=()):
    """Refuses a path at which a folder cannot be made; ask before hours of work.

    Raises:
        UserError: `path` is a file, or a folder that is not, or may not, be replaced.
    """
    path = checked_path(path, "the name of a new folder")
    if path.is_dir():
        if not overwrite and any(path.iterdir()):
            shown = path if path.name else f"The folder {path.absolute()}"  # "." and ".." say nothing
            raise UserError(
                f"{shown} is already there. Choose another name, or remove it first (in Python: overwrite=True)."
            )
        if any(path.iterdir()) and not _may_be_replaced(path, ours):
            raise UserError(
                f"{path} is a version of a model, or holds something else than what overwrite=True replaces "
                f"({' or '.join(ours) or 'nothing'}). Choose another name, or remove it first."
            )
    elif path.exists() or path.is_symlink():
        raise UserError(f"{path} is a file; wanted the name of a folder. Choose another name.")


def _may_be_replaced(folder, ours):
    """Whether a folder holds what was written here, and is no published version, which is never replaced."""
    return not (folder / FILE_NAME).exists() and (not ours or any((folder / name).is_file() for name in ours))


def check_can_make(folder):
    """Refuses a folder that could not be made or written to, without making it.

    Raises:
        UserError: a file stands in its way, or the folder that is there may not be written to.
    """
    standing = _standing(folder)
    if not standing.is_dir():
        raise UserError(f"{folder} cannot be a folder: the file {standing} stands in its way. Choose another name.")
    if not os.access(standing, os.W_OK | os.X_OK):
        raise UserError(f"{folder} cannot be written: {standing} is not yours to write to. Choose another folder.")


def _standing(folder):
    """Gives the folder, or the lowest above it that is there."""
    standing = Path(folder).absolute()
    while not standing.exists() and standing != standing.parent:
        standing = standing.parent
    return standing


def check_room(folder, needed):
    """Refuses a disk that is too full; ask before hours of work.

    Args:
        folder: path of a folder that is there or will be.
        needed: int. Bytes.

    Raises:
        UserError: less is free; the sentence says how much of each.
    """
    free = shutil.disk_usage(_standing(folder)).free
    if free < needed:
        raise UserError(
            f"{folder} stands on a disk with {free / 1e6:,.0f} MB free, and this run writes about "
            f"{needed / 1e6:,.0f} MB. Free some, or choose another folder."
        )


def make_parents(folder):
    """Makes a folder and those above it.

    Raises:
        UserError: one of them is a file, or cannot be made.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise UserError(f"{folder} cannot be a folder: a file stands in its way. Choose another name.") from error
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made ({error.strerror}). Choose a folder that you may write to."
        ) from error


def _make_aside(path):
    parent = path.absolute().parent
    make_parents(parent)
    _remove_left_over(parent)
    try:
        aside = Path(tempfile.mkdtemp(prefix=_prefix(), dir=parent))
    except OSError as error:
        raise UserError(f"{parent} cannot be written to ({error.strerror}). Choose another folder.") from error
    aside.chmod(0o755)  # mkdtemp makes it private; what is published is for the server too
    return aside


def _prefix():
    return f"{ASIDE}{os.getpid()}-{HOST}-"


def _remove_left_over(parent):
    """Removes what killed writers of this machine left: their process numbers stand in the names."""
    for folder in parent.glob(f"{ASIDE}*-{HOST}-*"):
        number = folder.name.removeprefix(ASIDE).partition("-")[0]
        if number.isdigit() and not _lives(int(number)):
            _put_back(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _put_back(folder):
    """Gives a folder its place again whose writer was killed between taking it away and bringing the new one."""
    if (folder / _OLD).is_dir() and (folder / _NAME).is_file():
        place = folder.parent / (folder / _NAME).read_text(encoding="utf-8")
        if not place.exists():
            os.replace(folder / _OLD, place)


def _lives(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sync(folder):
    """Brings the contents to the disk, so that a power cut after the rename does not show empty files."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _rename(aside, path, overwrite, ours):
    check_free(path, overwrite=overwrite, ours=ours)  # again: another process may have written it meanwhile
    if path.is_dir():
        old = Path(tempfile.mkdtemp(prefix=_prefix(), dir=path.absolute().parent))
        (old / _NAME).write_text(path.name, encoding="utf-8")
        os.replace(path, old / _OLD)
        os.replace(aside, path)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.rename(aside, path)
