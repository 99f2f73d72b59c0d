"""`saved_models/<name>/.training/`: a run in progress, locked, and what it needs to go on. Knows no TensorFlow."""

import contextlib
import json
import os
import shutil
import time
import uuid

from keras_bigmodel.core.errors import UserError, full_disk_explained
from keras_bigmodel.core.json_shape import misfit
from keras_bigmodel.core.manifest import FILE_NAME, Manifest
from keras_bigmodel.core.model_files import read_json
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.run_lock import RunLock
from keras_bigmodel.core.versions import version_numbers

FOLDER = ".training"  # TF Serving passes over what is no number
_FORMAT = 2
_SHAPE = {"id": str, "settings": dict, "tables": {...: str}, "started": str}


class RunFolder:
    """The folder of a run in progress, under the folder of the model's versions.

    Args:
        base: path of the model's folder.
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
        """Keeps other runs out while the block runs; what held nothing worth keeping is removed after it.

        Raises:
            UserError: another run is on.
        """
        new = [folder for folder in (self.base, *self.base.parents) if not folder.exists()]
        with RunLock(self._lock, f"{self.base}"):
            try:
                yield self
            finally:
                if not self.has_state():
                    self.clear()
                    self._lock.unlink(missing_ok=True)  # the last: who holds it may be sure of the rest
                    with contextlib.suppress(OSError):
                        self.folder.rmdir()
                    with contextlib.suppress(OSError):  # from the first on that holds something, a version say
                        for folder in new:
                            folder.rmdir()

    def is_unfinished(self):
        """Says whether a run began here that was not published."""
        return self._run_file.is_file()

    def has_state(self):
        """Says whether the unfinished run got as far as to keep a state."""
        return self.is_unfinished() and self.state_folder.is_dir() and any(self.state_folder.glob("state-*"))

    def read(self):
        """Gives the facts of the unfinished run: `id`, `settings`, `tables`, `started` and what `begin` was given.

        Raises:
            UserError: there is none, or it cannot be read.
        """
        if not self._run_file.exists():
            raise UserError(f"{self.base} holds no unfinished run to go on with. Start one without --resume.")
        facts = read_json(self._run_file, advice="Begin the run anew with --discard.")
        wrong = misfit(facts, _SHAPE) if facts.get("format") == _FORMAT else None
        if wrong is not None:
            raise UserError(f"{self._run_file} cannot be read: {wrong}. Begin the run anew with --discard.")
        if facts.get("format") != _FORMAT:
            raise UserError(
                f"{self._run_file} is of another version of keras_bigmodel. Go on with that one, or begin the run anew "
                "with --discard."
            )
        return facts

    def begin(self, settings, tables, **facts):
        """Notes a run, before anything is trained.

        Args:
            settings: dict.
            tables: dict of name → sha256.
            **facts: what else the run must find again: `dtype`, `parent`, `model`.
        """
        started = time.strftime("%Y-%m-%d %H:%M:%S")
        self.run = {"format": _FORMAT, "id": uuid.uuid4().hex, "settings": settings}
        self.run |= {"tables": tables, "started": started, **facts}
        aside = self._run_file.with_suffix(".writing")
        with full_disk_explained(self.folder):
            aside.write_text(json.dumps(self.run, ensure_ascii=False, indent=2), encoding="utf-8")
            os.replace(aside, self._run_file)

    def go_on(self, settings, tables):
        """Takes up the unfinished run.

        Args:
            settings: dict, that of the coming run.
            tables: dict of name → sha256.

        Raises:
            UserError: settings or tables are not those of the unfinished run.
        """
        self.run = self.read()
        for name, value in settings.items():
            if self.run["settings"].get(name) != value:
                raise UserError(
                    f"The unfinished run in {self.base} has {name} {self.run['settings'].get(name)!r}, and {value!r} "
                    "came. Leave it out to go on, or begin anew with --discard."
                )
        changed = [name for name, digest in tables.items() if self.run["tables"].get(name) != digest]
        if changed:
            raise UserError(
                f"The {changed[0]} table is not the one that the unfinished run in {self.base} began with. Bring that "
                "one back to go on, or begin anew with --discard."
            )

    def check_model(self, model):
        """Refuses to go on with another model than the run began with: another vocabulary, say.

        Raises:
            UserError: it is another.
        """
        if self.run["model"] != model:
            raise UserError(
                f"The encoder is not the one that the unfinished run in {self.base} began with. Bring that one back to "
                "go on, or begin anew with --discard."
            )

    def refuse_unfinished(self):
        """Refuses to begin where a run waits to be gone on with.

        Raises:
            UserError: one does; the sentence says how to go on.
        """
        if self.has_state() and self.published() is None:
            raise UserError(
                f"{self.base} holds a run that began at {self.read()['started']} and was not finished. Go on with it: "
                f"bigmodel train --resume --out {self.base}, or begin anew with --discard."
            )

    def published(self):
        """Gives the folder of the version that this run has written already, or None.

        A process killed between the version's appearance and the removal of this folder leaves both.
        """
        for number in reversed(version_numbers(self.base)):
            folder = self.base / str(number)
            if (folder / FILE_NAME).is_file() and Manifest.read(folder).run == self.read()["id"]:
                return folder
        return None

    def clear(self):
        """Forgets the run; the lock stays."""
        self._run_file.unlink(missing_ok=True)  # first: without it no run resumes from the rest
        shutil.rmtree(self.state_folder, ignore_errors=True)
