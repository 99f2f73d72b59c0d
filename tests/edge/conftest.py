"""A tiny task that has learnt something, and its LiteRT files, written once."""

import functools

import keras
import numpy as np
import pytest

from keras_bigmodel import TextClassifier
from keras_bigmodel.data import support_messages
from keras_bigmodel.export.lite_embedding import write_lite_embedding


@pytest.fixture(scope="session")
def task(tiny_bert):
    """A classifier of the bundled messages: sure of some answers, which rounding must not turn."""
    keras.utils.set_random_seed(0)
    texts, labels = support_messages("train")
    task = TextClassifier.from_encoder(tiny_bert, sorted(set(labels)), dtype="float32", max_length=32)
    task.compile(learning_rate=5e-3)
    task.fit(texts, labels, epochs=4, verbose=0, seed=0)
    return task


@pytest.fixture(scope="session")
def exported(task, tmp_path_factory):
    """Dict of `quantize` → `(path of the file, certificate)`."""
    folder, made = tmp_path_factory.mktemp("lite"), {}
    for quantize in ("none", "float16", "int8"):
        certificate = task.export(folder / quantize, "litert", quantize=quantize)
        made[quantize] = (folder / quantize / "model.tflite", certificate)
    return made


@pytest.fixture(scope="session")
def embedding_file(task, tmp_path_factory):
    """Function from `quantize` to the path of the file that gives the task's vectors, written when first asked for."""
    folder = tmp_path_factory.mktemp("vectors")

    @functools.cache
    def written(quantize):
        write_lite_embedding(task, folder / f"{quantize}.tflite", quantize=quantize)
        return folder / f"{quantize}.tflite"

    return written


def cosines(ours, theirs):
    """The cosine similarity of each row of two arrays."""
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return np.sum(ours * theirs, axis=1) / lengths
