"""Imports TensorFlow without its greetings. Knows nothing else."""

import contextlib
import os
import sys
import tempfile


def import_tensorflow():
    """Imports TensorFlow with standard error put aside; shows what it said when the import fails.

    Its C++ side greets on standard error before any of its own switches is read.
    """
    if "tensorflow" in sys.modules:
        return
    with tempfile.TemporaryFile() as aside, _standard_error_to(aside.fileno()) as real:
        try:
            import tensorflow  # noqa: F401
            import tensorflow_text  # noqa: F401
        except BaseException:
            sys.stderr.flush()
            aside.seek(0)
            os.write(real, aside.read())
            raise


@contextlib.contextmanager
def _standard_error_to(target):
    real = os.dup(2)
    os.dup2(target, 2)
    try:
        yield real
    finally:
        os.dup2(real, 2)
        os.close(real)
