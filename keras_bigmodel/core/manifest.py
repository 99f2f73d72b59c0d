"""What a version folder holds, in `manifest.json`. Knows no TensorFlow."""

import dataclasses
import hashlib
import json
import platform
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import NoneType

from keras_bigmodel._version import __version__
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.json_shape import NUMBER, misfit
from keras_bigmodel.core.manifest_format_1 import upgraded
from keras_bigmodel.core.model_files import read_json

FILE_NAME = "manifest.json"
FORMAT = 2
_READ = ("saved_model.pb", "task.json", "vocab.txt", "weights.weights.h5")  # what a model is read from
_READ_FOLDERS = ("variables/", "assets/", "lite/")
AGAIN = "Take the folder from a backup or train again."
_OUTPUT = {"rule": str, "rows?": int, "rows_that_differ": int, "largest_difference?": (*NUMBER, NoneType)}
_SHAPE = {  # what readers take for granted
    "task": str,
    "job": str,
    "name": str,
    "version": int,
    "parent?": (int, NoneType),
    "answers": {"kind": str, "labels?": [str]},
    "preprocessor": {"class?": str, "columns": [str], "max_length?": (int, NoneType), "tokenizer?": (dict, NoneType)},
    "sizes": {"parameters": int, ...: (*NUMBER, str, bool, list, NoneType)},
    "settings": {},
    "data": {},
    "metrics": {...: dict},
    "headlines": {...: str},
    "parity": {"rows": int, "outputs": {...: _OUTPUT}},
    "run?": (str, NoneType),
    "notes?": [str],
    "versions?": {...: str},
    "created?": str,
    "files?": {...: str},
}
_PACKAGES = ("tensorflow", "tensorflow-text", "keras", "numpy")


@dataclass(frozen=True)
class Manifest:
    """The description of one version folder.

    Args:
        task: str. The task's class.
        job: str. The kind of task, as `--task` says it.
        name: str. The model's name: the folder above the version.
        version: int.
        parent: int or None. The version it was trained from.
        answers: dict: how outputs are read as answers, see `core.answers.reader_of`.
        preprocessor: dict: its class, columns and settings, and those of its tokenizer.
        sizes: dict of the encoder's sizes and parameters.
        settings: dict of the settings of the run.
        data: dict: rows, classes and fingerprint of the tables.
        metrics: dict of split → metric → number, measured in this run.
        headlines: dict of split → the chief measures in one line.
        parity: dict: the parity certificate in short; see `core.parity_words`.
        run: str or None. The id of the training run that wrote it.
        notes: list of str: what a person should know about the run.
        versions: dict of package → version.
        created: str. Time in UTC.
        files: dict of path → sha256 of every other file in the folder.
        format: int. Version of this description.
    """

    task: str
    name: str
    version: int
    job: str
    answers: dict
    preprocessor: dict
    sizes: dict
    settings: dict
    data: dict
    metrics: dict
    headlines: dict
    parity: dict
    parent: int | None = None
    run: str | None = None
    notes: list = field(default_factory=list)
    versions: dict = field(default_factory=dict)
    created: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    files: dict = field(default_factory=dict)
    format: int = FORMAT

    @property
    def labels(self):
        """List of str: the names of the classes, of a classifier; else empty."""
        return self.answers.get("labels", [])

    def write(self, folder):
        """Writes `manifest.json` with the checksums of everything else in the folder; returns it as written."""
        described = dataclasses.replace(self, files=checksums(folder), versions=package_versions())
        text = json.dumps(dataclasses.asdict(described), indent=2, ensure_ascii=False, default=_plain)
        (Path(folder) / FILE_NAME).write_text(text + "\n", encoding="utf-8")
        return described

    @classmethod
    def read(cls, folder):
        """Reads `manifest.json`.

        Raises:
            UserError: there is none, it is no manifest, or it is of a newer version of this package.
        """
        path = Path(folder) / FILE_NAME
        if not path.is_file():
            raise UserError(f"{folder} holds no {FILE_NAME}; it is no version folder of keras_bigmodel.")
        values = read_json(path, advice=AGAIN)
        if type(values.get("format", 0)) is not int:
            raise UserError(f"{path} is no manifest of keras_bigmodel. {AGAIN}")
        if values.get("format", 0) > FORMAT:
            raise UserError(
                f"{path} has format {values['format']}, this package knows {FORMAT}. Install a newer keras_bigmodel."
            )
        if values.get("format", 0) < 2:
            values = upgraded(values, path, FORMAT)
        known = {entry.name for entry in dataclasses.fields(cls)}
        missing = [
            entry.name
            for entry in dataclasses.fields(cls)
            if entry.default is dataclasses.MISSING
            and entry.default_factory is dataclasses.MISSING
            and entry.name not in values
        ]
        if missing:
            raise UserError(f"{path} lacks {', '.join(missing)}. {AGAIN}")
        wrong = misfit(values, _SHAPE)
        if wrong is not None:
            raise UserError(f"{path} cannot be read: {wrong}. {AGAIN}")
        return cls(**{name: value for name, value in values.items() if name in known})

    def check(self, folder):
        """Refuses a folder whose files are not those that were written.

        Raises:
            UserError: a file is missing or altered; the sentence names each.
        """
        if not self.files:
            raise UserError(
                f"{Path(folder) / FILE_NAME} lists no files, so nobody can say whether they are as they were written. "
                f"{AGAIN}"
            )
        refuse_other_files(folder, self.files)


def refuse_other_files(folder, files, *, besides=()):
    """Refuses a folder whose files are not those that were written.

    Args:
        folder: path.
        files: dict of path in the folder → sha256.
        besides: names of files that may stand there unlisted: the one that holds the list.

    Raises:
        UserError: a file is missing or altered, or one that a model is read from is not among them; the sentence names
            each.
    """
    found = checksums(folder)
    missing = [name for name in files if name not in found]
    altered = [name for name, digest in files.items() if name in found and found[name] != digest]
    read = [name for name in found if name in _READ or name.startswith(_READ_FOLDERS)]
    strange = [name for name in read if name not in files and name not in besides]
    told = {"missing": missing, "altered": altered, "not listed": strange}
    if any(told.values()):
        parts = [f"{how}: {', '.join(names)}" for how, names in told.items() if names]
        raise UserError(
            f"{folder} is not as it was written ({'; '.join(parts)}). Take it from a backup or train again."
        )


def _plain(value):
    """A NumPy number as a number, anything else as text."""
    return value.item() if hasattr(value, "item") else str(value)


def checksums(folder):
    """Gives path → sha256 of every file in a folder but the manifest, sorted."""
    folder = Path(folder)
    digests = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != FILE_NAME:
            with path.open("rb") as file:
                digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def package_versions():
    """Gives package → version of what computes here."""
    versions = {"keras_bigmodel": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
