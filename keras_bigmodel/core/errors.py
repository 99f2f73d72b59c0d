"""Defines the errors that users read: each says what came, what was wanted and what to do. Knows nothing else."""

import contextlib
import errno

_LONGEST = 2000  # characters of a message


class UserError(ValueError):
    r"""Indicates that the user's input cannot be used; the message is one sentence that says what to do.

    On the command line, the error ends the program with exit code 2 and is printed without a traceback, which
    `--debug` shows. The message may quote untrusted input, so control characters are escaped. The middle of a message
    of more than 2,000 characters is left out.

    Args:
        message: str.

    >>> print(UserError("No file a\x1b[2J.csv. Check the name."))
    No file a\x1b[2J.csv. Check the name.
    """

    def __init__(self, message):
        message = "".join(_visible(letter) for letter in str(message))
        if len(message) > _LONGEST:
            message = f"{message[: _LONGEST // 2]} … {message[-_LONGEST // 2 :]}"
        super().__init__(message)


def _visible(letter):
    is_control = letter < " " or "\x7f" <= letter < "\xa0" or "\u2028" <= letter <= "\u202e"
    return letter.encode("unicode_escape").decode() if is_control else letter


_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WORDS = ("no space left", "file too large", "quota exceeded", "errno = 28", "errno = 27", "errno = 122")


class FullDiskError(UserError):
    """Indicates that the disk or the user's quota is full."""


@contextlib.contextmanager
def full_disk_explained(path):
    """Raises `FullDiskError` if the block fails because the disk is full.

    Recognizes the errors of Python, HDF5, TensorFlow and safetensors. Other errors are raised unchanged.

    Args:
        path: path of what is being written, for the message.

    Raises:
        FullDiskError: the disk is full.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if getattr(error, "errno", None) in _NUMBERS or any(word in str(error).lower() for word in _WORDS):
            raise FullDiskError(
                f"{path} cannot be written: the disk is full. Free some room and try again, or choose another folder."
            ) from error
        raise
