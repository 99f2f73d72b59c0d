"""Checks a SavedModel for what servers, clients and disks trip over. Knows the format; runs nothing."""

import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework import op_def_registry

from keras_bigmodel.checkpoints.saved_model_file import SavedModelFile
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted, listed
from keras_bigmodel.doctor.examination import Finding
from keras_bigmodel.doctor.stored_weights import StoredWeights
from keras_bigmodel.export.safe_ops import LINKED_OPS, SERVERS, lacking_ops
from keras_bigmodel.export.serving_files.warm_up_records import WARM_UP_FILE

_SCHEMA = 1
_DEFAULT = "serving_default"
_PYTHON_OPS = ("PyFunc", "PyFuncStateless", "EagerPyFunc")
_TABLES = (
    "HashTable",
    "HashTableV2",
    "MutableHashTableV2",
    "MutableHashTableOfTensorsV2",
    "MutableDenseHashTableV2",
)
_FILLS_TABLES = (
    "InitializeTable",
    "InitializeTableV2",
    "InitializeTableFromTextFile",
    "InitializeTableFromTextFileV2",
    "LookupTableImportV2",
    "LookupTableInsertV2",
)
_FROM_FILES = {"InitializeTableFromTextFile": 1, "InitializeTableFromTextFileV2": 1, "ReadFile": 0}  # op → input
# What runs when a model is loaded, by name: a collection of TensorFlow 1, or a signature of TensorFlow 2.
_INITIALIZERS = ("saved_model_main_op", "legacy_init_op")
_INITIALIZER = "__saved_model_init_op"
_MOST_RECORDS = 1000  # of warm-up requests; a server refuses to load a version with more
_STRING = tf.string.as_datatype_enum
_DTYPES = set(types_pb2.DataType.values())


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
    weights = StoredWeights(model)
    facts = {
        "written by": f"TensorFlow {model.tensorflow_version or 'of unknown version'}",
        "signatures": [_signature_words(name, signature) for name, signature in sorted(model.signatures.items())],
        "weights": weights.words,
        "ops": f"{counted(len(model.reached_ops), 'op')}, for TensorFlow Serving {server}",
    }
    checks = (_tags, _signatures, _tensors, _texts, _tables, _assets, _folder)
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
    """Finds ops that the server lacks, and those that call Python, among those that a server runs."""
    ops = model.reached_ops
    python = [name for name in _PYTHON_OPS if name in ops]
    if python:
        yield Finding(
            "problem",
            "python-ops",
            f"The graph calls Python ({', '.join(python)}), which no server has.",
            "Write that part in TensorFlow ops, and export again.",
        )
    foreign = [name for name in ops if name in LINKED_OPS or op_def_registry.get(name) is None]
    lacking = {name: version for name, version in lacking_ops(ops, foreign, server).items() if name not in _PYTHON_OPS}
    for version in [version for version in SERVERS if version in lacking.values()]:
        names = [name for name, found in lacking.items() if found == version]
        yield Finding(
            "problem",
            "late-ops",
            f"TensorFlow Serving {server} lacks {listed(names)}, which it has from {version} on.",
            f"Serve it with TensorFlow Serving {version} or later, or export without these ops.",
        )
    unknown = [name for name, version in lacking.items() if version not in SERVERS]
    if unknown:
        yield Finding(
            "problem",
            "unknown-ops",
            f"No stock TensorFlow Serving up to {SERVERS[-1]} is known to have {listed(unknown)}.",
            "Build a server with the library of these ops, or export without them.",
        )


