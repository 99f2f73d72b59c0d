"""Finds and creates version folders, `saved_models/<name>/N/`, as TensorFlow Serving reads them. Knows paths only."""

import contextlib
import re
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import FILE_NAME
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.whole_folder import check_can_create, whole_folder

LITE_PATH = Path("lite", "model.tflite")  # the LiteRT file of a version
_VERSION = re.compile("0|[1-9][0-9]*")  # not isdigit(): it accepts "²" and "٣", and "007" is not version 7


def version_numbers(base):
    """Returns the version numbers under a folder, sorted: list of int, empty if there is no such folder."""
    base = Path(base)
    if not base.is_dir():
        return []
    return sorted(int(entry.name) for entry in base.iterdir() if _VERSION.fullmatch(entry.name) and entry.is_dir())


def version_folder(path):
    """Returns the version folder that a path means: the path itself, or the highest version under it.

    Args:
        path: path of a version folder, or of a folder that holds versions.

    Returns:
        `Path`.

    Raises:
        UserError: there is no such folder, it is a file, or it holds no version.
    """
    path = checked_path(path, "the folder of a model")
    if (path / FILE_NAME).is_file():
        return path
    if not path.exists():
        raise UserError(f"No folder {path}. Give the folder of a trained model, e.g. saved_models/reviews.")
    if not path.is_dir():
        raise UserError(f"{path} is a file; wanted the folder of a trained model, e.g. saved_models/reviews.")
    numbers = version_numbers(path)
    if not numbers:
        raise UserError(
            f"{path} holds no version of a model. Train one: bigmodel train reviews.csv --out {path} "
            "(a model's folder has folders 1, 2, … in it)."
        )
    return path / str(numbers[-1])


def check_base(base):
    """Checks that versions can be written under a path; call it before hours of work.

    Args:
        base: path of the folder that holds, or will hold, the versions.

    Raises:
        UserError: the path is a file, is itself a saved model, or cannot be written.
    """
    base = checked_path(base, "the name of a folder for the model's versions")
    if base.exists() and not base.is_dir():
        raise UserError(f"{base} is a file; wanted the name of a folder for the model's versions.")
    if (base / "task.json").exists() or (base / "saved_model.pb").exists():
        raise UserError(f"{base} is itself a saved model; wanted a folder whose versions 1, 2, … are models.")
    check_can_create(base)


@contextlib.contextmanager
def next_version(base):
    """Creates the next version folder, which appears when the block ends without an error.

    Args:
        base: path of the folder that holds, or will hold, the versions.

    Yields:
        `(Path of the folder to write into, version number)`.

    Raises:
        UserError: as `check_base`, or another run took the number meanwhile.
    """
    check_base(base)
    base = Path(base)
    is_new = not base.exists()
    number = (version_numbers(base) or [0])[-1] + 1
    try:
        with whole_folder(base / str(number)) as folder:
            yield folder, number
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):  # another run may have put its version there meanwhile
                base.rmdir()
        raise
