"""Five tasks of which the package knows nothing: each is one class by CONTRIBUTING's "Add a task", and one job."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel import UserError
from keras_bigmodel.preprocessors import Preprocessor
from keras_bigmodel.tasks import Task

registered = keras.saving.register_keras_serializable("throwaway")


def encoder_inputs():
    return {
        name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "segment_ids", "padding_mask")
    }


# ---- a number a row


@dataclass(frozen=True)
class Score:
    value: float

    def as_json(self):
        return {"score": round(self.value, 6)}


class ScoreReader:
    kind = "score"

    def __call__(self, outputs, row=None):
        return Score(float(outputs[0]))

    def empty_json(self):
        return {"score": None}

    def settings(self):
        return {}


class ScoreTask(Task):
    """What tasks that give one number a row share: all but the model."""

    def encode_targets(self, targets):
        return np.asarray(targets, "float32")[:, None]

    def recipe_loss(self, label_smoothing=0.0):
        return keras.losses.MeanSquaredError()

    def answer_reader(self):
        return ScoreReader()


@registered
class TextScore(ScoreTask):
    def __init__(self, encoder, preprocessor, **kwargs):
        inputs = encoder_inputs()
        states = encoder(inputs)["sequence_output"]
        score = keras.layers.Dense(1, dtype="float32", name="score")(states[:, 0])
        super().__init__(inputs, score, encoder=encoder, preprocessor=preprocessor, **kwargs)


# ---- a tag a token


@dataclass(frozen=True)
class Tags:
    tags: list
    text: str

    def as_json(self):
        return {"tags": self.tags}


class TagsReader:
    kind = "tags"

    def __init__(self, names):
        self.names = list(names)

    def __call__(self, outputs, row):
        return Tags([self.names[number] for number in outputs.argmax(-1)], row["text"])

    def empty_json(self):
        return {"tags": None}

    def settings(self):
        return {"names": self.names}


@registered
class Tagger(Task):
    """Says of each token which of some names it has; a text's targets are a list of names, or names with spaces."""

    def __init__(self, encoder, preprocessor, names, **kwargs):
        inputs = encoder_inputs()
        states = encoder(inputs)["sequence_output"]
        tags = keras.layers.Dense(len(names), dtype="float32", name="tags")(states)
        super().__init__(inputs, tags, encoder=encoder, preprocessor=preprocessor, **kwargs)
        self.names = list(names)

    def encode_targets(self, targets):
        rows = [row.split() if isinstance(row, str) else row for row in targets]
        return [np.array([self.names.index(name) for name in row], "int32") for row in rows]

    def recipe_loss(self, label_smoothing=0.0):
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def outputs_from_logits(self, logits):
        return keras.ops.softmax(logits)

    def answer_reader(self):
        return TagsReader(self.names)

    def get_config(self):
        return {**super().get_config(), "names": self.names}


# ---- two numbers a token


@dataclass(frozen=True)
class Place:
    start: int
    end: int

    def as_json(self):
        return {"start": self.start, "end": self.end}


class PlaceReader:
    kind = "place"

    def __call__(self, outputs, row=None):
        return Place(int(outputs["start"].argmax()), int(outputs["end"].argmax()))

    def empty_json(self):
        return {"start": None, "end": None}

    def settings(self):
        return {}


@registered
class Finder(Task):
    """Finds where something begins and ends: two outputs, each one number a token. Targets are pairs of places."""

    def __init__(self, encoder, preprocessor, **kwargs):
        inputs = encoder_inputs()
        states = encoder(inputs)["sequence_output"]
        outputs = {
            name: keras.ops.squeeze(keras.layers.Dense(1, dtype="float32", name=name)(states), -1)
            for name in ("start", "end")
        }
        super().__init__(inputs, outputs, encoder=encoder, preprocessor=preprocessor, **kwargs)

    def encode_targets(self, targets):
        pairs = np.array([row.split() if isinstance(row, str) else row for row in targets], "int32")
        return {"start": pairs[:, 0], "end": pairs[:, 1]}

    def recipe_loss(self, label_smoothing=0.0):
        part = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return {"start": part, "end": part}

    def answer_reader(self):
        return PlaceReader()


# ---- a tokenizer that holds a lookup table


@registered
class TableTokenizer:
    """Words by a lookup table, which the export must hold."""

    pad_id, unknown_id = 0, 1

    def __init__(self, words):
        self.words = list(words)
        keys, values = tf.constant(self.words), tf.range(2, 2 + len(self.words), dtype=tf.int64)
        self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), self.unknown_id)

    @property
    def tracked(self):
        return [self.table]

    @property
    def vocabulary_size(self):
        return 2 + len(self.words)

    def tokenize(self, texts):
        return tf.cast(self.table.lookup(tf.strings.split(texts)), tf.int32)

    def __call__(self, texts, *, max_length):
        ids = self.tokenize(texts)[:, :max_length]
        ids = tf.concat([tf.fill([tf.shape(texts)[0], 1], self.unknown_id), ids], axis=1)
        ids, mask = ids.to_tensor(), tf.ones_like(ids).to_tensor()
        return {"token_ids": ids, "padding_mask": mask, "segment_ids": tf.zeros_like(ids)}

    def get_config(self):
        return {"words": self.words}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


# ---- images instead of text


@registered
class ImagePreprocessor(Preprocessor):
    columns, features = ("image",), ("pixels",)

    @property
    def specs(self):
        return {"image": tf.TensorSpec([None, 8, 8], tf.uint8, name="image")}

    def checked(self, data):
        images = np.asarray(data["image"] if isinstance(data, dict) else [] if data is None else data)
        if images.ndim != 3 or images.shape[1:] != (8, 8) or not len(images):
            raise UserError(f"An array of shape {images.shape} came; wanted images (rows, 8, 8).")
        return {"image": images}

    def __call__(self, image):
        return {"pixels": tf.cast(image, tf.float32) / 255.0}

    def samples(self):
        return {"image": np.random.default_rng(0).integers(0, 256, (200, 8, 8), "uint8")}


@registered
class ImageEncoder(keras.Model):
    def __init__(self, width=16, dtype=None, **kwargs):
        policy = keras.dtype_policies.get(dtype or "float32")
        pixels = keras.Input((8, 8), name="pixels")
        states = keras.layers.Dense(width, activation="tanh", dtype=policy, name="states")(
            keras.layers.Flatten(name="flat")(pixels)
        )
        super().__init__({"pixels": pixels}, states, **kwargs)
        self.width, self.policy = width, policy

    def get_config(self):
        return {"width": self.width, "dtype": keras.dtype_policies.serialize(self.policy), "name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


@registered
class ImageScore(ScoreTask):
    def __init__(self, encoder, preprocessor, **kwargs):
        pixels = keras.Input((8, 8), name="pixels")
        score = keras.layers.Dense(1, dtype="float32", name="score")(encoder({"pixels": pixels}))
        super().__init__({"pixels": pixels}, score, encoder=encoder, preprocessor=preprocessor, **kwargs)
