"""A full disk, however the library that met it says so. Knows errors only."""

import contextlib
import errno

from keras_bigmodel.core.errors import UserError

_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WORDS = ("no space left", "file too large", "quota exceeded", "errno = 28", "errno = 27", "errno = 122")


class FullDiskError(UserError):
    """The disk is full, or the user's share of it."""


@contextlib.contextmanager
def full_disk_explained(path):
    """Turns the errors of a full disk, of Python, HDF5, TensorFlow and safetensors alike, into a sentence.

    Args:
        path: what is being written.

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
