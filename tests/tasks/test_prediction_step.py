"""Answers in half precision: weights cast once a call, and never yesterday's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier
from keras_bigmodel.tasks.prediction_step import PredictionStep
from tests.task_contract import LABELS


@pytest.fixture
def task(tiny_bert):
    return TextClassifier.from_encoder(tiny_bert, LABELS, dtype="mixed_bfloat16", max_length=32)


def by_keras(task, texts):
    """The answers of Keras's own step, batch for batch."""
    return task.outputs_from_logits(task(task.preprocess(texts), training=False)).numpy()


def test_half_precision_is_answered_by_the_step_that_casts_once(task, rows):
    answers = task.predict(rows[0])
    assert isinstance(task.predict_function, PredictionStep)
    np.testing.assert_allclose(answers, by_keras(task, rows[0]), atol=2e-2)
    assert np.ptp(answers, axis=0).min() > 0


def test_float32_is_left_to_keras(tiny_bert, rows):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)
    np.testing.assert_allclose(task.predict(rows[0]), by_keras(task, rows[0]), atol=1e-6)
    assert not isinstance(task.predict_function, PredictionStep)


def test_weights_that_changed_are_cast_anew(task, rows):
    before = task.predict(rows[0])
    for weight in task.encoder.trainable_weights:
        weight.assign(weight + 0.05 * keras.random.normal(weight.shape, seed=1))
    after = task.predict(rows[0])
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, by_keras(task, rows[0]), atol=2e-2)


def test_nothing_is_held_between_calls(task, rows):
    task.predict(rows[0][:3])
    assert task.predict_function._weights is None


def test_a_model_without_casts_is_left_to_keras(tiny_bert, rows):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="bfloat16", max_length=32)
    np.testing.assert_allclose(task.predict(rows[0]), by_keras(task, rows[0]), atol=2e-2)
    assert not isinstance(task.predict_function, PredictionStep)


def test_adapters_of_low_rank_count(task, rows):
    task.predict(rows[0])
    widen = task.encoder.transformer_layers[0].feed_forward.widen
    widen.enable_lora(2)
    widen.lora_kernel_b.assign(keras.random.normal(widen.lora_kernel_b.shape, seed=1))
    task.compile()  # as after every change of the layers, Keras has to be told
    np.testing.assert_allclose(task.predict(rows[0]), by_keras(task, rows[0]), atol=2e-2)


def test_a_batch_that_is_handed_over_is_answered_too(task, rows):
    features = {name: value.numpy() for name, value in task.preprocess(rows[0][:4]).items()}
    np.testing.assert_allclose(task.predict_on_batch(features), by_keras(task, rows[0][:4]), atol=2e-2)


def test_a_dataset_of_ids_is_answered_in_its_order(task, rows):
    features = task.preprocess(rows[0])
    dataset = tf.data.Dataset.from_tensor_slices(features).batch(5)
    np.testing.assert_allclose(task.predict(dataset), by_keras(task, rows[0]), atol=2e-2)
