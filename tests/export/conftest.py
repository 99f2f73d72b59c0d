"""A tiny task's SavedModel, written once; and an exportable so small that a comparison takes a moment."""

import collections

import keras
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier
from keras_bigmodel.data.bundled_texts import parity_texts
from keras_bigmodel.export import Endpoint
from keras_bigmodel.preprocessors import Preprocessor
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


class Bytes(Preprocessor):
    """A text's bytes as its ids."""

    columns, features = ("text",), ("token_ids",)

    @property
    def specs(self):
        return {"text": tf.TensorSpec([None], tf.string, name="text")}

    def samples(self):
        return {"text": parity_texts()}

    def __call__(self, text):
        return {"token_ids": tf.cast(tf.io.decode_raw(text, tf.uint8, fixed_length=40), tf.int32)}


class LetterCounter:
    """Something that can be exported: a text's bytes are its ids, and two logits hang on how many there are.

    Args:
        change: dict of signature name → function `(outputs, number of this tracing)` → outputs. What is written is
            traced first, what it is compared with second.
    """

    preprocessor = Bytes()
    export_dtype = "float32"

    def __init__(self, change=None):
        self.weight = keras.Variable([[1.0, -1.0]], name="weight")
        self.variables = [self.weight]
        self._change = change or {}
        self._tracings = collections.Counter()

    def endpoints(self):
        text = (tf.TensorSpec([None], tf.string, name="text"),)
        ids = (tf.TensorSpec([None, None], tf.int32, name="token_ids"),)

        tokenize = self.preprocessor.__call__

        def tokens(token_ids):
            share = tf.reduce_mean(tf.cast(token_ids, tf.float32), axis=1, keepdims=True) / 255.0
            return {"logits": tf.matmul(share, self.weight.value)}

        def serving_default(text):
            return {"probabilities": tf.nn.softmax(tokens(**tokenize(text=text))["logits"])}

        functions = {"tokenize": (tokenize, text), "tokens": (tokens, ids), "serving_default": (serving_default, text)}
        return {name: Endpoint(self._changed(name, function), inputs) for name, (function, inputs) in functions.items()}

    def _changed(self, name, function):
        if name not in self._change:
            return function

        def changed(**inputs):
            self._tracings[name] += 1
            return self._change[name](function(**inputs), self._tracings[name])

        return changed


@pytest.fixture(scope="session")
def letter_counter():
    return LetterCounter
