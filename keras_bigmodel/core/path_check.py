"""Checks that a value can be the path of a file or folder. Knows paths; reads nothing."""

import os
from pathlib import Path

from keras_bigmodel.core.errors import UserError

_PATTERN = frozenset("[]*?\\")
_LONGEST_NAME, _LONGEST_PATH = 255, 4095  # bytes, on Linux and macOS


def checked_path(path, what="a path"):
    """Returns a path as `Path`, after checking that a disk can hold it.

    Args:
        path: str or path.
        what: str. What the path is for, as the message says it, such as `"the folder of a model"`. Defaults to
            `"a path"`.

    Returns:
        `Path`.

    Raises:
        UserError: `path` is not a path, is empty, or is one that no disk can hold.

    >>> checked_path("saved_models/reviews").name
    'reviews'
    """
    if not isinstance(path, (str, os.PathLike)):
        raise UserError(f"{path!r:.80} ({type(path).__name__}) came; wanted {what}, as a text or a pathlib.Path.")
    if not os.fspath(path):
        raise UserError(f"An empty name came; wanted {what}.")
    try:
        name = os.fsencode(path)
    except UnicodeEncodeError as error:
        raise UserError(f"{path!r:.80} came; wanted {what}. Its characters are none that this disk takes.") from error
    longest = max(map(len, name.split(b"/")))
    if b"\0" in name or len(name) > _LONGEST_PATH or longest > _LONGEST_NAME:
        why = "it holds a NUL character" if b"\0" in name else f"a name may have {_LONGEST_NAME} bytes"
        raise UserError(f"{str(path)!r:.80} came; wanted {what}. No disk takes this name: {why}.")
    return Path(os.fsdecode(name))


def check_no_pattern(folder):
    """Raises `UserError` if TensorFlow reads the path of a SavedModel as a pattern and does not find the files again.

    Args:
        folder: str or path, relative or absolute.

    Raises:
        UserError: the name of the folder or of one above it holds `[`, `]`, `*`, `?` or a backslash.
    """
    whole = str(Path(folder).absolute())
    found = sorted(_PATTERN & set(whole))
    if found:
        shown = folder if _PATTERN & set(str(folder)) else whole
        raise UserError(
            f"{shown} has {' '.join(found)} in its name, which TensorFlow takes for a pattern: it finds no model "
            "there. Choose another name."
        )
