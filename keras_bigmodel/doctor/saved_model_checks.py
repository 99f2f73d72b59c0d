"""Checks a SavedModel for what servers, clients and disks trip over. Knows the format; runs nothing."""

import hashlib

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from keras_bigmodel.checkpoints.saved_model_file import SavedModelFile
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.doctor.examination import Finding
from keras_bigmodel.export.safe_ops import SERVERS, TEXT_OPS, lacking_ops
from keras_bigmodel.export.serving_files.warm_up_records import WARM_UP_FILE

_SCHEMA = 1
_DEFAULT = "serving_default"
_PYTHON_OPS = ("PyFunc", "PyFuncStateless", "EagerPyFunc")
_FILLS_TABLES = ("InitializeTableV2", "InitializeTableFromTextFileV2", "LookupTableImportV2", "LookupTableInsertV2")
_TABLES = ("HashTableV2", "MutableHashTableV2", "MutableDenseHashTableV2")
_SMALL = 4096  # bytes; smaller weights are not compared
_SHOWN = 5
_OPTIMIZER = ("optimizer", "_optimizer", "OPTIMIZER_SLOT")


def saved_model_examination(folder, server=None):
    """Checks a SavedModel.

    Args:
        folder: `Path` of a folder that holds `saved_model.pb`.
        server: as in `examine`.

    Returns:
        `(facts, list of Finding)`; see `Examination`.

    Raises:
        UserError: as `examine`.
    """
    server = _known_server(server)
    model = SavedModelFile(folder)
    if model.schema_version > _SCHEMA:
        raise UserError(
            f"{folder} has SavedModel's schema {model.schema_version}, and {_SCHEMA} is known here: a newer TensorFlow "
            "wrote it. Install a newer keras_bigmodel."
        )
    weights = _Weights(model)
    facts = {
        "written by": f"TensorFlow {model.tensorflow_version or 'of unknown version'}",
        "signatures": [_signature_words(name, signature) for name, signature in sorted(model.signatures.items())],
        "weights": f"{counted(len(weights.sizes), 'variable')}, {sum(weights.sizes.values()) / 1e6:.1f} MB",
        "ops": f"{counted(len(model.ops), 'op')}, for TensorFlow Serving {server}",
    }
    checks = (_signatures, _tensors, _texts, _tables, _assets, _folder)
    findings = [finding for check in checks for finding in check(model)]
    return facts, [*_ops(model, server), *findings, *weights.findings()]


def _known_server(server):
    version = SERVERS[0] if server is None else ".".join(str(server).split(".")[:2])
    if version not in SERVERS:
        raise UserError(
            f"--server {server} came; the ops of TensorFlow Serving are known here from {SERVERS[0]} to {SERVERS[-1]}. "
            "Name one of these."
        )
    return version


def _ops(model, server):
    """Finds ops that the server lacks, and those that call Python."""
    python = [name for name in _PYTHON_OPS if name in model.ops]
    if python:
        yield Finding(
            "problem",
            "python-ops",
            f"The graph calls Python ({', '.join(python)}), which no server has.",
            "Write that part in TensorFlow ops, and export again.",
        )
    foreign = [name for name in model.ops if name in TEXT_OPS or op_def_registry.get(name) is None]
    lacking = {
        name: version for name, version in lacking_ops(model.ops, foreign, server).items() if name not in _PYTHON_OPS
    }
    for version in sorted({version for version in lacking.values() if version is not None}):
        names = [name for name, found in lacking.items() if found == version]
        yield Finding(
            "problem",
            "late-ops",
            f"TensorFlow Serving {server} lacks {_listed(names)}, which it has from {version} on.",
            f"Serve it with TensorFlow Serving {version} or later, or export without these ops.",
        )
    unknown = [name for name, version in lacking.items() if version is None]
    if unknown:
        yield Finding(
            "problem",
            "unknown-ops",
            f"No stock TensorFlow Serving has {_listed(unknown)}.",
            "Build a server with the library of these ops, or export without them.",
        )


def _signatures(model):
    if not model.signatures:
        yield Finding(
            "problem",
            "no-signature",
            "There is no signature: a server has nothing to answer with.",
            "Save with signatures: tf.saved_model.save(model, folder, signatures={...}), or model.export(folder).",
        )
    elif _DEFAULT not in model.signatures:
        names = _listed(sorted(model.signatures))
        yield Finding(
            "warning",
            "no-default-signature",
            f'There is no signature "{_DEFAULT}" (there is {names}): clients must name one in every request.',
            f'Name the main signature "{_DEFAULT}".',
        )