def _tags(model):
    if ["serve"] not in model.tags:
        found = "; ".join(", ".join(tags) or "none" for tags in model.tags)
        yield Finding(
            "problem",
            "no-serve-tag",
            f'No graph has the tag "serve" alone (there is: {found}): TensorFlow Serving does not load it.',
            'Save it again with tf.saved_model.save, or with the tags {"serve"}.',
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
        names = listed(sorted(model.signatures))
        yield Finding(
            "warning",
            "no-default-signature",
            f'There is no signature "{_DEFAULT}" (there is {names}): clients must name one in every request.',
            f'Name the main signature "{_DEFAULT}".',
        )


def _tensors(model):
    """Finds shapes and names of a signature's tensors that servers and clients trip over."""
    for name, signature in sorted(model.signatures.items()):
        outputs = sorted(signature.outputs.items())
        for side, tensors in (("input", sorted(signature.inputs.items())), ("output", outputs)):
            scalars = [key for key, tensor in tensors if _rank(tensor) == 0]
            if scalars:
                yield Finding(
                    "warning",
                    f"scalar-{side}",
                    f"The signature {name} has the scalar {side} {listed(scalars)}: a server that batches refuses it.",
                    "Give every input and output a first dimension of rows; make a setting a constant of the graph.",
                )
            fixed = [f"{key} ({tensor.tensor_shape.dim[0].size})" for key, tensor in tensors if _is_fixed(tensor)]
            if fixed:
                yield Finding(
                    "warning",
                    f"fixed-{side}-rows",
                    f"The first dimension of the {side} {listed(fixed)} of {name} is fixed: it is not the rows of a "
                    "request, and a server that batches cannot join and part them.",
                    "Leave the first dimension open (None), one entry a row, when the model is exported.",
                )
        in_base64 = [key for key, tensor in outputs if key.endswith("_bytes") and tensor.dtype == _STRING]
        if in_base64:
            yield Finding(
                "warning",
                "bytes-name",
                f"The output {listed(in_base64)} of {name} ends in _bytes: over REST its strings come in base64.",
                "Name it otherwise, unless its values are bytes.",
            )
        unnamed = [key for key, _ in outputs if key.startswith("output_") and key[7:].isdigit()]
        if unnamed:
            yield Finding(
                "note",
                "unnamed-output",
                f"The signature {name} calls its output {listed(unnamed)}: what it holds, a client must know.",
                "Return a dict, e.g. {'probabilities': ...}; its keys become the names.",
            )


def _texts(model):
    kinds = {tensor.dtype for signature in model.signatures.values() for tensor in signature.inputs.values()}
    if kinds and _STRING not in kinds and kinds & {tf.int32.as_datatype_enum, tf.int64.as_datatype_enum}:
        yield Finding(
            "note",
            "no-strings",
            "No signature takes strings: if the numbers are token ids, every client must tokenize as in training.",
            "Export the tokenizer inside the graph; bigmodel train does so.",
        )


def _tables(model):
    """Finds lookup tables that nothing fills, or that are filled from files of the machine that exported."""
    tables = sum(node.op in _TABLES for node in model.graph.graph_def.node)
    empty = tables - sum(model.ops.get(op, 0) for op in _FILLS_TABLES)
    if empty > 0:
        yield Finding(
            "problem",
            "empty-table",
            f"{counted(empty, 'lookup table')} of {tables} in the graph {'is' if empty == 1 else 'are'} filled by "
            "nothing: lookups there fail or give the default.",
            "Keep the table and its initializer as attributes of what is saved (with Keras: archive.track(table)).",
        )
    elif tables and not _has_initializer(model):
        yield Finding(
            "problem",
            "uninitialized-table",
            "The graph can fill its lookup tables, and nothing tells a server to do so when it loads the model.",
            "Save it with main_op=tf.compat.v1.tables_initializer() (TensorFlow 1), or with tf.saved_model.save.",
        )
    known = {definition.tensor_info.name.partition(":")[0] for definition in model.assets}
    baked = {}
    for node, beside in model.nodes_of(*_FROM_FILES):
        source = beside.get(node.input[_FROM_FILES[node.op]].partition(":")[0])
        if source is not None and source.op == "Const" and source.name not in known:
            baked[source.attr["value"].tensor.string_val[0].decode("utf-8", "replace")] = node.op
    for path, op in sorted(baked.items()):
        yield Finding(
            "problem",
            "baked-path",
            f"The graph reads {path} ({op}), a path of the machine that exported, not a file in assets/.",
            "Give the file as tf.saved_model.Asset, and export again.",
        )


def _has_initializer(model):
    collections = [name for name in _INITIALIZERS if name in model.graph.collection_def]
    return bool(collections) or _INITIALIZER in model.graph.signature_def


def _assets(model):
    for definition in model.assets:
        path = model.folder / "assets" / definition.filename
        if path.is_file() and path.stat().st_size > 0:
            continue
        what = (
            f"assets/{definition.filename} is empty."
            if path.is_file()
            else (f"The graph reads assets/{definition.filename}, which is not in the folder.")
        )
        yield Finding(
            "problem",
            "empty-asset" if path.is_file() else "missing-asset",
            what,
            "Copy it from where the model was exported, or export again.",
        )


def _folder(model):
    yield from _warm_up(model.folder / WARM_UP_FILE)
    name = model.folder.resolve().name
    if not (name.isascii() and name.isdigit()):
        yield Finding(
            "note",
            "no-version",
            f"The folder is named {name}, and TensorFlow Serving serves folders named by numbers.",
            "Move it to MODEL/1, and give MODEL to the server as the base path.",
        )


def _warm_up(path):
    """Finds missing warm-up requests, and those with which a server refuses the version."""
    records, wrong = 0, None
    try:
        if path.is_file():
            for _ in tf.compat.v1.io.tf_record_iterator(str(path)):
                records += 1
                if records > _MOST_RECORDS:
                    wrong = f"has more than {_MOST_RECORDS:,} requests"
                    break
    except tf.errors.OpError:
        wrong = "is no TFRecord file, or a part of one"
    if wrong:
        yield Finding(
            "problem",
            "bad-warm-up",
            f"{WARM_UP_FILE.as_posix()} {wrong}: a server refuses to load the version.",
            "Write it again; bigmodel train and export do.",
        )
    elif not records:
        yield Finding(
            "warning",
            "no-warm-up",
            f"There are no requests in {WARM_UP_FILE.as_posix()}: the first answers after a start or a new version are "
            "slow.",
            "Put some requests there, as PredictionLog records; bigmodel train and export do.",
        )


def _rank(tensor):
    """Returns the number of dimensions: int, None if it is unknown or the tensor is ragged or sparse."""
    is_plain = tensor.WhichOneof("encoding") in ("name", None) and not tensor.tensor_shape.unknown_rank
    return len(tensor.tensor_shape.dim) if is_plain else None


def _is_fixed(tensor):
    return bool(_rank(tensor)) and tensor.tensor_shape.dim[0].size >= 0


def _signature_words(name, signature):
    return f"{name}: {_tensor_words(signature.inputs)} → {_tensor_words(signature.outputs)}"


def _tensor_words(tensors):
    words = []
    for name, tensor in sorted(tensors.items()):
        if tensor.WhichOneof("encoding") not in ("name", None):
            words.append(f"{name} (ragged or sparse)")
            continue
        kind = types_pb2.DataType.Name(tensor.dtype).removeprefix("DT_").lower() if tensor.dtype in _DTYPES else "?"
        sizes = "?"
        if _rank(tensor) is not None:
            sizes = ", ".join(
                "rows" if number == 0 and d.size < 0 else "?" if d.size < 0 else str(d.size)
                for number, d in enumerate(tensor.tensor_shape.dim)
            )
        words.append(f"{name} {kind} ({sizes})")
    return ", ".join(words) or "nothing"
