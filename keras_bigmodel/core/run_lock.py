"""Locks a folder for one writer at a time. Knows paths and the operating system's file locks only."""

import fcntl
import json
import os
import time
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.whole_folder import HOST, create_with_parents


class RunLock:
    """Locks a file for one process, in a `with` statement; the lock ends with the process, however that ends.

    Args:
        path: path of the lock file.
        what: str. What the lock protects, for the message.

    Raises:
        UserError: raised on entering if another process holds the lock, which the message names, or if the folder
            cannot be written to.
    """

    def __init__(self, path, what):
        self._path = Path(path)
        self._what = what
        self._file = None

    def __enter__(self):
        create_with_parents(self._path.parent)
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
            self._file.close()  # the last holder removed the file meanwhile: lock the new file
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
