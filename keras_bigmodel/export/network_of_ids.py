"""Prepares a classifier of texts for files that take ids: its network as a SavedModel, and its labels and vocabulary.

Knows endpoints and tokenizers; no format of a file.
"""

import contextlib
import importlib.util
import io

import tensorflow as tf

from keras_bigmodel.core.answers import describe_reader
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.edge.lite_contents import QUANTIZERS, LiteContents
from keras_bigmodel.export.endpoint import Endpoint
from keras_bigmodel.export.saved_model import write_saved_model
from keras_bigmodel.tokenizers import WordPieceTokenizer

SIGNATURE = "classify"
_READERS_OF_FILES = ("prediction", "label_set", "score")
# Format, or format and quantization → packages that write its files and run them in the comparison.
_PACKAGES = {
    "litert": ("ai-edge-litert",),
    ("litert", "int4"): ("litert-quantizer",),
    "litert_embedding": ("ai-edge-litert",),
    "onnx": ("tf2onnx", "onnx", "onnxruntime"),
    "openvino": ("openvino",),
    ("openvino", "int8"): ("nncf",),
}


def write_network(exportable, folder):
    """Writes the network of a classifier as a SavedModel of the signature `SIGNATURE`, from which files are converted.

    It takes `token_ids`, `segment_ids` and `padding_mask`, int32 `(texts, length)`, and returns `logits` and
    `probabilities`, float32 `(texts, labels)`; or `logits` and `score`, `(texts, 1)`.

    Args:
        exportable: `TextTask`: has `endpoints()` with `tokens`, `variables`, `outputs_from_logits`, `answer_reader` and
            a preprocessor of texts; computes in float32.
        folder: path of an existing folder.
    """
    tokens = exportable.endpoints()["tokens"]
    name = output_of(exportable)

    def classify(**ids):
        ids = {name: truncated(column, exportable.preprocessor.max_length) for name, column in ids.items()}
        logits = exportable(ids, training=False)
        return {"logits": logits, name: rows_of_outputs(exportable, logits)}

    write_saved_model({SIGNATURE: Endpoint(classify, tokens.inputs)}, exportable.variables, folder)


def output_of(exportable):
    """Returns the name of the network's output: `"score"` of a regressor, else `"probabilities"`."""
    return "score" if exportable.answer_reader().kind == "score" else "probabilities"


def rows_of_outputs(exportable, logits):
    """Returns the outputs of logits as rows, float32 `(texts, outputs)`; a number is a row of one."""
    outputs = exportable.outputs_from_logits(logits)
    return outputs[:, tf.newaxis] if outputs.shape.rank == 1 else outputs


def contents_of(exportable, kind):
    """Returns the `LiteContents` of a classifier or a regressor of texts.

    Args:
        exportable: `TextTask`.
        kind: str. What files of the format are called, for the error message.

    Raises:
        UserError: it is no classifier or regressor of texts with a `WordPieceTokenizer` in mode `"exact"`, or one whose
            texts are encoded apart.
    """
    answers = describe_reader(exportable.answer_reader()) if hasattr(exportable, "answer_reader") else {}
    known = answers.get("kind") in _READERS_OF_FILES and "tokens" in exportable.endpoints()
    if not known or not has_word_pieces(exportable):
        raise UserError(
            f"A {type(exportable).__name__} came; {kind} files are written of classifiers and regressors of texts with "
            'a WordPieceTokenizer. Export it with format="saved_model".'
        )
    if exportable.preprocessor.separate:
        raise UserError(
            f"This model compares the vectors of two texts, and {kind} files take one row of ids. Export it with "
            'format="saved_model".'
        )
    return contents_with(exportable, getattr(exportable, "labels", ()), answers)


def has_word_pieces(exportable):
    """Returns whether an exportable has a preprocessor with a `WordPieceTokenizer`."""
    return isinstance(getattr(exportable.preprocessor, "tokenizer", None), WordPieceTokenizer)


def contents_with(exportable, labels, answers=None):
    """Returns the `LiteContents` of an exportable that `has_word_pieces`.

    Args:
        exportable: object with a preprocessor of texts.
        labels: sequence of str. Empty for a file that gives vectors or numbers of texts.
        answers: dict. The reader of the outputs, as `describe_reader` describes it. Defaults to None.

    Raises:
        UserError: the tokenizer is not in mode `"exact"`.
    """
    preprocessor = exportable.preprocessor
    tokenizer, settings = preprocessor.tokenizer, preprocessor.tokenizer.settings()
    if settings["mode"] != "exact":
        raise UserError(
            f'The model was trained with mode="{settings["mode"]}", whose tokenizer needs tensorflow_text. A file '
            'for ids needs a model trained with mode="exact", the default.'
        )
    return LiteContents(
        tuple(labels),
        tuple(tokenizer.vocabulary),
        settings,
        preprocessor.max_length,
        len(preprocessor.columns) > 1,
        getattr(exportable, "reject_below", None),
        None if answers is None or answers["kind"] == "prediction" else answers,
    )


def check_quantize(format, quantize):
    """Checks that a value of `quantize` is known for a format.

    Args:
        format: str. One of `QUANTIZERS`.
        quantize: str.

    Raises:
        UserError: the value is not among those of the format.
    """
    if quantize not in QUANTIZERS[format]:
        raise UserError(f'quantize="{quantize}" came; known for {format} are {", ".join(QUANTIZERS[format])}.')


def check_packages(format, quantize):
    """Checks that what writes and runs a file is installed; call it before hours of work.

    Args:
        format: str. One of `QUANTIZERS`.
        quantize: str. One of `QUANTIZERS[format]`.

    Raises:
        UserError: a package is not installed; the message says how to install all of them.
    """
    packages = _PACKAGES[format] + _PACKAGES.get((format, quantize), ())
    missing = [name for name in packages if importlib.util.find_spec(name.replace("-", "_")) is None]
    if missing:
        raise UserError(
            f"--format {format} --quantize {quantize} needs {', '.join(missing)}, which is not installed. Install: pip "
            f"install {' '.join(packages)}"
        )


@contextlib.contextmanager
def without_output():
    """Removes what a library prints in the block: its bars and tables would stand between the lines of a program."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def truncated(column, max_length):
    """Truncates ids to `max_length` and keeps the last one, [SEP]: the runtimes do not truncate texts.

    Args:
        column: int32 tensor `(texts, length)`.
        max_length: int.

    Returns:
        int32 tensor `(texts, at most max_length)`.
    """
    return tf.concat([column[:, :-1][:, : max_length - 1], column[:, -1:]], axis=1)
