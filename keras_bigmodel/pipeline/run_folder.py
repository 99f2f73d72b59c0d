"""Holds a run in progress in `saved_models/<name>/.training/`, locked, with its state. Knows no TensorFlow."""

import contextlib
import dataclasses
import json
import os
import shutil
import time
import uuid

from keras_bigmodel.core.errors import UserError, full_disk_explained
from keras_bigmodel.core.json_shape import shape_mismatch
from keras_bigmodel.core.manifest import FILE_NAME, Manifest
from keras_bigmodel.core.model_files import read_json
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.run_lock import RunLock
from keras_bigmodel.core.versions import version_numbers
from keras_bigmodel.pipeline.train_settings import TrainSettings

FOLDER = ".training"  # TensorFlow Serving ignores folders whose name is not a number
_FORMAT = 2
_DEFAULTS = {entry.name: entry.default for entry in dataclasses.fields(TrainSettings)}
_SHAPE = {"id": str, "settings": dict, "tables": {...: str}, "started": str}


class RunFolder:
    """Holds the folder of a run in progress, inside the folder of the model's versions.

    Args:
        base: path of the model's folder.

    Attributes:
        base: `Path` of the model's folder.
        folder: `Path` of the run's folder.
        state_folder: `Path` of the folder of training states.
        run: dict of the run's facts, as `read` returns them. None before `begin` or `resume`.
    """

    def __init__(self, base):
        self.base = checked_path(base, "the name of a folder for the model's versions")
        self.folder = self.base / FOLDER
        self.state_folder = self.folder / "state"
        self._run_file = self.folder / "run.json"
        self._lock = self.folder / "lock"
        self.run = None

    @contextlib.contextmanager
    def locked(self):
        """Locks the folder while the block runs, and removes it at the end if no state was saved.

        Yields:
            this `RunFolder`.

        Raises:
            UserError: another process holds the lock.
        """
        new = [folder for folder in (self.base, *self.base.parents) if not folder.exists()]
        with RunLock(self._lock, f"{self.base}"):
            try:
                yield self
            finally:
                if not self.has_state():
                    self.clear()
                    self._lock.unlink(missing_ok=True)  # last: the lock protects the removals before it
                    with contextlib.suppress(OSError):
                        self.folder.rmdir()
                    with contextlib.suppress(OSError):  # stops at the first folder that is not empty
                        for folder in new:
                            folder.rmdir()

    def is_unfinished(self):
        """Returns whether a run was started here and not published."""
        return self._run_file.is_file()

    def has_state(self):
        """Returns whether the unfinished run saved a state."""
        return self.is_unfinished() and self.state_folder.is_dir() and any(self.state_folder.glob("state-*"))

    def read(self):
        """Reads the facts of the unfinished run.

        Returns:
            dict: `format`, `id`, `settings`, `tables`, `started`, and the `**facts` of `begin`.

        Raises:
            UserError: there is no unfinished run, or its file cannot be read.
        """
        if not self._run_file.exists():
            raise UserError(f"{self.base} holds no unfinished run to go on with. Start one without --resume.")
        facts = read_json(self._run_file, advice="Begin the run anew with --discard.")
        wrong = shape_mismatch(facts, _SHAPE) if facts.get("format") == _FORMAT else None
        if wrong is not None:
            raise UserError(f"{self._run_file} cannot be read: {wrong}. Begin the run anew with --discard.")
        if facts.get("format") != _FORMAT:
            raise UserError(
                f"{self._run_file} is of another version of keras_bigmodel. Go on with that one, or begin the run anew "
                "with --discard."
            )
        return facts

    def begin(self, settings, tables, **facts):
        """Writes the facts of a new run to its folder, before training starts.

        Args:
            settings: dict of setting → value.
            tables: dict of part → sha256 of the table.
            **facts: other values that a resumed run needs: `dtype`, `parent`, `model`.
        """
        started = time.strftime("%Y-%m-%d %H:%M:%S")
        self.run = {"format": _FORMAT, "id": uuid.uuid4().hex, "settings": settings}
        self.run |= {"tables": tables, "started": started, **facts}
        aside = self._run_file.with_suffix(".writing")
        with full_disk_explained(self.folder):
            aside.write_text(json.dumps(self.run, ensure_ascii=False, indent=2), encoding="utf-8")
            os.replace(aside, self._run_file)

    def resume(self, settings, tables):
        """Resumes the unfinished run.

        Args:
            settings: dict of setting → value of the new run.
            tables: dict of part → sha256 of the table.

        Raises:
            UserError: as `read`; or the settings or the tables differ from those of the unfinished run.
        """
        self.run = self.read()
        began = {name: value for name, value in self.run["settings"].items() if name in settings}
        for name, value in settings.items():
            if began.setdefault(name, _DEFAULTS.get(name)) != value:  # settings that came after the run have defaults
                raise UserError(
                    f"The unfinished run in {self.base} has {name} {began[name]!r}, and {value!r} "
                    "came. Leave it out to go on, or begin anew with --discard."
                )
        changed = [name for name, digest in tables.items() if self.run["tables"].get(name) != digest]
        if changed:
            raise UserError(
                f"The {changed[0]} table is not the one that the unfinished run in {self.base} began with. Bring that "
                "one back to go on, or begin anew with --discard."
            )

    def check_model(self, model):
        """Checks that the model is the one that the run started with, e.g. has the same vocabulary.

        Args:
            model: str. The model's fingerprint: sha256 of its configuration.

        Raises:
            UserError: the fingerprint differs.
        """
        if self.run["model"] != model:
            raise UserError(
                f"The encoder is not the one that the unfinished run in {self.base} began with. Bring that one back to "
                "go on, or begin anew with --discard."
            )

    def check_no_unfinished(self):
        """Raises `UserError` if an unfinished run with a saved state is here.

        Raises:
            UserError: there is such a run; the message says how to resume it.
        """
        if self.has_state() and self.published_version() is None:
            raise UserError(
                f"{self.base} holds a run that began at {self.read()['started']} and was not finished. Go on with it: "
                f"bigmodel train --resume --out {self.base}, or begin anew with --discard."
            )

    def published_version(self):
        """Returns the folder of the version that this run has already written: `Path` or None.

        A process that is killed after it wrote the version and before it removed this folder leaves both.
        """
        for number in reversed(version_numbers(self.base)):
            folder = self.base / str(number)
            if (folder / FILE_NAME).is_file() and Manifest.read(folder).run == self.read()["id"]:
                return folder
        return None

    def clear(self):
        """Removes the run and its states; the lock stays."""
        self._run_file.unlink(missing_ok=True)  # first: without it no run resumes from the rest
        shutil.rmtree(self.state_folder, ignore_errors=True)
