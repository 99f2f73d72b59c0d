"""Reads files of a model as text and as JSON. Knows no model."""

import json

from keras_bigmodel.core.errors import UserError

_GIT_POINTER = b"version https://git-lfs"


def read_json(path, *, kind=dict, advice="Copy it again from the model."):
    """Returns the content of a JSON file.

    Args:
        path: `Path`.
        kind: dict or list. Type that the top level must have. Defaults to dict.
        advice: str. Last sentence of an error message: what to do with an unreadable file. Defaults to copying it
            again.

    Returns:
        dict or list, as `kind`.

    Raises:
        UserError: the file is not JSON, its top level has another type, or as `read_text`.
    """
    try:
        content = json.loads(read_text(path, advice=advice))
    except (ValueError, RecursionError) as error:
        if isinstance(error, UserError):
            raise
        # The file is not JSON, is nested too deeply, or holds a number with thousands of digits.
        raise UserError(f"{path} is not JSON ({error!s:.120}). {advice}") from error
    if not isinstance(content, kind):
        wanted = "an object {...}" if kind is dict else "a list [...]"
        raise UserError(f"{path} holds a {type(content).__name__} where {wanted} was expected. {advice}")
    return content


def read_text(path, *, advice="Copy it again from the model."):
    """Returns the text of a UTF-8 file, without a byte order mark.

    Args:
        path: `Path`.
        advice: str. Last sentence of an error message: what to do with an unreadable file. Defaults to copying it
            again.

    Returns:
        str.

    Raises:
        UserError: the file is not UTF-8, cannot be read, or is a pointer of Git LFS.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}). {advice}") from error
    check_no_git_pointer(path, content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 (byte {error.start}). {advice}") from error


def check_no_git_pointer(path, content):
    """Raises `UserError` if a file is only a pointer of Git LFS, which stores the content elsewhere.

    Args:
        path: path of the file, for the message.
        content: bytes. The file, or its first bytes.

    Raises:
        UserError: the content is a pointer.
    """
    if content.startswith(_GIT_POINTER):
        raise UserError(
            f"{path} is a pointer of Git LFS, not the file itself. Fetch it: git lfs install && git lfs pull, in the "
            "folder of the model."
        )
