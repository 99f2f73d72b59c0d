"""Checks a LiteRT file for what phones and runtimes trip over. Knows what is wrong; not how a file is read."""

import struct
import zipfile

from tensorflow.lite.python import schema_py_generated as schema

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.model_files import check_no_git_pointer
from keras_bigmodel.core.sentences import listed
from keras_bigmodel.doctor.examination import Finding
from keras_bigmodel.doctor.lite_model import OPS, LiteModel

_IDENTIFIER, _SCHEMA = b"TFL3", 3
_AGAIN = "Copy it again from where it was made."
# Custom ops that LiteRT's own resolver registers (tensorflow/lite/core/kernels/register.cc).
_REGISTERED = ("NumericVerify", "Mfcc", "AudioSpectrogram", "TFLite_Detection_PostProcess")
_UNREADABLE = (struct.error, IndexError, KeyError, ValueError, TypeError, AttributeError, OverflowError, MemoryError)


def lite_examination(path, server=None):
    """Checks a LiteRT file.

    Args:
        path: `Path` of the file.
        server: must be None; a LiteRT file runs in no server.

    Returns:
        `(facts, list of Finding)`; see `Examination`.

    Raises:
        UserError: as `examine`; or a server is named.
    """
    if server is not None:
        raise UserError(f"--server {server} came with {path}, which TensorFlow Serving does not run. Leave it out.")
    content = _content(path)
    try:
        model = LiteModel(content)
        facts = {**model.facts(), "files inside": _associated_files(path)}
        findings = [
            *_ops(model),
            *_interface(model),
            *_metadata(model, facts["files inside"]),
            *_weights(model),
        ]
    except _UNREADABLE as error:
        if isinstance(error, UserError):
            raise
        said = f"{type(error).__name__}: {error!s:.80}"
        raise UserError(f"{path} is truncated or altered ({said}). {_AGAIN}") from error
    return facts, findings


def _content(path):
    with path.open("rb") as file:
        start = file.read(64)
        check_no_git_pointer(path, start)
        if start[4:8] != _IDENTIFIER:
            raise UserError(
                f"{path} is no LiteRT file: {_IDENTIFIER.decode()} does not stand at its byte 4 "
                f"({path.stat().st_size:,} bytes). Give a .tflite file, or a folder that holds saved_model.pb."
            )
        content = start + file.read()
    version = _version(path, content)
    if version > _SCHEMA:
        raise UserError(
            f"{path} has LiteRT's schema {version}, and {_SCHEMA} is known here: a newer converter wrote it. Install a "
            "newer keras_bigmodel."
        )
    return content


def _version(path, content):
    try:
        return schema.Model.GetRootAsModel(content, 0).Version()
    except _UNREADABLE as error:
        raise UserError(f"{path} is truncated or altered ({len(content):,} bytes). {_AGAIN}") from error


def _ops(model):
    """Finds ops that LiteRT's own runtime lacks."""
    flex = [name for name in model.custom_ops if name.startswith("Flex")]
    others = [name for name in model.custom_ops if not name.startswith("Flex") and name not in _REGISTERED]
    if flex:
        yield Finding(
            "problem",
            "flex-ops",
            f"It needs TensorFlow's own ops ({listed(flex)}): no stock LiteRT has them, and they add tens of MB to an "
            "app.",
            "Convert without SELECT_TF_OPS; where these ops work on text, feed token ids and tokenize in the app.",
        )
    if others:
        yield Finding(
            "problem",
            "custom-ops",
            f"It needs custom ops ({listed(others)}), which no stock runtime has.",
            "Link their library into the app; where they work on text, feed token ids and tokenize in the app.",
        )
    unknown = sorted(model.op_codes - set(OPS))
    if unknown:
        yield Finding(
            "warning",
            "unknown-ops",
            f"It has built-in ops that are not known here (numbers {listed(map(str, unknown))}): a newer converter "
            "wrote it.",
            "Check that the runtime on the phone is as new as the converter.",
        )


def _interface(model):
    """Finds what makes inputs and outputs hard to use."""
    if not model.has_signatures:
        yield Finding(
            "warning",
            "no-signature",
            "It has no signature: inputs have an order only, which converters change.",
            "Convert a SavedModel or a function with named arguments.",
        )
    for side, tensors in (("input", model.inputs), ("output", model.outputs)):
        scalars = [tensor.name for tensor in tensors if tensor.shape == []]
        if scalars:
            yield Finding(
                "warning",
                f"scalar-{side}",
                f"The {side} {listed(scalars)} is a scalar: it cannot be batched.",
                "Give every input and output a first dimension of rows.",
            )
    takes_ids = bool(model.inputs) and all(
        tensor.kind in ("INT32", "INT64") and tensor.shape is not None and len(tensor.shape) == 2
        for tensor in model.inputs
    )
    fixed = [f"{tensor.name} {tensor.shape}" for tensor in model.inputs if takes_ids and -1 not in tensor.shape]
    if fixed:
        yield Finding(
            "note",
            "fixed-length",
            f"The input {listed(fixed)} has a fixed shape: if it is a text, a short one costs as much as the longest.",
            "Convert with open dimensions; bigmodel export --format litert does.",
        )
    if takes_ids:
        yield Finding(
            "note",
            "no-strings",
            "It takes no strings: if the numbers are token ids, the app must tokenize as in training.",
            "Ship the vocabulary in the file's metadata, and a tokenizer that was checked (docs/phones).",
        )
    long = [tensor.name for tensor in model.inputs if takes_ids and tensor.kind == "INT64"]
    if long:
        yield Finding(
            "warning",
            "int64-input",
            f"The input {listed(long)} is int64; MediaPipe's text tasks feed int32.",
            "Convert with int32 inputs.",
        )


def _metadata(model, files):
    """Finds missing metadata and files that MediaPipe's tasks read."""
    if not model.has_metadata:
        yield Finding(
            "warning",
            "no-metadata",
            "It has no metadata: MediaPipe's tasks do not open it, and labels and vocabulary are not in it.",
            "Add them; bigmodel export --format litert writes a file with both.",
        )
    elif not files:
        yield Finding(
            "warning",
            "no-files",
            "Its metadata is there, and no file is packed behind it: labels and vocabulary are missing.",
            "Pack them (a ZIP appended to the file, as MediaPipe's metadata writer does).",
        )
    elif len(model.inputs) >= 2 and not any("vocab" in name for name in files):
        yield Finding(
            "note",
            "no-vocabulary",
            f"The files inside ({listed(files)}) have no vocabulary: MediaPipe cannot tokenize for it.",
            "Pack the vocabulary as vocab.txt, and name it in a BertTokenizer process unit.",
        )


def _weights(model):
    """Finds weights that are stored twice, or larger than they must be."""
    if model.spare_bytes:
        yield Finding(
            "warning",
            "stored-twice",
            f"{model.spare_bytes / 1e6:.1f} MB of its weights are stored twice.",
            "Convert from a SavedModel that holds each weight once.",
        )
    large = model.sizes.get("FLOAT32", 0)
    if large > 1e6 and large > 0.5 * sum(model.sizes.values()):
        yield Finding(
            "note",
            "float-weights",
            f"{large / 1e6:.1f} MB of its weights are float32; int8 takes a quarter, and is faster on most phones.",
            "Quantize: bigmodel export --format litert does, and measures what it costs.",
        )


def _associated_files(path):
    """Returns the names of the files that are packed behind the model: list of str."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return []
