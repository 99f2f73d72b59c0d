"""Targets of the rows' own lengths, several outputs, and tasks that lack a part of the contract."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.preprocessors import Preprocessor, TextPreprocessor
from keras_bigmodel.tasks import Task
from keras_bigmodel.tasks.output_rows import OutputRows, join_outputs, rows_of
from tests.task_contract import LABELS, TASK_CASES, messages
from tests.throwaway_tasks import ImageEncoder, ImagePreprocessor, Tagger, TextScore

TEXTS, _ = messages(20)
TAGS = next(case for case in TASK_CASES if case.name == "a tag a token")
PLACES = next(case for case in TASK_CASES if case.name == "two outputs a token")


@pytest.fixture
def tagger(tiny_bert):
    return TAGS.make(tiny_bert)


def test_tags_of_every_length_are_learned(tagger):
    tagger.compile(learning_rate=5e-3)
    history = tagger.fit(TAGS.inputs, TAGS.targets, epochs=15, batch_size=6, verbose=0, seed=0).history
    assert history["loss"][-1] < 0.2 * history["loss"][0]
    answers = tagger.answers(TAGS.inputs, batch_size=5)
    right = [
        np.mean([ours == theirs for ours, theirs in zip(answer.tags, tags, strict=True)])
        for answer, tags in zip(answers, TAGS.targets, strict=True)
    ]
    assert np.mean(right) > 0.95
    assert [answer.text for answer in answers] == TAGS.inputs


def test_predict_fills_short_rows_up_with_zeros(tagger):
    found = tagger.predict(TAGS.inputs, batch_size=5)
    lengths = [len(tags) for tags in TAGS.targets]
    assert found.shape == (24, max(lengths), 2)
    for row, length in zip(found, lengths, strict=True):
        np.testing.assert_allclose(row[:length].sum(-1), 1.0, rtol=1e-5)
        assert not row[length:].any()


def test_padding_counts_for_nothing(tagger):
    tagger.compile()
    whole = tagger.evaluate(TAGS.inputs, TAGS.targets, batch_size=24, verbose=0)
    logits = tagger(tagger.preprocess(TAGS.inputs), training=False).numpy()
    numbers = tagger.encode_targets(TAGS.targets)
    by_hand = [
        keras.losses.sparse_categorical_crossentropy(tags, row[: len(tags)], from_logits=True).numpy().sum()
        for row, tags in zip(logits, numbers, strict=True)
    ]
    tokens = sum(map(len, numbers))
    assert tokens < logits.shape[1] * 24
    assert whole == pytest.approx(sum(by_hand) / tokens, rel=1e-5)  # the mean over what is no padding


def test_tags_come_with_validation_rows_splits_and_weights(tagger):
    tagger.compile()
    how = {"validation_split": 0.25, "sample_weight": np.ones(24), "batch_size": 5, "verbose": 0}
    history = tagger.fit(TAGS.inputs, TAGS.targets, **how).history
    assert np.isfinite(history["val_loss"]).all()


@pytest.mark.full
def test_two_outputs_are_learned(tiny_bert):
    task = PLACES.make(tiny_bert)
    task.compile(learning_rate=5e-3)
    losses = task.fit(PLACES.inputs, PLACES.targets, epochs=30, batch_size=6, verbose=0, seed=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]
    assert set(task.predict(PLACES.inputs)) == {"start", "end"}


def test_tags_that_do_not_fit_their_text_are_named(tagger):
    tags = list(TAGS.targets)
    tags[3] = tags[3][:-1]
    tagger.compile()
    with pytest.raises(UserError, match=rf"Example 3 has {len(tags[3])} targets and {len(tags[3]) + 1} values of"):
        tagger.fit(TAGS.inputs, tags, verbose=0)
    with pytest.raises(UserError, match="24 texts and 23 labels"):
        tagger.fit(TAGS.inputs, tags[:-1], verbose=0)


def test_weights_of_classes_need_classes(tagger):
    tagger.compile()
    with pytest.raises(UserError, match="a Tagger has no classes"):
        tagger.fit(TAGS.inputs, TAGS.targets, class_weight={0: 2.0}, verbose=0)


def test_a_dataset_by_column_names_is_read(tiny_bert):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, pairs=True, max_length=32, dtype="float32", dropout=0.0)
    columns = {"text_pair": TEXTS[::-1], "text": TEXTS}
    labels = [LABELS[row % 3] for row in range(20)]
    data = tf.data.Dataset.from_tensor_slices((columns, labels)).batch(5)
    history = task.fit(data, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    np.testing.assert_allclose(task.predict(data.map(lambda x, y: x)), task.predict((TEXTS, TEXTS[::-1])), atol=1e-5)


# ---- a class that is no whole task


def test_what_a_task_lacks_is_named():
    class Half(Task):
        def encode_targets(self, targets):
            return targets

    encoder = ImageEncoder()
    with pytest.raises(UserError, match="The task Half lacks recipe_loss, answer_reader"):
        Half({"pixels": encoder.inputs[0]}, encoder.output, encoder=encoder, preprocessor=ImagePreprocessor())


def test_a_tokenizer_instead_of_a_preprocessor_is_told_how(tiny_bert):
    task = TAGS.make(tiny_bert)
    with pytest.raises(UserError, match=r"A WordPieceTokenizer came as the preprocessor.*TextPreprocessor\(tokenizer"):
        TextScore(task.encoder, task.preprocessor.tokenizer)


def test_inputs_that_the_preprocessor_does_not_make_are_named(tiny_bert):
    task = TAGS.make(tiny_bert)
    with pytest.raises(UserError, match=r"padding_mask, segment_ids, token_ids; its preprocessor makes pixels"):
        TextScore(task.encoder, ImagePreprocessor())


def test_a_preprocessor_that_is_not_known_is_named(tiny_bert):
    config = TAGS.make(tiny_bert).get_config()
    config["preprocessor"]["registered_name"] = config["preprocessor"]["class_name"] = "nobody>Nothing"
    with pytest.raises(UserError, match=r"nobody>Nothing cannot be made.*Import the module"):
        type(TAGS.make(tiny_bert)).from_config(config)


def test_rows_of_outputs_are_as_long_as_their_rows():
    rows = OutputRows(3, {"a": True, "b": False})
    rows.add(np.array([2, 0]), {"a": np.ones((2, 4)), "b": np.array([[7.0], [8.0]])}, np.array([3, 4]))
    rows.add(np.array([1]), {"a": np.full((1, 1), 5.0), "b": np.array([[9.0]])}, np.array([1]))
    assert [row["a"].tolist() for row in rows.rows()] == [[1, 1, 1, 1], [5], [1, 1, 1]]
    arrays = rows.arrays()
    assert arrays["a"].tolist() == [[1, 1, 1, 1], [5, 0, 0, 0], [1, 1, 1, 0]]
    assert arrays["b"].tolist() == [[8.0], [9.0], [7.0]]


def test_parts_of_different_widths_are_filled_up():
    first = {"a": np.ones((2, 3)), "b": np.array([1.0, 2.0])}
    second = {"a": np.full((1, 2), 5.0), "b": np.array([3.0])}
    whole = join_outputs([first, second])
    assert whole["a"].tolist() == [[1, 1, 1], [1, 1, 1], [5, 5, 0]]
    assert whole["b"].tolist() == [1.0, 2.0, 3.0]
    assert [row["a"].tolist() for row in rows_of(first)] == [[1, 1, 1], [1, 1, 1]]


def test_a_dataset_of_texts_gives_each_token_its_outputs(tagger, monkeypatch):
    monkeypatch.setattr("keras_bigmodel.tasks.dataset_source.WINDOW", 2)
    data = tf.data.Dataset.from_tensor_slices(TAGS.inputs).batch(4)
    np.testing.assert_allclose(tagger.predict(data), tagger.predict(TAGS.inputs), atol=1e-5)
    assert [len(answer.tags) for answer in tagger.answers(data)] == [len(tags) for tags in TAGS.targets]


def test_outputs_that_are_not_as_long_as_the_rows_are_refused():
    rows = OutputRows(2, True)
    with pytest.raises(UserError, match=r"shape \(2, 3\) came for rows of up to 4 tokens"):
        rows.add(np.array([0, 1]), np.ones((2, 3)), np.array([2, 4]))


@keras.saving.register_keras_serializable("throwaway")
class Bytes(Preprocessor):
    """Sixteen bytes of each text: a second axis that no row's length decides."""

    columns, features = ("text",), ("ids",)

    @property
    def specs(self):
        return {"text": tf.TensorSpec([None], tf.string, name="text")}

    def checked(self, data):
        return {"text": list(data["text"] if isinstance(data, dict) else data)}

    def __call__(self, text):
        return {"ids": tf.cast(tf.io.decode_raw(text, tf.uint8, fixed_length=16), tf.int32)}

    def samples(self):
        return {"text": TEXTS}


