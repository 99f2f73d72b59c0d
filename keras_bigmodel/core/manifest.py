"""What a version folder holds, in `manifest.json`. Knows no TensorFlow."""

import dataclasses
import hashlib
import json
import platform
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from keras_bigmodel._version import __version__
from keras_bigmodel.core.errors import UserError

FILE_NAME = "manifest.json"
FORMAT = 2
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
        """Writes `manifest.json` with the checksums of everything else in the folder."""
        described = dataclasses.replace(self, files=checksums(folder), versions=package_versions())
        text = json.dumps(dataclasses.asdict(described), indent=2, ensure_ascii=False, default=_plain)
        (Path(folder) / FILE_NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder):
        """Reads `manifest.json`.

        Raises:
            UserError: there is none, it is no manifest, or it is of a newer version of this package.
        """
        path = Path(folder) / FILE_NAME
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise UserError(f"{folder} holds no {FILE_NAME}; it is no version folder of keras_bigmodel.") from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise UserError(
                f"{path} is not readable ({error}). Take the folder from a backup or train again."
            ) from error
        if not isinstance(values, dict) or not isinstance(values.get("format", 0), int):
            raise UserError(f"{path} is no manifest of keras_bigmodel. Take the folder from a backup or train again.")
        if values.get("format", 0) > FORMAT:
            raise UserError(
                f"{path} has format {values['format']}, this package knows {FORMAT}. Install a newer keras_bigmodel."
            )
        if values.get("format", 0) < 2:
            values = _upgraded(values, path)
        known = {entry.name for entry in dataclasses.fields(cls)}
        missing = [
            entry.name
            for entry in dataclasses.fields(cls)
            if entry.default is dataclasses.MISSING
            and entry.default_factory is dataclasses.MISSING
            and entry.name not in values
        ]
        if missing:
            raise UserError(f"{path} lacks {', '.join(missing)}. Take the folder from a backup or train again.")
        return cls(**{name: value for name, value in values.items() if name in known})

    def check(self, folder):
        """Refuses a folder whose files are not those that were written.

        Raises:
            UserError: a file is missing or altered; the sentence names each.
        """
        found = checksums(folder)
        missing = [name for name in self.files if name not in found]
        altered = [name for name, digest in self.files.items() if name in found and found[name] != digest]
        if missing or altered:
            parts = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"altered: {', '.join(altered)}"] * bool(
                altered
            )
            raise UserError(
                f"{folder} is not as it was written ({'; '.join(parts)}). Take it from a backup or train again."
            )


_FORMAT_1 = {"labels": list, "tokenizer": dict, "sizes": dict, "settings": dict, "metrics": dict, "parity": dict}


def _upgraded(values, path):
    """Returns the values of a manifest of format 1, which knew one kind of task, as one of format 2.

    Raises:
        UserError: it is none of format 1.
    """
    values = dict(values)
    missing = [name for name in ("task", "name", "version", "data", *_FORMAT_1) if name not in values]
    if missing:
        raise UserError(f"{path} lacks {', '.join(missing)}. Take the folder from a backup or train again.")
    odd = [name for name, kind in _FORMAT_1.items() if not isinstance(values[name], kind)]
    odd += [
        f"metrics of {part}" for part, found in dict(values["metrics"] or {}).items() if not isinstance(found, dict)
    ]
    if odd:
        raise UserError(f"{path} has {odd[0]} that cannot be read. Take the folder from a backup or train again.")
    parity, pair = values["parity"], values["settings"].get("pair") is not None
    tokens, labels = parity.get("texts_with_other_tokens", 0), parity.get("texts_with_other_labels", 0)
    apart = {"rule": "close", "rows_that_differ": 0, "largest_difference": parity.get("largest_logit_difference", 0.0)}
    outputs = (
        {}
        if "texts" not in parity
        else {
            "tokenize/token_ids": {"rule": "equal", "rows_that_differ": tokens},
            "serving_default/label": {"rule": "same_choice", "rows_that_differ": labels},
            "tokens/logits": apart,
        }
    )
    kept = {"agrees": parity.get("agrees", True), "rows": parity.get("texts", 0), "dtype": parity.get("dtype")}
    tokenizer = {"class": "WordPieceTokenizer", **values.pop("tokenizer")}
    return {
        **values,
        "format": FORMAT,
        "job": "classification",
        "answers": {"kind": "prediction", "labels": values.pop("labels")},
        "preprocessor": {
            "class": "TextPreprocessor",
            "columns": ["text", "text_pair"] if pair else ["text"],
            "max_length": values["sizes"].get("max_length_used"),
            "tokenizer": tokenizer,
        },
        "headlines": {part: _headline(metrics) for part, metrics in values["metrics"].items()},
        "parity": {**kept, "load_seconds": parity.get("saved_model_load_seconds"), "outputs": outputs},
    }


def _headline(metrics):
    chief = {"accuracy": "accuracy", "macro_f1": "macro F1", "log_loss": "log loss"}
    words = [
        f"{shown} {metrics[name]:.4f}" for name, shown in chief.items() if isinstance(metrics.get(name), (int, float))
    ]
    return ", ".join([f"{metrics.get('texts')} texts", *words])


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
