"""Files of a model as text and as JSON, wherever they were copied from. Knows no model."""

import json

from keras_bigmodel.core.errors import UserError

_GIT_POINTER = b"version https://git-lfs"


def read_json(path):
    """Returns the JSON object in a file.

    Args:
        path: `Path`.

    Raises:
        UserError: it is no such file.
    """
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, UserError):
            raise
        # No JSON, nested too deep, or a number of thousands of digits.
        raise UserError(f"{path} is not JSON ({error!s:.120}). Copy it again from the model.") from error
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise UserError(f"{path} holds a {kind} where an object {{...}} was expected. Copy it again from the model.")
    return content


def read_text(path):
    """Returns the text of a file.

    Args:
        path: `Path`.

    Raises:
        UserError: it is not UTF-8, cannot be read, or stands for a file that Git keeps elsewhere.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}). Copy it again from the model.") from error
    refuse_git_pointer(path, content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not UTF-8 (byte {error.start}). Copy it again from the model, or save it as UTF-8."
        ) from error


def refuse_git_pointer(path, content):
    """Refuses the first bytes of a file that only say where Git LFS keeps it.

    Raises:
        UserError: they do.
    """
    if content.startswith(_GIT_POINTER):
        raise UserError(
            f"{path} is a pointer of Git LFS, not the file itself. Fetch it: git lfs install && git lfs pull, in the "
            "folder of the model."
        )
