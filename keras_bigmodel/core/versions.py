"""Version folders: `saved_models/<name>/N/`, as TensorFlow Serving reads them. Knows paths only."""

import contextlib
import re
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import FILE_NAME
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.whole_folder import check_can_make, whole_folder

_VERSION = re.compile("0|[1-9][0-9]*")  # not isdigit(): it takes "²" and "٣", and "007" is not the folder of 7


def version_numbers(base):
    """Gives the version numbers under a folder, sorted."""
    base = Path(base)
    if not base.is_dir():
        return []
    return sorted(int(entry.name) for entry in base.iterdir() if _VERSION.fullmatch(entry.name) and entry.is_dir())


def version_folder(path):
    """Gives the version folder that a path means: itself, or the highest version under it.

    Raises:
        UserError: there is none.
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
    """Refuses a path under which versions cannot be written; ask before hours of work.

    Raises:
        UserError: it is a file, holds something else, or cannot be written.
    """
    base = checked_path(base, "the name of a folder for the model's versions")
    if base.exists() and not base.is_dir():
        raise UserError(f"{base} is a file; wanted the name of a folder for the model's versions.")
    if (base / "task.json").exists() or (base / "saved_model.pb").exists():
        raise UserError(f"{base} is itself a saved model; wanted a folder whose versions 1, 2, … are models.")
    check_can_make(base)


@contextlib.contextmanager
def next_version(base):
    """Gives `(folder to write into, version number)`; the folder becomes the next version when the block ends well.

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
