"""Prints how a TF-Hub BERT compares with our own encoder of the same weights: numbers, ids, time of a training step.

usage: python benchmarks/hub_encoder.py DATA [--steps 12] [--rounds 5]

A module as Google's exporter writes it (legacy Keras, `tests/hub_modules.py`) is filled with MiniLM's weights. 200
texts of SST-2 go through the module's own preprocessor and encoder, and through ours, read from the same folder. Then
the tutorials' classifier (three integer inputs, mean, softmax, Adam 3e-5) is trained on padded batches of 32 × 64 under
`fit`: in turn on `HubEncoder` as it is, with the module's own graph, with a module of `--format tf_hub`, and on our
encoder.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

import datasets
import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel import HubEncoder, TextClassifier, WordPieceTokenizer, load_encoder
from keras_bigmodel.checkpoints import HubEncoderFunctions, HubPreprocessorFunctions, open_checkpoint
from keras_bigmodel.checkpoints.hub_name_map import hub_name_map
from keras_bigmodel.checkpoints.write_hub_modules import write_hub_modules
from tests.hub_modules import write_hub_bert, write_hub_preprocessor

NAMES = {"input_word_ids": "token_ids", "input_mask": "padding_mask", "input_type_ids": "segment_ids"}
ROWS, LENGTH = 32, 64


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    texts = datasets.read("sst2", arguments.data)[1][0][:200]
    with tempfile.TemporaryDirectory() as aside:
        modules = write_modules(Path(aside))
        print(json.dumps(differences(modules, texts)))
        print(json.dumps(step_times(modules, arguments.steps, arguments.rounds)))


def write_modules(folder):
    """Writes MiniLM as Google's exporter and as ours would."""
    checkpoint = open_checkpoint("minilm")
    encoder = checkpoint.load_encoder(dtype="float32")
    vocabulary, settings = checkpoint.vocabulary()
    weights = {
        name: array
        for pair in hub_name_map(encoder)
        for name, array in zip(pair.names, pair.split(pair.variable.numpy()), strict=True)
    }
    said = encoder.settings
    sizes = {"width": said["hidden_dim"], "layers": said["num_layers"], "heads": said["num_heads"]}
    sizes |= {"inner": said["intermediate_dim"], "positions": said["max_length"]}
    google = write_hub_bert(folder / "google", vocabulary, weights=weights, **sizes)
    preprocessor = write_hub_preprocessor(folder / "preprocessor", google / "assets" / "vocab.txt", length=128)
    (folder / "ours").mkdir()
    encode = HubEncoderFunctions(load_encoder(google, dtype="float32"))
    prepare = HubPreprocessorFunctions(WordPieceTokenizer(vocabulary, **settings), 128)
    write_hub_modules(folder / "ours", encode, prepare)
    return {"google": google, "preprocessor": preprocessor, "ours": folder / "ours" / "encoder"}


def differences(modules, texts):
    """The module's own ids and outputs beside those of our tokenizer and encoder, read from its folder."""
    preprocessor, encoder = (tf.saved_model.load(str(modules[name])) for name in ("preprocessor", "google"))
    inputs = preprocessor(tf.constant(texts))
    theirs = encoder(inputs)
    task = TextClassifier.from_encoder(modules["google"], ["a", "b"], mode="fast", pooling="pooler", dtype="float32")
    features = task.preprocess(texts)
    width = features["token_ids"].shape[1]
    equal = all(np.array_equal(inputs[name][:, :width], features[ours]) for name, ours in NAMES.items())
    ours = task.encoder(features, training=False)
    mask = features["padding_mask"].numpy()[..., np.newaxis]
    states = np.abs((ours["sequence_output"] - theirs["sequence_output"][:, :width]) * mask).max()
    pooled = np.abs(ours["pooled_output"] - theirs["pooled_output"]).max()
    return {
        "texts": len(texts),
        "ids_equal": equal,
        "sequence_output": float(states),
        "pooled_output": float(pooled),
    }


def classifier(encoder, names):
    inputs = {name: keras.Input((LENGTH,), dtype="int32", name=name) for name in NAMES.values()}
    states = encoder({theirs: inputs[ours] for theirs, ours in names.items()})["sequence_output"]
    x = keras.layers.GlobalAveragePooling1D()(states, mask=inputs["padding_mask"])
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(x))
    model.compile(keras.optimizers.Adam(3e-5), "sparse_categorical_crossentropy", jit_compile=False)
    return model


class StepTimes(keras.callbacks.Callback):
    """Holds the times between the ends of the steps of a `fit`."""

    def __init__(self):
        super().__init__()
        self.ends = []

    def on_train_batch_end(self, batch, logs=None):
        """Notes the time."""
        self.ends.append(time.perf_counter())


def step_times(modules, steps, rounds):
    """Median seconds of a step by encoder, and the ratios to our encoder, round by round."""
    own = {name: name for name in NAMES.values()}
    models = {
        "our_encoder": classifier(load_encoder(modules["google"], dtype="float32"), own),
        "hub_encoder": classifier(HubEncoder(modules["google"]), NAMES),
        "googles_graph": classifier(HubEncoder(modules["google"], compute="module"), NAMES),
        "our_modules_graph": classifier(HubEncoder(modules["ours"], compute="module"), NAMES),
    }
    rng = np.random.default_rng(0)
    rows = ROWS * steps
    data = {
        "token_ids": rng.integers(1000, 30000, (rows, LENGTH)).astype("int32"),
        "padding_mask": np.ones((rows, LENGTH), "int32"),
        "segment_ids": np.zeros((rows, LENGTH), "int32"),
    }
    labels = rng.integers(0, 2, rows)
    for model in models.values():
        model.train_on_batch({name: part[:ROWS] for name, part in data.items()}, labels[:ROWS])
    medians = {name: [] for name in models}
    for _ in range(rounds):
        for name, model in models.items():
            times = StepTimes()
            model.fit(data, labels, batch_size=ROWS, shuffle=False, verbose=0, callbacks=[times])
            medians[name].append(statistics.median(np.diff(times.ends)))
    ratios = {
        name: statistics.median(a / b for a, b in zip(seconds, medians["our_encoder"], strict=True))
        for name, seconds in medians.items()
    }
    return {
        "milliseconds": {name: round(1e3 * statistics.median(seconds), 1) for name, seconds in medians.items()},
        "ratio_to_our_encoder": {name: round(ratio, 3) for name, ratio in ratios.items()},
        "batch": [ROWS, LENGTH],
    }


if __name__ == "__main__":
    main()