def _tensors(model):
    """Finds shapes and names of a signature's tensors that servers and clients trip over."""
    for name, signature in sorted(model.signatures.items()):
        for side, tensors in (("input", signature.inputs), ("output", signature.outputs)):
            scalars = [key for key, tensor in tensors.items() if _rank(tensor) == 0]
            if scalars:
                yield Finding(
                    "problem",
                    f"scalar-{side}",
                    f"The signature {name} has the scalar {side} {_listed(scalars)}: requests cannot be batched.",
                    "Give every input and output a first dimension of rows; make a setting a constant of the graph.",
                )
            fixed = [
                f"{key} ({tensor.tensor_shape.dim[0].size})" for key, tensor in tensors.items() if _is_fixed(tensor)
            ]
            if fixed:
                yield Finding(
                    "warning",
                    f"fixed-{side}-rows",
                    f"The signature {name} fixes the number of rows of its {side} {_listed(fixed)}: other numbers of "
                    "rows are refused, and requests cannot be batched.",
                    "Leave the first dimension open (None) when the model is exported.",
                )
        in_base64 = [key for key in signature.outputs if key.endswith("_bytes")]
        if in_base64:
            yield Finding(
                "warning",
                "bytes-name",
                f"The output {_listed(in_base64)} of {name} ends in _bytes: over REST its values come in base64.",
                "Name it otherwise, unless its values are bytes.",
            )
        unnamed = [key for key in signature.outputs if key.startswith("output_") and key[7:].isdigit()]
        if unnamed:
            yield Finding(
                "note",
                "unnamed-output",
                f"The signature {name} calls its output {_listed(unnamed)}: what it holds, a client must know.",
                "Return a dict, e.g. {'probabilities': ...}; its keys become the names.",
            )


def _texts(model):
    taken = [tensor for signature in model.signatures.values() for tensor in signature.inputs.values()]
    whole = {tf.int32.as_datatype_enum, tf.int64.as_datatype_enum}
    if (
        taken
        and not any(tensor.dtype == tf.string.as_datatype_enum for tensor in taken)
        and any(tensor.dtype in whole for tensor in taken)
    ):
        yield Finding(
            "note",
            "no-strings",
            "No signature takes strings: if the numbers are token ids, every client must tokenize as in training.",
            "Export the tokenizer inside the graph; bigmodel train does so.",
        )


def _tables(model):
    tables = [name for name in _TABLES if name in model.ops]
    if tables and not any(name in model.ops for name in _FILLS_TABLES):
        yield Finding(
            "problem",
            "empty-table",
            f"The graph has a lookup table ({', '.join(tables)}) that nothing fills: every lookup fails or gives the "
            "default.",
            "Keep the table and its initializer as attributes of what is saved (with Keras: archive.track(table)).",
        )


def _assets(model):
    for definition in model.graph.asset_file_def:
        path = model.folder / "assets" / definition.filename
        if not path.is_file():
            yield Finding(
                "problem",
                "missing-asset",
                f"The graph reads assets/{definition.filename}, which is not in the folder.",
                "Copy it from where the model was exported, or export again.",
            )
        elif path.stat().st_size == 0:
            yield Finding(
                "problem",
                "empty-asset",
                f"assets/{definition.filename} is empty.",
                "Copy it from where the model was exported, or export again.",
            )
    if not model.graph.asset_file_def and "InitializeTableFromTextFileV2" in model.ops:
        yield Finding(
            "problem",
            "table-without-asset",
            "A lookup table is filled from a file that is no asset: the path is that of the machine that exported.",
            "Give the file to the table as tf.saved_model.Asset, and export again.",
        )


def _folder(model):
    if not (model.folder / WARM_UP_FILE).is_file():
        yield Finding(
            "warning",
            "no-warm-up",
            f"There is no {WARM_UP_FILE.as_posix()}: the first requests after a start or a new version are slow.",
            "Put some requests there, as PredictionLog records; bigmodel train and export do.",
        )
    name = model.folder.resolve().name
    if not (name.isascii() and name.isdigit()):
        yield Finding(
            "note",
            "no-version",
            f"The folder is named {name}, and TensorFlow Serving serves folders named by numbers.",
            "Move it to MODEL/1, and give MODEL to the server as the base path.",
        )


