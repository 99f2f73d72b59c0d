"""Runs a SavedModel as a stranger would: TensorFlow and TensorFlow Text only, in a process of its own.

A script, run by path; it imports nothing of keras_bigmodel and makes sure that nobody does.
usage: saved_model_client.py SAVED_MODEL REQUESTS.json ANSWERS.npz
"""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


class _Blocker:
    """Makes the package unfindable, so that what runs here runs without it."""

    def find_spec(self, name, path=None, target=None):
        """Refuses keras_bigmodel."""
        if name.partition(".")[0] == "keras_bigmodel":
            raise ModuleNotFoundError(f"{name} is blocked here", name=name)


def foreign_ops(folder):
    """Lists the graph's ops that TensorFlow itself does not register; call before tensorflow_text is imported."""
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow.python.framework import op_def_registry

    saved = saved_model_pb2.SavedModel()
    with open(os.path.join(folder, "saved_model.pb"), "rb") as file:
        saved.ParseFromString(file.read())
    names, own = set(), set()
    for meta in saved.meta_graphs:
        library = meta.graph_def.library.function
        own |= {function.signature.name for function in library}
        for nodes in (meta.graph_def.node, *(function.node_def for function in library)):
            names |= {node.op for node in nodes}
    return sorted(name for name in names - own if op_def_registry.get(name) is None)


def plain(array):
    """Gives strings as fixed-width bytes, which can be stored without pickling."""
    import numpy as np

    return array.astype(np.bytes_) if array.dtype == object else array


def main(folder, requests_path, answers_path):
    """Answers every batch of texts by `tokenize` and `tokens`, and once by every other signature."""
    sys.meta_path.insert(0, _Blocker())
    import numpy as np
    import tensorflow as tf

    ops = foreign_ops(folder)
    import tensorflow_text

    start = time.perf_counter()
    loaded = tf.saved_model.load(folder)
    load_seconds = time.perf_counter() - start
    with open(requests_path, encoding="utf-8") as file:
        batches = json.load(file)
    signatures = loaded.signatures
    answers = {}
    for number, batch in enumerate(batches):
        texts = {name: tf.constant(column, tf.string) for name, column in batch.items()}
        ids = signatures["tokenize"](**texts)
        answers.update({f"{number}/tokenize/{name}": value.numpy() for name, value in ids.items()})
        for name in signatures:
            if name == "tokenize" or (number and name != "tokens"):
                continue
            output = signatures[name](**(ids if name == "tokens" else texts))
            answers.update({f"{number}/{name}/{key}": plain(value.numpy()) for key, value in output.items()})
        print(number + 1, flush=True)
    about = {
        "foreign_ops": ops,
        "load_seconds": load_seconds,
        "signatures": sorted(signatures),
        "versions": {"tensorflow": tf.__version__, "tensorflow-text": tensorflow_text.__version__},
        "keras_loaded": "keras" in sys.modules,
    }
    np.savez(answers_path, about=np.frombuffer(json.dumps(about).encode(), "uint8"), **answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
