"""Checks a LiteRT file for what phones and runtimes trip over. Knows the format; runs nothing."""

import hashlib
import struct
import zipfile

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.model_files import check_no_git_pointer
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.doctor.examination import Finding

_IDENTIFIER, _SCHEMA = b"TFL3", 3
_METADATA = "TFLITE_METADATA"
_SMALL = 4096  # bytes; smaller buffers are not compared
_AGAIN = "Copy it again from where it was made."
_NAMES = lambda table: {value: name for name, value in vars(table).items() if isinstance(value, int)}
_OPS, _TYPES = _NAMES(schema.BuiltinOperator), _NAMES(schema.TensorType)
_STRING, _WHOLE = schema.TensorType.STRING, (schema.TensorType.INT32, schema.TensorType.INT64)
_CUSTOM = schema.BuiltinOperator.CUSTOM


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
    model = _read(path)
    graph = model.subgraphs[0]
    inputs, outputs = _named(model, graph)
    sizes = _bytes_by_type(model)
    files = _associated_files(path)
    facts = {
        "signatures": [_signature_words(model, signature) for signature in model.signatureDefs or []],
        "inputs": [_tensor_words(name, tensor) for name, tensor in inputs.items()],
        "outputs": [_tensor_words(name, tensor) for name, tensor in outputs.items()],
        "weights": ", ".join(f"{size / 1e6:.1f} MB {kind}" for kind, size in sizes.items()) or "none",
        "ops": counted(sum(len(part.operators or []) for part in model.subgraphs), "op"),
        "files inside": files,
    }
    findings = [
        *_ops(model),
        *_interface(model, inputs, outputs),
        *_metadata(model, files, inputs),
        *_weights(model, sizes),
    ]
    return facts, findings


