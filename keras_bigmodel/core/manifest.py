"""Reads, writes and checks `manifest.json`, the description of a version folder. Knows no TensorFlow."""

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
from keras_bigmodel.core.json_shape import NUMBER, shape_mismatch
from keras_bigmodel.core.manifest_format_1 import upgraded
from keras_bigmodel.core.model_files import read_json

FILE_NAME = "manifest.json"
FORMAT = 2
_READ = ("saved_model.pb", "task.json", "vocab.txt", "weights.weights.h5")  # files that a model is read from
SERVING_FOLDER = "serving"  # settings of servers, which people edit: a label is moved, a batch size changed
_READ_FOLDERS = ("variables/", "assets/", "lite/")
RECOVERY_ADVICE = "Take the folder from a backup or train again."
_OUTPUT = {"rule": str, "rows?": int, "rows_that_differ": int, "largest_difference?": (*NUMBER, NoneType)}
_SHAPE = {  # the shape that readers rely on
    "task": str,
    "job": str,
    "name": str,
    "version": int,
    "parent?": (int, NoneType),
    "answers": {"kind": str, "labels?": [str], "reject_below?": NUMBER},
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
    """Holds the description of one version folder.

    Args:
        task: str. Class of the task.
        name: str. Name of the model: the name of the folder above the version.
        version: int. Version number.
        job: str. Kind of task, as the option `--task` names it.
        answers: dict. How outputs are read as answers; see `core.answers.reader_of`.
        preprocessor: dict. Class, columns and settings of the preprocessor, and those of its tokenizer.
        sizes: dict of the encoder's sizes and the number of parameters.
        settings: dict of the settings of the run.
        data: dict. Rows, classes and fingerprint of the tables.
        metrics: dict of split → metric → number, measured in this run.
        headlines: dict of split → the main metrics in one line.
        parity: dict. Short form of the parity certificate; see `core.sentences.parity_in_short`.
        parent: int or None. The version from which this one was trained. Defaults to None.
        run: str or None. Id of the training run that wrote this version. Defaults to None.
        notes: list of str. What a user should know about the run. Defaults to none.
        versions: dict of package → version. `write` fills it.
        created: str. Time in UTC. Defaults to now.
        files: dict of path → sha256 of every other file in the folder. `write` fills it.
        format: int. Version of the manifest format. Defaults to the current one.
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
        """Returns the names of the classes: list of str, empty if the model is not a classifier."""
        return self.answers.get("labels", [])

    def write(self, folder):
        """Writes `manifest.json` with the checksums of all other files in the folder and the package versions.

        Args:
            folder: path of the version folder.

        Returns:
            `Manifest` as written.
        """
        described = dataclasses.replace(self, files=checksums(folder), versions=package_versions())
        text = json.dumps(dataclasses.asdict(described), indent=2, ensure_ascii=False, default=_plain)
        (Path(folder) / FILE_NAME).write_text(text + "\n", encoding="utf-8")
        return described

    @classmethod
    def read(cls, folder):
        """Reads `manifest.json`; a manifest of format 1 is converted to the current format.

        Args:
            folder: path of the version folder.

        Returns:
            `Manifest`.

        Raises:
            UserError: there is no such file, it is not a manifest, or a newer version of this package wrote it.
        """
        path = Path(folder) / FILE_NAME
        if not path.is_file():
            raise UserError(f"{folder} holds no {FILE_NAME}; it is no version folder of keras_bigmodel.")
        values = read_json(path, advice=RECOVERY_ADVICE)
        if type(values.get("format", 0)) is not int:
            raise UserError(f"{path} is no manifest of keras_bigmodel. {RECOVERY_ADVICE}")
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
            raise UserError(f"{path} lacks {', '.join(missing)}. {RECOVERY_ADVICE}")
        wrong = shape_mismatch(values, _SHAPE)
        if wrong is not None:
            raise UserError(f"{path} cannot be read: {wrong}. {RECOVERY_ADVICE}")
        return cls(**{name: value for name, value in values.items() if name in known})

    def check(self, folder):
        """Checks that the files of a folder are those that were written.

        Args:
            folder: path of the version folder.

        Raises:
            UserError: the manifest lists no files, or as `check_listed_files`.
        """
        if not self.files:
            raise UserError(
                f"{Path(folder) / FILE_NAME} lists no files, so nobody can say whether they are as they were written. "
                f"{RECOVERY_ADVICE}"
            )
        check_listed_files(folder, self.files)


def check_listed_files(folder, files, *, besides=()):
    """Checks that the files of a folder are those that were written.

    Args:
        folder: path.
        files: dict of path in the folder → sha256.
        besides: names of files that need not be listed, such as the file that holds the list. Defaults to none.

    Raises:
        UserError: a file is missing or altered, or a file that a model is read from is not listed. The message names
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
    """Returns a NumPy number as a Python number, and any other value as text."""
    return value.item() if hasattr(value, "item") else str(value)


def checksums(folder):
    """Returns the sha256 of every file in a folder except the manifest and the serving files, which people edit.

    Args:
        folder: path.

    Returns:
        dict of path in the folder → sha256, sorted by path.
    """
    folder = Path(folder)
    digests = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != FILE_NAME and not name.startswith(f"{SERVING_FOLDER}/"):
            digests[name] = file_sha256(path)
    return digests


def file_sha256(path):
    """Returns the sha256 of a file: str.

    Args:
        path: `Path`.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_versions():
    """Returns the versions of this package, of Python and of the installed packages that compute.

    Returns:
        dict of name → version.
    """
    versions = {"keras_bigmodel": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
