"""Files of a model as text and as JSON, wherever they were copied from. Knows no model."""

import json

from keras_bigmodel.core.errors import UserError

_GIT_POINTER = b"version https://git-lfs"


def read_json(path, *, kind=dict, advice="Copy it again from the model."):
    """Returns the JSON in a file.

    Args:
        path: `Path`.
        kind: dict or list. What the whole must be.
        advice: str. What to do with a file that is none, as a sentence.

    Raises:
        UserError: it is no such file.
    """
    try:
        content = json.loads(read_text(path, advice=advice))
    except (ValueError, RecursionError) as error:
        if isinstance(error, UserError):
            raise
        # No JSON, nested too deep, or a number of thousands of digits.
        raise UserError(f"{path} is not JSON ({error!s:.120}). {advice}") from error
    if not isinstance(content, kind):
        wanted = "an object {...}" if kind is dict else "a list [...]"
        raise UserError(f"{path} holds a {type(content).__name__} where {wanted} was expected. {advice}")
    return content


def read_text(path, *, advice="Copy it again from the model."):
    """Returns the text of a file.

    Args:
        path: `Path`.
        advice: str. What to do with a file that cannot be read, as a sentence.

    Raises:
        UserError: it is not UTF-8, cannot be read, or stands for a file that Git keeps elsewhere.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}). {advice}") from error
    refuse_git_pointer(path, content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 (byte {error.start}). {advice}") from error


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