def _read(path):
    content = path.read_bytes()
    check_no_git_pointer(path, content)
    if len(content) < 8 or content[4:8] != _IDENTIFIER:
        raise UserError(
            f"{path} is no LiteRT file: {_IDENTIFIER.decode()} does not stand at its byte 4 ({len(content):,} bytes). "
            "Give a .tflite file, or a folder that holds saved_model.pb."
        )
    try:
        version = schema.Model.GetRootAsModel(content, 0).Version()
        if version > _SCHEMA:
            raise UserError(
                f"{path} has LiteRT's schema {version}, and {_SCHEMA} is known here: a newer converter wrote it. "
                "Install a newer keras_bigmodel."
            )
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
        outside = [buffer for buffer in model.buffers if (buffer.offset or 0) + (buffer.size or 0) > len(content)]
    except (struct.error, IndexError, ValueError, TypeError, UnicodeDecodeError, MemoryError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{path} is truncated or altered ({type(error).__name__}: {error!s:.80}). {_AGAIN}") from error
    if outside or not model.subgraphs:
        raise UserError(f"{path} is truncated or altered ({len(content):,} bytes). {_AGAIN}")
    return model


def _named(model, graph):
    """Returns the inputs and outputs by the names of the first signature, or of the tensors: two dicts."""
    signature = (model.signatureDefs or [None])[0]
    if signature is not None:
        parts = (signature.inputs or [], signature.outputs or [])
        return tuple({_text(entry.name): graph.tensors[entry.tensorIndex] for entry in part} for part in parts)
    parts = (graph.inputs, graph.outputs)
    return tuple({_text(graph.tensors[index].name): graph.tensors[index] for index in part} for part in parts)


def _ops(model):
    """Finds ops that LiteRT's own runtime lacks."""
    custom = sorted({_text(code.customCode) for code in model.operatorCodes if _code(code) == _CUSTOM})
    flex = [name for name in custom if name.startswith("Flex")]
    others = [name for name in custom if not name.startswith("Flex")]
    if flex:
        yield Finding(
            "problem",
            "flex-ops",
            f"It needs TensorFlow's own ops ({_listed(flex)}): no stock LiteRT has them, and they add tens of MB to an "
            "app.",
            "Convert without SELECT_TF_OPS; feed token ids, and tokenize outside of the graph.",
        )
    if others:
        yield Finding(
            "problem",
            "custom-ops",
            f"It needs custom ops ({_listed(others)}), which no stock runtime has.",
            "Link the library of these ops into the app, or feed token ids, and tokenize outside of the graph.",
        )
    unknown = sorted({_code(code) for code in model.operatorCodes} - set(_OPS))
    if unknown:
        yield Finding(
            "warning",
            "unknown-ops",
            f"It has built-in ops that are not known here (numbers {_listed(map(str, unknown))}): a newer converter "
            "wrote it.",
            "Check that the runtime on the phone is as new as the converter.",
        )


def _interface(model, inputs, outputs):
    """Finds what makes inputs and outputs hard to use."""
    if not model.signatureDefs:
        yield Finding(
            "warning",
            "no-signature",
            "It has no signature: inputs have an order only, which converters change.",
            "Convert a SavedModel or a function with named arguments.",
        )
    for side, tensors in (("input", inputs), ("output", outputs)):
        scalars = [name for name, tensor in tensors.items() if len(_shape(tensor)) == 0]
        if scalars:
            yield Finding(
                "warning",
                f"scalar-{side}",
                f"The {side} {_listed(scalars)} is a scalar: it cannot be batched.",
                "Give every input and output a first dimension of rows.",
            )
    kinds = {tensor.type for tensor in inputs.values()}
    fixed = [
        f"{name} {_shape(tensor)}"
        for name, tensor in inputs.items()
        if len(_shape(tensor)) > 1 and -1 not in _shape(tensor)
    ]
    if fixed and kinds <= set(_WHOLE):
        yield Finding(
            "note",
            "fixed-length",
            f"The input {_listed(fixed)} has a fixed shape: a text of three tokens costs as much as the longest.",
            "Convert with open dimensions; bigmodel export --format litert does.",
        )
    if inputs and _STRING not in kinds and kinds <= set(_WHOLE):
        yield Finding(
            "note",
            "no-strings",
            "It takes no strings: if the numbers are token ids, the app must tokenize as in training.",
            "Ship the vocabulary in the file's metadata, and a tokenizer that was checked (docs/phones).",
        )
    long = [name for name, tensor in inputs.items() if tensor.type == schema.TensorType.INT64]
    if long:
        yield Finding(
            "warning",
            "int64-input",
            f"The input {_listed(long)} is int64; MediaPipe's text tasks feed int32.",
            "Convert with int32 inputs.",
        )


def _metadata(model, files, inputs):
    """Finds missing metadata and files that MediaPipe's tasks read."""
    if _METADATA not in [_text(entry.name) for entry in model.metadata or []]:
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
    elif len(inputs) >= 2 and not any("vocab" in name for name in files):
        yield Finding(
            "note",
            "no-vocabulary",
            f"The files inside ({_listed(files)}) have no vocabulary: MediaPipe cannot tokenize for it.",
            "Pack the vocabulary as vocab.txt, and name it in a BertTokenizer process unit.",
        )


def _weights(model, sizes):
    """Finds weights that are stored twice, or larger than they must be."""
    seen, spare = {}, 0
    for buffer in model.buffers:
        data = buffer.data
        if data is None or len(data) < _SMALL:
            continue
        digest = hashlib.sha256(np.asarray(data, "uint8").tobytes()).digest()
        spare += len(data) if digest in seen else 0
        seen[digest] = True
    if spare:
        yield Finding(
            "warning",
            "stored-twice",
            f"{spare / 1e6:.1f} MB of its weights are stored twice.",
            "Convert from a SavedModel that holds each weight once.",
        )
    large = sizes.get("FLOAT32", 0)
    if large > 1e6 and large > 0.5 * sum(sizes.values()):
        yield Finding(
            "note",
            "float-weights",
            f"{large / 1e6:.1f} MB of its weights are float32; int8 takes a quarter, and is faster on most phones.",
            "Quantize: bigmodel export --format litert does, and measures what it costs.",
        )


def _bytes_by_type(model):
    """Returns the bytes of constants by type, the largest first: dict of str → int."""
    sizes = {}
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            data = model.buffers[tensor.buffer].data
            if data is not None and len(data):
                kind = _TYPES.get(tensor.type, str(tensor.type))
                sizes[kind] = sizes.get(kind, 0) + len(data)
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))


def _associated_files(path):
    """Returns the names of the files that are packed behind the model: list of str."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return []


def _code(code):
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def _shape(tensor):
    shape = tensor.shapeSignature if tensor.shapeSignature is not None else tensor.shape
    return [] if shape is None else [int(size) for size in shape]


def _signature_words(model, signature):
    names = lambda entries: ", ".join(_text(entry.name) for entry in entries or []) or "nothing"
    return f"{_text(signature.signatureKey)}: {names(signature.inputs)} → {names(signature.outputs)}"


def _tensor_words(name, tensor):
    sizes = ", ".join("?" if size < 0 else str(size) for size in _shape(tensor))
    return f"{name} {_TYPES.get(tensor.type, tensor.type).lower()} ({sizes})"


def _text(name):
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)


def _listed(names, shown=5):
    names = list(names)
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")
