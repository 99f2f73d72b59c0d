"""Runs a SavedModel with TensorFlow only, in a process of its own; with TensorFlow Text's ops if the graph has them.

A script, run by path. It blocks the import of keras_bigmodel and of Keras, which servers do not have, and of packages
that TensorFlow imports if it finds them, which takes two seconds.
usage: saved_model_client.py SAVED_MODEL REQUESTS.npz ANSWERS.npz
"""

import glob
import importlib.machinery
import importlib.metadata
import importlib.util
import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


class _Blocker:
    """Blocks the import of packages, so that what runs here runs without them."""

    def find_spec(self, name, path=None, target=None):
        """Finds a blocked package, whose import raises `ModuleNotFoundError`. TensorFlow looks for Keras before."""
        blocked = ("keras_bigmodel", "keras", "tf_keras", "jax", "sklearn", "pandas", "torch")
        return importlib.machinery.ModuleSpec(name, self) if name.partition(".")[0] in blocked else None

    def create_module(self, spec):
        """Raises `ModuleNotFoundError`."""
        raise ModuleNotFoundError(f"{spec.name} is blocked here", name=spec.name)

    def exec_module(self, module):
        """Does nothing; it is never called."""


def load_text_ops():
    """Loads the ops of TensorFlow Text, without the package, which asks for Keras.

    Returns:
        str: the version of the package. The process ends if it is not installed.
    """
    import tensorflow as tf

    spec = importlib.util.find_spec("tensorflow_text")
    if spec is None:
        sys.exit("its graph has ops of tensorflow_text, which is not installed")
    pattern = os.path.join(spec.submodule_search_locations[0], "python", "ops", "_*.so")
    for path in sorted(glob.glob(pattern)):
        tf.load_op_library(path)
    return importlib.metadata.version("tensorflow-text")


def ops_of(folder):
    """Lists the ops of a SavedModel, without the functions that it defines itself.

    Args:
        folder: path of the SavedModel.

    Returns:
        list of str, sorted.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    with open(os.path.join(folder, "saved_model.pb"), "rb") as file:
        saved.ParseFromString(file.read())
    names, own = set(), set()
    for meta in saved.meta_graphs:
        library = meta.graph_def.library.function
        own |= {function.signature.name for function in library}
        for nodes in (meta.graph_def.node, *(function.node_def for function in library)):
            names |= {node.op for node in nodes}
    return sorted(names - own)


def foreign_ops(folder):
    """Lists the ops of a SavedModel that TensorFlow itself does not register.

    Call it before tensorflow_text is imported, which registers ops of its own.

    Args:
        folder: path of the SavedModel.

    Returns:
        list of str, sorted.
    """
    return not_registered(ops_of(folder))


def not_registered(ops):
    """Returns those of some ops that this process does not register: list of str.

    Args:
        ops: list of str.
    """
    from tensorflow.python.framework import op_def_registry

    return [name for name in ops if op_def_registry.get(name) is None]


def packed(name, array):
    """Returns an array as arrays that `numpy.savez` stores without pickling.

    Args:
        name: str. Name of the array.
        array: array of numbers, or object array of str or bytes.

    Returns:
        dict of name → array. Strings become their joined UTF-8 bytes, their lengths and the shape; bfloat16 becomes
        float32.
    """
    import numpy as np

    if array.dtype != object:
        return {name: array.astype("float32") if array.dtype.name == "bfloat16" else array}
    strings = [value.encode("utf-8") if isinstance(value, str) else value for value in array.ravel()]
    return {
        f"{name}.bytes": np.frombuffer(b"".join(strings), "uint8"),
        f"{name}.lengths": np.array([len(value) for value in strings], "int64"),
        f"{name}.shape": np.array(array.shape, "int64"),
    }


def unpacked(arrays):
    """Returns the arrays that `packed` converted.

    Args:
        arrays: dict of name → array, as `packed` returned them.

    Returns:
        dict of name → array; strings are bytes.
    """
    import numpy as np

    found = {name: array for name, array in arrays.items() if not name.endswith((".bytes", ".lengths", ".shape"))}
    for name in arrays:
        if name.endswith(".shape"):
            name = name.removesuffix(".shape")
            joined, ends = arrays[f"{name}.bytes"].tobytes(), np.cumsum(arrays[f"{name}.lengths"]).tolist()
            strings = np.empty(len(ends), object)
            strings[:] = [joined[start:end] for start, end in zip([0, *ends], ends, strict=False)]
            found[name] = strings.reshape(arrays[f"{name}.shape"])
    return found


def read_requests(path):
    """Reads a file of requests.

    Args:
        path: path of the `.npz` file.

    Returns:
        `(number of batches, dict of endpoint → indices of batches, dict of "batch/input" → array)`.
    """
    import numpy as np

    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    plan = json.loads(arrays.pop("plan").tobytes())
    return plan["batches"], plan["batches_of"], unpacked(arrays)


def write_answers(path, answers, about):
    """Writes the outputs of the batches and the facts about the client.

    Args:
        path: path of the `.npz` file to write.
        answers: dict of "batch/endpoint/output" → array.
        about: dict for JSON. Facts about the client, such as package versions.
    """
    import numpy as np

    arrays = {}
    for name, array in answers.items():
        arrays |= packed(name, array)
    np.savez(path, about=np.frombuffer(json.dumps(about).encode(), "uint8"), **arrays)


def main(folder, requests_path, answers_path):
    """Computes the requested signatures for every batch, and prints one line per batch.

    Args:
        folder: path of the SavedModel.
        requests_path: path of the `.npz` file of the requests.
        answers_path: path of the `.npz` file to write.
    """
    sys.meta_path.insert(0, _Blocker())
    import tensorflow as tf

    ops = ops_of(folder)
    foreign = not_registered(ops)
    versions = {"tensorflow": tf.__version__}
    if foreign:
        versions["tensorflow-text"] = load_text_ops()
    start = time.perf_counter()
    loaded = tf.saved_model.load(folder)
    load_seconds = time.perf_counter() - start
    batches, batches_of, requests = read_requests(requests_path)
    unknown = sorted(set(batches_of) - set(loaded.signatures))
    if unknown:
        known = ", ".join(sorted(loaded.signatures))
        sys.exit(f"it has no signature {', '.join(unknown)}; it has {known}")
    answers = {}
    for number in range(batches):
        for name, numbers in batches_of.items():
            if number not in numbers:
                continue
            signature = loaded.signatures[name]
            specs = signature.structured_input_signature[1]
            inputs = {key: tf.constant(requests[f"{number}/{key}"], spec.dtype) for key, spec in specs.items()}
            answers |= {f"{number}/{name}/{key}": value.numpy() for key, value in signature(**inputs).items()}
        print(number + 1, flush=True)
    about = {
        "foreign_ops": foreign,
        "ops": ops,
        "load_seconds": load_seconds,
        "signatures": sorted(loaded.signatures),
        "versions": versions,
    }
    write_answers(answers_path, answers, about)


if __name__ == "__main__":
    main(*sys.argv[1:])
