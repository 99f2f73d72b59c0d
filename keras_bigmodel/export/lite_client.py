"""Runs a LiteRT file as a phone's or a small machine's program would: `keras_bigmodel.edge`, no TensorFlow, no Keras.

A script, run by path, in a process of its own.
usage: lite_client.py MODEL.tflite REQUESTS.json ANSWERS.npz
"""

import json
import sys
import time


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

    start = time.perf_counter()
    classifier = LiteClassifier(model)
    load_seconds = time.perf_counter() - start
    with open(requests_path, encoding="utf-8") as file:
        batches = json.load(file)
    answers = {}
    for number, batch in enumerate(batches):
        texts = tuple(batch.values()) if classifier.pairs else batch["text"]
        ids = classifier.preprocess(texts)
        answers.update({f"{number}/tokenize/{name}": np.array(rows, "int32") for name, rows in ids.items()})
        answers[f"{number}/probabilities"] = classifier.predict(texts)
        print(number + 1, flush=True)
    versions = {name: metadata.version(name) for name in ("ai-edge-litert", "numpy")}
    about = {"load_seconds": load_seconds, "versions": versions, "labels": classifier.labels}
    np.savez(answers_path, about=np.frombuffer(json.dumps(about).encode(), "uint8"), **answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
