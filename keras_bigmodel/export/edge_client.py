"""Runs a LiteRT, ONNX or OpenVINO file as a program on a phone or a small machine does: without TensorFlow and Keras.

It uses `keras_bigmodel.edge`. A script, run by path, in a process of its own.
usage: edge_client.py MODEL.tflite|MODEL.onnx|MODEL.xml REQUESTS.npz ANSWERS.npz
"""

import importlib.util
import sys
import time
from pathlib import Path


class _Blocker:
    """Blocks the import of packages that a small machine does not have."""

    def find_spec(self, name, path=None, target=None):
        """Raises `ModuleNotFoundError` for TensorFlow, Keras, JAX and PyTorch."""
        if name.partition(".")[0] in ("tensorflow", "tensorflow_text", "keras", "jax", "torch"):
            raise ModuleNotFoundError(f"{name} is blocked here", name=name)


def main(model, requests_path, answers_path):
    """Tokenizes and classifies, or embeds, every batch of texts, and prints one line per batch.

    Args:
        model: path of the LiteRT, ONNX or OpenVINO file.
        requests_path: path of the `.npz` file of the requests.
        answers_path: path of the `.npz` file to write.
    """
    sys.meta_path.insert(0, _Blocker())
    from importlib import metadata

    import numpy as np

    from keras_bigmodel.edge import LiteEmbedder, open_edge_model

    # By its path: importing it from its package would load TensorFlow.
    spec = importlib.util.spec_from_file_location("files", Path(__file__).with_name("saved_model_client.py"))
    files = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(files)

    start = time.perf_counter()
    opened = open_edge_model(model)
    load_seconds = time.perf_counter() - start
    if isinstance(opened, LiteEmbedder):
        output, answer = "embed/embedding", opened.embed
    else:
        output, answer = ("classify/probabilities" if opened.labels else "classify/score"), opened.predict
    batches, _, requests = files.read_requests(requests_path)
    answers = {}
    for number in range(batches):
        columns = [[text.decode("utf-8") for text in requests[f"{number}/{name}"]] for name in opened.columns]
        texts = tuple(columns) if len(columns) > 1 else columns[0]
        ids = opened.preprocess(texts)
        answers.update({f"{number}/tokenize/{name}": np.array(rows, "int32") for name, rows in ids.items()})
        answers[f"{number}/{output}"] = answer(texts)
        print(number + 1, flush=True)
    versions = {name: metadata.version(name) for name in (opened.package, "numpy")}
    about = {"load_seconds": load_seconds, "versions": versions}
    files.write_answers(answers_path, answers, about)


if __name__ == "__main__":
    main(*sys.argv[1:])
