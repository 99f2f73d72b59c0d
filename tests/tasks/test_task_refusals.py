"""What a task of one's own is told when it does not keep the contract; `docs/bad-input.md` has the sentences."""

import contextlib
import json
import os
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.export import Endpoint
from keras_bigmodel.tasks import Task
from tests.task_contract import LABELS, TASK_CASES, messages
from tests.throwaway_tasks import ImageEncoder, ImagePreprocessor, TextScore

CASES = {case.name: case for case in TASK_CASES}
TEXTS, NAMES = messages(12)


class Half(Task):
    def encode_targets(self, targets):
        return targets


def _half(folder):
    encoder = ImageEncoder()
    Half({"pixels": encoder.inputs[0]}, encoder.output, encoder=encoder, preprocessor=ImagePreprocessor())


def _short_tags(folder):
    case = CASES["a tag a token"]
    task, tags = case.make(folder), list(case.targets)
    tags[3] = tags[3][:-1]
    task.compile()
    task.fit(case.inputs, tags, verbose=0)


def _pairs(folder, data):
    task = TextClassifier.from_encoder(folder, LABELS, pairs=True, dtype="float32")
    task.predict(data)


def _without_rows(folder):
    case = CASES["a number a text"]
    task = case.make(folder)
    endpoint = Endpoint(lambda text: {"names": tf.constant(["a", "b"])}, tuple(task.preprocessor.specs.values()))
    task.endpoints = lambda: {"serving_default": endpoint}
    task.with_dtype = lambda dtype: task
    task.export("out")


def _version_3(folder):
    task = TextClassifier.from_encoder(folder, LABELS, dtype="float32")
    task.save("model/1")
    Path("model/1/manifest.json").write_text(json.dumps({"format": 3}))
    TextClassifier.load("model")


def _images(preprocessor=None, encoder=None, name="pixels"):
    encoder = encoder or ImageEncoder()
    pixels = keras.Input((8, 8), name=name)
    outputs = keras.layers.Dense(1)(encoder({"pixels": pixels}))
    Whole({"pixels": pixels}, outputs, encoder=encoder, preprocessor=preprocessor or ImagePreprocessor())


class Whole(Half):
    def recipe_loss(self, label_smoothing=0.0):
        return keras.losses.MeanSquaredError()

    def answer_reader(self):
        return None


class OneName(ImagePreprocessor):
    columns = ("pixels",)


class Unregistered(ImagePreprocessor):
    pass


class WithoutDtype(ImageEncoder):
    def get_config(self):
        return {"width": self.width}


REFUSED = {
    "a column and a feature of one name": lambda folder: _images(OneName()),
    "a preprocessor that is not registered": lambda folder: _images(Unregistered()),
    "an encoder without a dtype": lambda folder: _images(encoder=WithoutDtype()),
    "an input called otherwise": lambda folder: _images(name="image"),
    "a class that lacks parts": _half,
    "a tokenizer instead of a preprocessor": lambda folder: TextScore(
        CASES["a number a text"].make(folder).encoder, CASES["a number a text"].make(folder).preprocessor.tokenizer
    ),
    "inputs that are not the preprocessor's": lambda folder: TextScore(
        CASES["a number a text"].make(folder).encoder, ImagePreprocessor()
    ),
    "a column too few": lambda folder: _pairs(folder, {"text": TEXTS}),
    "a column too many": lambda folder: _pairs(folder, {"text": TEXTS, "text_pair": TEXTS, "label": NAMES}),
    "columns of different lengths": lambda folder: _pairs(folder, {"text": TEXTS, "text_pair": TEXTS[:5]}),
    "tags that do not fit their text": _short_tags,
    "weights of classes without classes": lambda folder: (
        CASES["a number a text"].make(folder).fit(TEXTS, [1.0] * 12, class_weight={0: 2.0})
    ),
    "an endpoint's output without rows": _without_rows,
    "vectors that a task has not": lambda folder: CASES["a tag a token"].make(folder).embed(TEXTS),
    "another format than a SavedModel": lambda folder: CASES["a tag a token"].make(folder).export("out", "litert"),
    "vectors for phones of a task without": lambda folder: (
        CASES["a tag a token"].make(folder).export("out", "litert_embedding")
    ),
    "a manifest of format 3": _version_3,
}


def task_sentences(folder):
    """Gives name → sentence with which a task that does not keep the contract is refused.

    Args:
        folder: path of a BERT folder; the present folder is written to.
    """
    found = {}
    for name, act in REFUSED.items():
        with contextlib.chdir(_new(name)), contextlib.suppress(StopIteration):
            keras.utils.set_random_seed(0)
            try:
                act(Path(folder))
            except UserError as error:
                found[name] = str(error)
    return found


def _new(name):
    folder = Path(name.replace(" ", "_").replace("'", ""))
    folder.mkdir()
    return folder


def test_every_case_is_refused_with_one_sentence_and_nothing_is_left(tiny_bert, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = task_sentences(tiny_bert)
    assert set(found) == set(REFUSED)
    for sentence in found.values():
        assert "\n" not in sentence
        assert str(tmp_path) not in sentence
    left = [path for path in tmp_path.rglob("*") if path.is_file() and "model" not in path.parts]
    assert left == []


@pytest.mark.parametrize("known", [True, False])
def test_a_preprocessor_must_be_known_where_it_is_read(tiny_bert, tmp_path, known):
    task = CASES["images"].make(tiny_bert)
    task.save(tmp_path / "saved")
    path = tmp_path / "saved" / "task.json"
    if not known:
        path.write_text(path.read_text().replace("throwaway>ImagePreprocessor", "elsewhere>ImagePreprocessor"))
        with pytest.raises(UserError, match="elsewhere>ImagePreprocessor, which is not known here. Import the module"):
            type(task).load(tmp_path / "saved")
    else:
        assert type(type(task).load(tmp_path / "saved").preprocessor) is ImagePreprocessor
    assert os.path.exists(path)