class _Weights:
    """Finds what is wrong with the stored weights.

    Args:
        model: `SavedModelFile`.
    """

    def __init__(self, model):
        self._reader = model.checkpoint
        shapes = {} if self._reader is None else self._reader.get_variable_to_shape_map()
        dtypes = {} if self._reader is None else self._reader.get_variable_to_dtype_map()
        self._kinds = {key: (tuple(shape), dtypes[key]) for key, shape in shapes.items() if dtypes[key] != tf.string}
        self.sizes = {
            key: int(np.prod(shape, dtype=np.int64)) * dtype.size for key, (shape, dtype) in self._kinds.items()
        }
        if self._reader is not None:
            _check_data(model, self._reader)

    def findings(self):
        """Yields the findings on weights that are stored twice or belong to an optimizer."""
        twice = self._stored_twice()
        if twice:
            spare = sum(self.sizes[key] for _, key in twice)
            first, second = twice[0]
            yield Finding(
                "warning",
                "stored-twice",
                f"{counted(len(twice), 'weight')} are stored twice, {spare / 1e6:.1f} of "
                f"{sum(self.sizes.values()) / 1e6:.1f} MB (e.g. {_short(first)} and {_short(second)}): disk, download "
                "and memory at loading are larger by that.",
                "Save a tf.Module that holds each variable once; bigmodel export does.",
            )
        of_optimizer = [key for key in self.sizes if any(word in key for word in _OPTIMIZER)]
        of_optimizer = [key for key in of_optimizer if self.sizes[key] >= _SMALL]
        if of_optimizer:
            size = sum(self.sizes[key] for key in of_optimizer)
            yield Finding(
                "warning",
                "optimizer-state",
                f"The optimizer's state is in it: {counted(len(of_optimizer), 'variable')}, {size / 1e6:.1f} MB that "
                "answers never read.",
                "Export the model alone: model.export(folder), or save with include_optimizer=False.",
            )

    def _stored_twice(self):
        """Returns the pairs of keys of equal numbers: list of (first, second)."""
        alike = {}
        for key, kind in sorted(self._kinds.items()):
            if self.sizes[key] >= _SMALL:
                alike.setdefault(kind, []).append(key)
        found = []
        for keys in alike.values():
            seen = {}
            for key in keys if len(keys) > 1 else ():
                array = self._reader.get_tensor(key)
                if (array == array.flat[0]).all():  # as it was initialized: ones of a normalization, zeros of a bias
                    continue
                digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).digest()
                if digest in seen:
                    found.append((seen[digest], key))
                seen.setdefault(digest, key)
        return found


def _check_data(model, reader):
    """Raises `UserError` if the last variable cannot be read: the file was cut off."""
    folder = model.folder / "variables"
    shapes = reader.get_variable_to_shape_map()
    stored = sum(path.stat().st_size for path in folder.glob("variables.data-*"))
    dtypes = reader.get_variable_to_dtype_map()
    wanted = sum(
        int(np.prod(shape, dtype=np.int64)) * dtypes[key].size
        for key, shape in shapes.items()
        if dtypes[key] != tf.string
    )
    if stored < wanted:
        raise UserError(
            f"{folder} is truncated: it has {stored:,} bytes of the {wanted:,} that its index lists. Copy it again."
        )


def _rank(tensor):
    return None if tensor.tensor_shape.unknown_rank else len(tensor.tensor_shape.dim)


def _is_fixed(tensor):
    return bool(_rank(tensor)) and tensor.tensor_shape.dim[0].size >= 0


def _signature_words(name, signature):
    return f"{name}: {_tensor_words(signature.inputs)} → {_tensor_words(signature.outputs)}"


def _tensor_words(tensors):
    words = []
    for name, tensor in sorted(tensors.items()):
        rank = _rank(tensor)
        sizes = (
            "?"
            if rank is None
            else ", ".join(
                "rows" if number == 0 and d.size < 0 else "?" if d.size < 0 else str(d.size)
                for number, d in enumerate(tensor.tensor_shape.dim)
            )
        )
        words.append(f"{name} {tf.dtypes.as_dtype(tensor.dtype).name} ({sizes})")
    return ", ".join(words) or "nothing"


def _listed(names):
    names = list(names)
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _short(key):
    return key.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE")