@keras.saving.register_keras_serializable("throwaway")
class ByteEncoder(keras.Model):
    def __init__(self, dtype=None, **kwargs):
        ids = keras.Input((None,), dtype="int32", name="ids")
        policy = keras.dtype_policies.get(dtype or "float32")
        super().__init__({"ids": ids}, keras.layers.Embedding(256, 3, dtype=policy, name="bytes")(ids), **kwargs)
        self.policy = policy

    def get_config(self):
        return {"dtype": keras.dtype_policies.serialize(self.policy), "name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


@keras.saving.register_keras_serializable("throwaway")
class ByteTagger(Tagger):
    """A number a byte, and vectors of rows by layers of their own."""

    def __init__(self, encoder, preprocessor, names, **kwargs):
        ids = keras.Input((None,), dtype="int32", name="ids")
        states = encoder({"ids": ids})
        tags = keras.layers.Dense(len(names), dtype="float32", name="tags")(states)
        Task.__init__(self, {"ids": ids}, tags, encoder=encoder, preprocessor=preprocessor, **kwargs)
        self.names = list(names)
        vector = keras.layers.Dense(4, dtype="float32", name="vector")(keras.ops.mean(states, axis=1))
        self.embedding_model = keras.Model({"ids": ids}, vector, name="embedding_model")

    def encode_targets(self, targets):
        return np.asarray(targets, "int32")


def test_a_second_axis_that_is_no_length_is_left_whole(tmp_path):
    task = ByteTagger(ByteEncoder(), Bytes(), ["a", "b"])
    assert task.predict(TEXTS).shape == (20, 16, 2)
    np.testing.assert_allclose(task.predict(TEXTS[:3]), task.outputs_from_logits(task(task.preprocess(TEXTS[:3]))))
    task.compile()
    task.fit(TEXTS, np.zeros((20, 16)), batch_size=8, verbose=0)
    assert task.export(tmp_path / "out")["agrees"]


def test_weights_of_the_vectors_alone_are_saved_too(tmp_path):
    task = ByteTagger(ByteEncoder(), Bytes(), ["a", "b"])
    task.save(tmp_path / "saved")
    loaded = ByteTagger.load(tmp_path / "saved", dtype="float32")
    np.testing.assert_allclose(loaded.embed(TEXTS), task.embed(TEXTS), atol=1e-6)


def test_another_preprocessor_counts_at_once(tiny_bert):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, max_length=32, dtype="float32")
    whole = task.predict(TEXTS)
    short = TextPreprocessor(task.tokenizer, max_length=5)
    twin = task.with_config(preprocessor=short)
    task.preprocessor = short
    assert np.abs(task.predict(TEXTS) - whole).max() > 1e-4
    np.testing.assert_allclose(twin.predict(TEXTS), task.predict(TEXTS), atol=1e-6)


def test_callbacks_hear_of_token_outputs_when_keras_runs_eagerly(tagger):
    heard = []
    callback = keras.callbacks.LambdaCallback()
    callback.on_predict_batch_end = lambda batch, logs=None: heard.append(batch)
    tagger.compile(run_eagerly=True)
    tagger.predict(TAGS.inputs, batch_size=5, callbacks=[callback])
    assert heard == [0, 1, 2, 3, 4]


@pytest.mark.full
def test_a_dataset_of_several_targets_is_learned(tiny_bert):
    task = PLACES.make(tiny_bert)
    task.compile()
    starts, ends = np.array(PLACES.targets, "int32").T
    task.encode_targets = lambda targets: targets
    data = tf.data.Dataset.from_tensor_slices((PLACES.inputs, {"start": starts, "end": ends})).batch(6)
    assert np.isfinite(task.fit(data, verbose=0).history["loss"]).all()


def test_an_empty_dataset_is_refused_everywhere(tagger):
    nothing = tf.data.Dataset.from_tensor_slices(TEXTS).batch(4).take(0)
    for ask in (tagger.predict, tagger.answers):
        with pytest.raises(UserError, match="The dataset gave no batch"):
            ask(nothing)
