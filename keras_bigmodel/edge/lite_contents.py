"""Reads and writes labels, vocabulary and settings inside of files for runtimes. Knows ZIP and JSON; no network."""

import hashlib
import json
import zipfile
from dataclasses import dataclass

from keras_bigmodel.core.answers import PredictionReader, reader_of
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.tokenizer_files import vocabulary_from_lines
from keras_bigmodel.tokenizers.vocabulary import vocabulary_lines

LABELS_FILE, VOCABULARY_FILE, SETTINGS_FILE = "labels.txt", "vocab.txt", "keras_bigmodel.json"
FORMAT = 3  # 1 has no `reject_below`, 2 no `answers`
# Format → how the weights of a file may be stored; the first is the default.
QUANTIZERS = {
    "litert": ("int8", "int4", "float16", "none"),
    "litert_embedding": ("int8", "float16", "none"),
    "onnx": ("none", "int8"),
    "openvino": ("none", "int8"),
}
_MEMBERS = (LABELS_FILE, VOCABULARY_FILE, SETTINGS_FILE)
_LARGEST_MEMBER = 64_000_000  # bytes; the vocabulary of the largest BERT has 2 MB
_ALTERED = (
    "The labels, the vocabulary or the settings inside of {path} were altered, so its answers would be others. Take "
    "the file from a backup, or export it again."
)
_WRITTEN = (1980, 1, 1, 0, 0, 0)  # a fixed date, so that the same model always has the same file


@dataclass(frozen=True)
class LiteContents:
    """Holds labels, vocabulary and settings, which are files in a ZIP archive after the network's bytes.

    Args:
        labels: tuple of str, in the order of the outputs. Empty for a file that gives vectors of texts.
        vocabulary: tuple of str. The position of a token is its id.
        tokenizer: dict of the tokenizer's other arguments.
        max_length: int. Maximum number of tokens of an input, special tokens included.
        pairs: bool. Whether each input is a pair of texts.
        reject_below: float. A text whose highest probability is lower gets no label. Defaults to None: every text does.
        answers: dict. The reader of the network's output, as `core.answers.describe_reader` describes it. Defaults to
            None: a `PredictionReader` of `labels` and `reject_below`.

    Source: "TensorFlow Lite metadata", associated files.
    """

    labels: tuple[str, ...]
    vocabulary: tuple[str, ...]
    tokenizer: dict
    max_length: int
    pairs: bool
    reject_below: float | None = None
    answers: dict | None = None

    @property
    def reader(self):
        """Returns the reader of the network's output, such as a `PredictionReader`."""
        return PredictionReader(self.labels, self.reject_below) if self.answers is None else reader_of(self.answers)

    @property
    def gives_answers(self):
        """Returns whether the network labels or scores texts, and does not give vectors of them: bool."""
        return bool(self.labels) or self.answers is not None

    @property
    def output(self):
        """Returns the name of the network's output: `"probabilities"`, or `"score"` if it gives a number."""
        return "score" if self.reader.kind == "score" else "probabilities"

    @property
    def columns(self):
        """Returns the names of the texts of a row: tuple of str."""
        return ("text", "text_pair") if self.pairs else ("text",)

    @property
    def label_lines(self):
        """Returns the labels as MediaPipe reads them, one a line: str, empty for a file of vectors."""
        return "\n".join(label.replace("\n", " ") for label in self.labels)

    def append_to(self, path):
        """Appends the archive to a file, uncompressed, because MediaPipe does not decompress.

        Args:
            path: path of the file.
        """
        members = self.to_metadata()
        if self.labels:
            members = {LABELS_FILE: self.label_lines} | members
        with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
            for name, text in members.items():
                archive.writestr(zipfile.ZipInfo(name, _WRITTEN), text.encode("utf-8"))

    def to_metadata(self):
        """Returns the vocabulary and the settings as texts by file name: dict of str → str."""
        settings = {"format": 1, "labels": self.labels, "tokenizer": self.tokenizer}
        settings |= {"max_length": self.max_length, "pairs": self.pairs}
        if self.reject_below is not None:
            settings |= {"format": 2, "reject_below": self.reject_below}
        if self.answers is not None:
            settings |= {"format": FORMAT, "answers": self.answers}
        vocabulary = vocabulary_lines(self.vocabulary)
        settings["sha256"] = _sha256(settings, vocabulary)
        return {VOCABULARY_FILE: vocabulary, SETTINGS_FILE: json.dumps(settings, ensure_ascii=False, indent=2)}

    @classmethod
    def from_metadata(cls, metadata, path):
        """Returns the contents that `to_metadata` described.

        Args:
            metadata: dict of str → str.
            path: path of the file that the metadata is from, for the error message.

        Returns:
            `LiteContents`.

        Raises:
            UserError: this package did not write the file, a newer version of this package did, or the labels, the
                vocabulary or the settings were altered.
        """
        try:
            settings = json.loads(metadata[SETTINGS_FILE])
            vocabulary, format = vocabulary_from_lines(metadata[VOCABULARY_FILE]), settings.get("format", 0)
            is_newer = format > FORMAT
        except (KeyError, ValueError, AttributeError, TypeError, RecursionError) as error:
            raise UserError(
                f"{path} has no labels and vocabulary inside. Give a file that bigmodel export wrote, unchanged."
            ) from error
        if is_newer:
            raise UserError(f"{path} has format {format}, this package knows {FORMAT}. Install a newer keras_bigmodel.")
        if settings.pop("sha256", None) != _sha256(settings, metadata[VOCABULARY_FILE]):
            raise UserError(_ALTERED.format(path=path))
        labels, reject_below = tuple(settings["labels"]), settings.get("reject_below")
        about = settings["tokenizer"], settings["max_length"], settings["pairs"], reject_below, settings.get("answers")
        return cls(labels, tuple(vocabulary), *about)

    @classmethod
    def read(cls, path):
        """Reads the archive that `append_to` wrote.

        Args:
            path: path of the file.

        Returns:
            `LiteContents`.

        Raises:
            UserError: there is no such file, this package did not write it, or a newer version of this package did.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                names = [name for name in _MEMBERS if name != LABELS_FILE or name in archive.namelist()]
                metadata = {name: _member(archive, name) for name in names}
                json.loads(metadata[SETTINGS_FILE])
        except FileNotFoundError as error:
            raise UserError(f"No file {path}. Give a file that bigmodel export --format litert wrote.") from error
        except IsADirectoryError as error:
            raise UserError(f"{path} is a folder. Name the file in it, e.g. {path}/model.tflite.") from error
        except (OSError, zipfile.BadZipFile, KeyError, ValueError, RuntimeError) as error:
            # RuntimeError: encrypted, compressed in a way that Python does not know, or JSON nested too deep
            raise UserError(
                f"{path} is no LiteRT file with labels and vocabulary inside. Give one that bigmodel export "
                "--format litert wrote, whole and unchanged."
            ) from error
        contents = cls.from_metadata(metadata, path)
        if metadata.get(LABELS_FILE, "") != contents.label_lines:
            raise UserError(_ALTERED.format(path=path))
        return contents


def _sha256(settings, vocabulary):
    """Returns the digest of the settings, which hold the labels, and of the vocabulary: str."""
    text = json.dumps(settings, ensure_ascii=True, sort_keys=True) + vocabulary
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _member(archive, name):
    """Returns the text of a file in the archive, stored uncompressed as it was written."""
    facts = archive.getinfo(name)
    if facts.compress_type != zipfile.ZIP_STORED or facts.file_size > _LARGEST_MEMBER:
        raise ValueError(f"{name} is compressed, or too large")
    return archive.read(name).decode("utf-8")
