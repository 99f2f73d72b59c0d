"""Answers texts with a file for another runtime in the place of its model. Knows versions and files; no TensorFlow."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import FILE_NAME, Manifest, check_listed_files
from keras_bigmodel.core.model_files import read_json
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.versions import LITE_PATH, version_folder
from keras_bigmodel.edge.edge_classifier import CLASSIFIERS
from keras_bigmodel.edge.lite_contents import QUANTIZERS

_KNOWN = [f"{runtime}-{quantize}" for runtime in CLASSIFIERS for quantize in QUANTIZERS[runtime]]
_CERTIFICATE = "parity.json"
_WORK_OF_THE_MODEL = ("compile", "embed", "evaluate", "export", "fit", "predict_stream", "save", "train_on_batch")
_PARTS_OF_THE_MODEL = ("encoder", "preprocess", "preprocessor", "token_counts", "tokenizer", "weights", "with_dtype")


class OnlyOfTheModelError(UserError, AttributeError):
    """Indicates a method of the model on an object that only answers texts; `hasattr` is False for it."""


class EngineClassifier:
    """Labels texts as the `TextClassifier` of a folder does, with a file for another runtime. It never trains.

    `load_engine` opens it. Methods that need the model itself, such as `fit`, raise `UserError`.

    Args:
        classifier: `EdgeClassifier`.
        engine: str. The runtime and the quantization, e.g. `"litert-int8"`.
        certificate: dict. The parity certificate of the file.

    Attributes:
        engine: str, as given.
        certificate: dict, as given; `points_lost` holds the percentage points of accuracy lost, if it was measured.
    """

    def __init__(self, classifier, engine, certificate):
        self._classifier, self.engine, self.certificate = classifier, engine, certificate

    @property
    def labels(self):
        """Returns the labels in the order of the outputs: list of str."""
        return self._classifier.labels

    @property
    def columns(self):
        """Returns the names of the texts of a row: tuple of str."""
        return self._classifier.columns

    @property
    def pairs(self):
        """Returns whether each row is a pair of texts: bool."""
        return self._classifier.pairs

    @property
    def max_length(self):
        """Returns the maximum number of tokens of a row, with special tokens: int."""
        return self._classifier.max_length

    @property
    def loss_sentence(self):
        """Returns a sentence on the accuracy that the file lost when it was exported: str."""
        facts = self.certificate
        if "points_lost" not in facts:
            return f"{self.engine}: what it loses in accuracy was not measured when it was exported."
        changed = counted(facts["measured_texts"], "text")
        if facts["labels_changed"] is not None:
            changed = f"{facts['labels_changed']:,} of {counted(facts['measured_texts'], 'answer')} changed"
        measure, quality = facts.get("measure", "accuracy"), facts.get("quality", facts.get("accuracy"))
        of_model = facts.get("quality_of_the_model", facts.get("accuracy_of_the_model"))
        return (
            f"{self.engine}: {measure} {quality:.2%} where the model has {of_model:.2%} "
            f"({changed}; {facts['measured_on']}), measured when it was exported."
        )

    def answer_reader(self):
        """Returns the reader of rows of outputs as answers, such as a `PredictionReader`."""
        return self._classifier.reader

    def predict(self, texts, *, batch_size=None, verbose=0):
        """Predicts the probabilities of the labels of texts; see `EdgeClassifier.predict`.

        Args:
            texts: as there.
            batch_size: is accepted, as the model accepts it, and has no effect: the runtime has batches of its own.
            verbose: is accepted and has no effect.
        """
        return self._classifier.predict(texts)

    def classify(self, texts, *, top_k=None, batch_size=None):
        """Labels texts; see `EdgeClassifier.classify`, and `predict` for `batch_size`."""
        return self._classifier.classify(texts, top_k=top_k)

    def answers(self, texts, *, top_k=None, batch_size=None):
        """Labels texts; the same as `classify`."""
        return self.classify(texts, top_k=top_k)

    def __getattr__(self, name):
        if name in _WORK_OF_THE_MODEL + _PARTS_OF_THE_MODEL:
            raise OnlyOfTheModelError(
                f'{name} came on a model that was loaded with engine="{self.engine}", which only answers texts. Load '
                "it without engine."
            )
        raise AttributeError(f"{type(self).__name__} has no attribute {name}.")


def load_engine(path, engine, *, num_threads=None):
    """Opens the LiteRT, ONNX or OpenVINO file of a trained model to answer in its place.

    Args:
        path: path of a version folder that holds a LiteRT file, of a folder of versions (the highest counts), or of a
            folder that `bigmodel export --out` wrote.
        engine: str. Runtime and quantization: `"litert-int8"`, `"litert-int4"`, `"litert-float16"`, `"litert-none"`,
            `"onnx-none"`, `"onnx-int8"`, `"openvino-none"`, `"openvino-int8"`; a runtime alone takes the file as it is.
        num_threads: int. As in `EdgeClassifier`. Defaults to None.

    Returns:
        `EngineClassifier`.

    Raises:
        UserError: the engine is unknown, the folder holds no file for it or one that is quantized otherwise, a file
            of a version was altered, or as `EdgeClassifier`.
    """
    runtime, _, quantize = str(engine).partition("-")
    if engine not in (*_KNOWN, *CLASSIFIERS):
        raise UserError(f'engine="{engine}" came; known are {", ".join(_KNOWN)}, or a runtime alone: litert.')
    file = _file(checked_path(path, "the folder of a model"), runtime)
    certificate = read_json(file.with_name(_CERTIFICATE), advice="Export it again.")
    found = str(certificate.get("quantize"))
    if quantize not in ("", found):
        raise UserError(
            f'engine="{engine}" came, and {file} is quantized as {found}. Say engine="{runtime}-{found}", or export '
            f"the model again: {_command('MODEL', runtime, quantize)}"
        )
    return EngineClassifier(CLASSIFIERS[runtime](file, num_threads=num_threads), f"{runtime}-{found}", certificate)


def _file(folder, runtime):
    """Returns the path of the file of a runtime in an exported folder, or in a version after checking its files."""
    exported = folder / CLASSIFIERS[runtime].file_name
    if (folder / _CERTIFICATE).is_file() and not (folder / FILE_NAME).is_file():
        if not exported.is_file():
            raise UserError(
                f"{folder} is an export without {exported.name}. Name an engine for the file that it holds, or export "
                f"the model again: {_command('MODEL', runtime, '')}"
            )
        check_listed_files(folder, _listed(folder), besides=(_CERTIFICATE,))
        return exported
    if folder.is_file():
        raise UserError(f"{folder} is a file; wanted the folder of a model, or of an export: {folder.parent}.")
    version = version_folder(folder)
    if runtime != "litert" or not (version / LITE_PATH).is_file():
        raise UserError(f"{version} holds no {exported.name}. Write one: {_command(folder, runtime, '')}")
    Manifest.read(version).check(version)
    return version / LITE_PATH


def _listed(folder):
    """Returns the files of an export with their sha256: dict."""
    files = read_json(folder / _CERTIFICATE, advice="Export it again.").get("files")
    if not isinstance(files, dict) or not files:
        raise UserError(f"{folder / _CERTIFICATE} lists no files. Export the model again.")
    return files


def _command(path, runtime, quantize):
    """Returns the command that exports a model for a runtime."""
    words = ["bigmodel export", str(path), f"--format {runtime}", f"--quantize {quantize}" if quantize else ""]
    words.append("" if runtime == "litert" else "--out FOLDER, and name that folder")
    return " ".join(word for word in words if word)
