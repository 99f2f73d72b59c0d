"""One writer at a time. Knows paths and the operating system's file locks only."""

import fcntl
import json
import os
import time
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.whole_folder import HOST, make_parents


class RunLock:
    """A lock that ends with the process, however it ends; for `with`.

    Args:
        path: path of the lock's file.
        what: str. What it guards, for people.

    Raises:
        UserError: when entered while another process holds it; the sentence names that process.
    """

    def __init__(self, path, what):
        self._path = Path(path)
        self._what = what
        self._file = None

    def __enter__(self):
        make_parents(self._path.parent)
        while True:
            try:
                self._file = self._path.open("a+", encoding="utf-8")
            except OSError as error:
                raise UserError(
                    f"{self._path.parent} cannot be written to ({error.strerror}). Choose another folder."
                ) from error
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UserError(f"{self._holder()} Wait for its end, or choose another name.") from error
            if self._is_current():
                break
            self._file.close()  # the file was removed by its last holder meanwhile: lock the new one
        self._file.truncate(0)
        json.dump({"process": os.getpid(), "host": HOST, "since": time.strftime("%Y-%m-%d %H:%M:%S")}, self._file)
        self._file.flush()
        return self

    def __exit__(self, *error):
        self._file.close()

    def _is_current(self):
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False

    def _holder(self):
        try:
            self._file.seek(0)
            holder = json.load(self._file)
            return (
                f"Process {holder['process']} on {holder['host']} has been writing {self._what} since "
                f"{holder['since']}."
            )
        except (ValueError, KeyError):
            return f"Another process is writing {self._what}."
