"""A task of which the package knows nothing: a tag for every token, and two numbers for every token."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.tasks.task import Task
from tests.task_contract import LABELS, messages

TEXTS, _ = messages(20)


class Tagger(Task):
    """Says of each token whether its id is odd; `two` asks for two such outputs."""

    def __init__(self, classifier, two=False):
        states = classifier.encoder(classifier.encoder.input)["sequence_output"]
        names = ("start", "end") if two else ("tags",)
        outputs = {name: keras.layers.Dense(2, dtype="float32", name=name)(states) for name in names}
        super().__init__(classifier.encoder.input, outputs if two else outputs["tags"])
        self.encoder, self.preprocessor = classifier.encoder, classifier.preprocessor

    def encode_targets(self, targets):
        return targets

    def outputs_from_logits(self, logits):
        return keras.tree.map_structure(keras.ops.softmax, logits)

    def recipe_loss(self, label_smoothing=0.0):
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def recipe_metrics(self):
        return []

    def loss_on_logits(self, loss):
        return loss


@pytest.fixture
def tagger(tiny_bert):
    return Tagger(TextClassifier.from_encoder(tiny_bert, LABELS, max_length=16, dtype="float32"))


def tags_of(task):
    features = task.preprocessor.encode(task.preprocessor.checked(TEXTS)).features["token_ids"]
    return [(features.batch(np.array([row]))[0] % 2).astype("int32") for row in range(len(TEXTS))]


def test_tags_of_every_length_are_learned(tagger):
    tagger.compile(learning_rate=5e-3)
    history = tagger.fit(TEXTS, tags_of(tagger), epochs=15, batch_size=6, verbose=0, seed=0).history
    assert history["loss"][-1] < 0.2 * history["loss"][0]


def test_padding_counts_for_nothing(tagger):
    tagger.compile()
    whole = tagger.evaluate(TEXTS, tags_of(tagger), batch_size=20, verbose=0)
    logits = tagger(tagger.preprocess(TEXTS), training=False).numpy()
    by_hand = [
        keras.losses.sparse_categorical_crossentropy(tags, row[: len(tags)], from_logits=True).numpy().sum()
        for row, tags in zip(logits, tags_of(tagger), strict=True)
    ]
    tokens = sum(map(len, tags_of(tagger)))
    assert tokens < logits.shape[1] * len(TEXTS)
    assert whole == pytest.approx(sum(by_hand) / tokens, rel=1e-5)  # the mean over what is no padding


def test_tags_come_with_validation_rows_splits_and_weights(tagger):
    tagger.compile()
    tags = tags_of(tagger)
    history = tagger.fit(TEXTS, tags, validation_split=0.25, sample_weight=np.ones(20), batch_size=5, verbose=0).history
    assert np.isfinite(history["val_loss"]).all()


def test_two_outputs_have_two_targets(tiny_bert):
    task = Tagger(TextClassifier.from_encoder(tiny_bert, LABELS, max_length=16, dtype="float32"), two=True)
    task.compile(learning_rate=5e-3)
    tags = tags_of(task)
    targets = {"start": tags, "end": [1 - part for part in tags]}
    losses = task.fit(TEXTS, targets, epochs=10, batch_size=6, verbose=0, seed=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


def test_tags_that_do_not_fit_their_text_are_named(tagger):
    tags = tags_of(tagger)
    tags[3] = tags[3][:-1]
    tagger.compile()
    with pytest.raises(UserError, match=rf"Example 3 has {len(tags[3])} targets and {len(tags[3]) + 1} values of"):
        tagger.fit(TEXTS, tags, verbose=0)
    with pytest.raises(UserError, match="20 texts and 19 labels"):
        tagger.fit(TEXTS, tags[:-1], verbose=0)


def test_weights_of_classes_need_classes(tagger):
    tagger.compile()
    with pytest.raises(UserError, match="a Tagger has no classes"):
        tagger.fit(TEXTS, tags_of(tagger), class_weight={0: 2.0}, verbose=0)


def test_a_dataset_by_column_names_is_read(tiny_bert):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, pairs=True, max_length=32, dtype="float32", dropout=0.0)
    columns = {"text_pair": TEXTS[::-1], "text": TEXTS}
    labels = [LABELS[row % 3] for row in range(20)]
    data = tf.data.Dataset.from_tensor_slices((columns, labels)).batch(5)
    history = task.fit(data, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    np.testing.assert_allclose(task.predict(data.map(lambda x, y: x)), task.predict((TEXTS, TEXTS[::-1])), atol=1e-5)
