"""A tiny task's SavedModel, written once; and an exportable so small that a comparison takes a moment."""

import keras
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier
from keras_bigmodel.data.bundled_texts import parity_texts
from keras_bigmodel.export import Endpoint
from tests.task_contract import LABELS


@pytest.fixture(scope="session")
def task(tiny_bert):
    keras.utils.set_random_seed(0)
    return TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)


@pytest.fixture(scope="session")
def exported(task, tmp_path_factory):
    """`(folder, certificate)` of the tiny task."""
    folder = tmp_path_factory.mktemp("exported") / "model"
    return folder, task.export(folder)


class Texts:
    """What it needs of a preprocessor."""

    def samples(self):
        return {"text": parity_texts()}


class LetterCounter:
    """Something that can be exported: a text's bytes are its ids, and two logits hang on how many there are.

    Args:
        change: dict of signature name → function `(outputs, number of this tracing)` → outputs. What is written is
            traced first, what it is compared with second.
    """

    preprocessor = Texts()
    export_dtype = "float32"

    def __init__(self, change=None):
        self.weight = keras.Variable([[1.0, -1.0]], name="weight")
        self.variables = [self.weight]
        self._change = change or {}

    def endpoints(self):
        text = (tf.TensorSpec([None], tf.string, name="text"),)
        ids = (tf.TensorSpec([None, None], tf.int32, name="token_ids"),)

        def tokenize(text):
            return {"token_ids": tf.io.decode_raw(text, tf.uint8, fixed_length=40)}

        def cast(text):
            return {"token_ids": tf.cast(tokenize(text)["token_ids"], tf.int32)}

        def tokens(token_ids):
            share = tf.reduce_mean(tf.cast(token_ids, tf.float32), axis=1, keepdims=True) / 255.0
            return {"logits": tf.matmul(share, self.weight.value)}

        def serving_default(text):
            return {"probabilities": tf.nn.softmax(tokens(**cast(text))["logits"])}

        functions = {"tokenize": (cast, text), "tokens": (tokens, ids), "serving_default": (serving_default, text)}
        return {
            name: Endpoint(_changed(function, self._change.get(name)), inputs)
            for name, (function, inputs) in functions.items()
        }


def _changed(function, change):
    if change is None:
        return function
    tracings = []

    def changed(**inputs):
        tracings.append(None)
        return change(function(**inputs), len(tracings))

    return changed


@pytest.fixture(scope="session")
def letter_counter():
    return LetterCounter
