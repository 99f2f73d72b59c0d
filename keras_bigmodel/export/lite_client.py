"""Runs a LiteRT file as a phone's or a small machine's program would: `keras_bigmodel.edge`, no TensorFlow, no Keras.

A script, run by path, in a process of its own.
usage: lite_client.py MODEL.tflite REQUESTS.npz ANSWERS.npz
"""

import importlib.util
import sys
import time
from pathlib import Path


class _Blocker:
    """Makes what a small machine lacks unfindable."""

    def find_spec(self, name, path=None, target=None):
        """Refuses TensorFlow and Keras."""
        if name.partition(".")[0] in ("tensorflow", "tensorflow_text", "keras", "jax", "torch"):
            raise ModuleNotFoundError(f"{name} is blocked here", name=name)


def main(model, requests_path, answers_path):
    """Tokenizes and answers every batch of texts."""
    sys.meta_path.insert(0, _Blocker())
    from importlib import metadata

    import numpy as np

    from keras_bigmodel.edge import LiteClassifier

    # By its path: the package around it would load TensorFlow.
    spec = importlib.util.spec_from_file_location("files", Path(__file__).with_name("saved_model_client.py"))
    files = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(files)

    start = time.perf_counter()
    classifier = LiteClassifier(model)
    load_seconds = time.perf_counter() - start
    batches, _, requests = files.read_requests(requests_path)
    answers = {}
    for number in range(batches):
        columns = [[text.decode("utf-8") for text in requests[f"{number}/{name}"]] for name in classifier.columns]
        texts = tuple(columns) if len(columns) > 1 else columns[0]
        ids = classifier.preprocess(texts)
        answers.update({f"{number}/tokenize/{name}": np.array(rows, "int32") for name, rows in ids.items()})
        answers[f"{number}/classify/probabilities"] = classifier.predict(texts)
        print(number + 1, flush=True)
    versions = {name: metadata.version(name) for name in ("ai-edge-litert", "numpy")}
    about = {"load_seconds": load_seconds, "versions": versions, "labels": classifier.labels}
    files.write_answers(answers_path, answers, about)


if __name__ == "__main__":
    main(*sys.argv[1:])
