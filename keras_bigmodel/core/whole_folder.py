"""Creates folders that appear complete or not at all. Knows paths only."""

import contextlib
import os
import shutil
import socket
import tempfile
from pathlib import Path

from keras_bigmodel.core.errors import UserError, full_disk_explained
from keras_bigmodel.core.manifest import FILE_NAME
from keras_bigmodel.core.path_check import checked_path

_OLD, _NAME = "old", "name"  # in a temporary folder: the folder that is being replaced, and a file with its name
HOST = socket.gethostname().replace("-", "_")  # on a shared disk, process ids of two machines may be equal
TEMPORARY_PREFIX = ".writing-"  # TF Serving and directory listings skip names that begin with a dot


@contextlib.contextmanager
def whole_folder(path, *, overwrite=False, required_files=()):
    """Creates an empty folder beside `path`, and renames it to `path` when the block ends without an error.

    If the block fails, nothing is left. If the process is killed, a folder `.writing-…` may be left beside `path`. The
    next writer removes it, after restoring a folder that was being replaced.

    Args:
        path: path of the folder to create.
        overwrite: bool. Whether to replace an existing folder. Defaults to False.
        required_files: names of files. A folder is replaced only if it holds one of them, as each folder written here
            does. Defaults to none: then its files do not matter.

    Yields:
        `Path` of the folder to write into.

    Raises:
        UserError: `path` exists and `overwrite` is False, is a published version, holds none of `required_files`, is a
            file, or cannot be written; or the disk is full.
    """
    check_free(path, overwrite=overwrite, required_files=required_files)
    path = Path(path)
    aside = _make_aside(path)
    try:
        with full_disk_explained(path):
            yield aside
            _sync(aside)
        _rename(aside, path, overwrite, required_files)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def check_free(path, *, overwrite=False, required_files=()):
    """Checks that a folder can be created at a path; call it before hours of work.

    Args:
        path: path of the folder to create.
        overwrite: bool. As in `whole_folder`.
        required_files: names of files. As in `whole_folder`.

    Raises:
        UserError: `path` is a file, or a folder that is not, or may not, be replaced.
    """
    path = checked_path(path, "the name of a new folder")
    if path.is_dir():
        if not overwrite and any(path.iterdir()):
            shown = path if path.name else f"The folder {path.absolute()}"  # "." and ".." do not name the folder
            raise UserError(
                f"{shown} is already there. Choose another name, or remove it first (in Python: overwrite=True)."
            )
        if any(path.iterdir()) and not _may_be_replaced(path, required_files):
            raise UserError(
                f"{path} is a version of a model, or holds something else than what overwrite=True replaces "
                f"({' or '.join(required_files) or 'nothing'}). Choose another name, or remove it first."
            )
    elif path.exists() or path.is_symlink():
        raise UserError(f"{path} is a file; wanted the name of a folder. Choose another name.")


def _may_be_replaced(folder, required_files):
    """Returns whether a folder holds what was written here and is not a published version, which is never replaced."""
    return not (folder / FILE_NAME).exists() and (
        not required_files or any((folder / name).is_file() for name in required_files)
    )


def check_can_create(folder):
    """Checks that a folder can be created, or written to if it exists, without creating it.

    Args:
        folder: path.

    Raises:
        UserError: a file is in its place or above it, or the existing folder may not be written to.
    """
    standing = _standing(folder)
    if not standing.is_dir():
        raise UserError(f"{folder} cannot be a folder: the file {standing} stands in its way. Choose another name.")
    if not os.access(standing, os.W_OK | os.X_OK):
        raise UserError(f"{folder} cannot be written: {standing} is not yours to write to. Choose another folder.")


def _standing(folder):
    """Returns the folder, or the nearest folder above it that exists."""
    standing = Path(folder).absolute()
    while not standing.exists() and standing != standing.parent:
        standing = standing.parent
    return standing


def check_disk_space(folder, needed):
    """Checks that a disk has enough free space; call it before hours of work.

    Args:
        folder: path of a folder that exists or will exist.
        needed: int. Bytes.

    Raises:
        UserError: fewer bytes are free; the message states both numbers.
    """
    free = shutil.disk_usage(_standing(folder)).free
    if free < needed:
        raise UserError(
            f"{folder} stands on a disk with {free / 1e6:,.0f} MB free, and this run writes about "
            f"{needed / 1e6:,.0f} MB. Free some, or choose another folder."
        )


def create_with_parents(folder):
    """Creates a folder and those above it.

    Args:
        folder: path.

    Raises:
        UserError: one of them is a file or cannot be created.
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
    create_with_parents(parent)
    _remove_left_over(parent)
    try:
        aside = Path(tempfile.mkdtemp(prefix=_prefix(), dir=parent))
    except OSError as error:
        raise UserError(f"{parent} cannot be written to ({error.strerror}). Choose another folder.") from error
    aside.chmod(0o755)  # mkdtemp makes it private; the server must read it too
    return aside


def _prefix():
    return f"{TEMPORARY_PREFIX}{os.getpid()}-{HOST}-"


def _remove_left_over(parent):
    """Removes what killed writers of this machine left; the names of their folders hold their process ids."""
    for folder in parent.glob(f"{TEMPORARY_PREFIX}*-{HOST}-*"):
        number = folder.name.removeprefix(TEMPORARY_PREFIX).partition("-")[0]
        if number.isdigit() and not _lives(int(number)):
            _put_back(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _put_back(folder):
    """Restores a folder whose writer was killed between moving it away and moving the new one into place."""
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
    """Writes the contents through to the disk, so that a power cut after the rename does not leave empty files."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _rename(aside, path, overwrite, required_files):
    check_free(
        path, overwrite=overwrite, required_files=required_files
    )  # again: another process may have written it meanwhile
    if path.is_dir():
        old = Path(tempfile.mkdtemp(prefix=_prefix(), dir=path.absolute().parent))
        (old / _NAME).write_text(path.name, encoding="utf-8")
        os.replace(path, old / _OLD)
        os.replace(aside, path)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.rename(aside, path)
