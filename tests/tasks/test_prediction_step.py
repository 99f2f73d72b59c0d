"""Answers without Keras's data pipeline: the same, from many threads, and never with yesterday's weights."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.tasks.prediction_step import MAX_SINGLE_BATCH_ROWS
from tests.task_contract import LABELS, messages


@pytest.fixture
def task(tiny_bert):
    return TextClassifier.from_encoder(tiny_bert, LABELS, dtype="mixed_bfloat16", max_length=32)


def by_keras(task, texts):
    """The answers of Keras's own step, batch for batch."""
    return task.outputs_from_logits(task(task.preprocess(texts), training=False)).numpy()


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16", pytest.param("bfloat16", marks=pytest.mark.full)])
@pytest.mark.parametrize("number", [1, MAX_SINGLE_BATCH_ROWS, MAX_SINGLE_BATCH_ROWS + 1, 24])
def test_answers_are_those_of_the_model(tiny_bert, rows, dtype, number):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype=dtype, max_length=32)
    texts = rows[0][:number]
    tolerance = 1e-6 if dtype == "float32" else 2e-2
    for batch_size in (None, 1, 5):
        np.testing.assert_allclose(task.predict(texts, batch_size), by_keras(task, texts), atol=tolerance)
    assert number == 1 or np.ptp(task.predict(texts), axis=0).min() > 0


@pytest.mark.parametrize("how", [{"run_eagerly": True}, {"jit_compile": True}, {"steps_per_execution": 2}], ids=str)
def test_what_compile_asks_for_is_left_to_keras(tiny_bert, rows, how):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)
    task.compile(**how)
    np.testing.assert_allclose(task.predict(rows[0]), by_keras(task, rows[0]), atol=1e-6)


class Batches(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_predict_begin(self, logs=None):
        self.seen.append("begin")

    def on_predict_batch_end(self, batch, logs=None):
        self.seen.append((batch, len(logs["outputs"])))

    def on_predict_end(self, logs=None):
        self.seen.append("end")


@pytest.mark.parametrize("texts", [3, 24])
def test_callbacks_and_the_progress_bar_see_every_batch(task, rows, texts, capsys):
    watch = Batches()
    task.predict(rows[0][:texts], batch_size=10, callbacks=[watch], verbose=1)
    sizes = [10, 10, 4] if texts == 24 else [3]
    assert watch.seen == ["begin", *enumerate(sizes), "end"]
    assert f"{len(sizes)}/{len(sizes)}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "dtype", ["mixed_bfloat16", *(pytest.param(dtype, marks=pytest.mark.full) for dtype in ("float32", "bfloat16"))]
)
def test_eight_threads_get_the_right_answers(tiny_bert, rows, dtype):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype=dtype, max_length=32)
    texts = rows[0]
    wanted = np.concatenate([by_keras(task, [text]) for text in texts])

    def ask(thread):
        random = np.random.default_rng(thread)
        for call in range(50):
            chosen = random.integers(0, len(texts), random.choice([1, 2, 12]))
            asked = [texts[row] for row in chosen]
            if call % 2:
                found = task.predict(asked)
            else:
                found = [[row.probabilities[name] for name in LABELS] for row in task.classify(asked)]
            np.testing.assert_allclose(found, wanted[chosen], atol=1e-5 if dtype == "float32" else 3e-2)
        return 50

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == 400


def test_weights_that_changed_are_cast_anew(task, rows):
    before = task.predict(rows[0])
    for weight in task.encoder.trainable_weights:
        weight.assign(weight + 0.05 * keras.random.normal(weight.shape, seed=1))
    after = task.predict(rows[0])
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, by_keras(task, rows[0]), atol=2e-2)


def test_quantized_weights_count(task, rows):
    task.predict(rows[0])
    task.quantize("int8")
    np.testing.assert_allclose(task.predict(rows[0]), by_keras(task, rows[0]), atol=2e-2)


def test_texts_of_every_number_and_length_share_one_graph_and_so_do_tasks(tiny_bert, rows, caplog):
    """TensorFlow warns where a function is traced anew all the time."""
    with caplog.at_level(logging.WARNING, logger="tensorflow"):
        for _ in range(7):
            task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)
            for number in (1, 2, 9, 13):
                task.predict(rows[0][:number])
                task.embed(rows[0][:number])
    assert "retracing" not in caplog.text


def _megabytes():
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6


@pytest.mark.full
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_memory_stays_flat_over_three_thousand_calls(tiny_bert, dtype):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype=dtype, max_length=32)
    texts, _ = messages(40)
    random = np.random.default_rng(0)
    used = []
    for call in range(3_000):
        task.classify([texts[row] for row in random.integers(0, 40, random.choice([1, 3, 20]))])
        if call % 300 == 299:
            used.append(_megabytes())
    assert used[-1] - used[1] < 10, used


@pytest.mark.full
@pytest.mark.minilm
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_one_text_costs_little_more_than_its_graph(dtype):
    task = TextClassifier.from_encoder("minilm", ["bad", "good"], dtype=dtype)
    text = "a stirring, funny and finally transporting re-imagining of beauty and the beast"

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def graph(texts):
        return task.outputs_from_logits(task(task.preprocess(texts), training=False))

    ways = [lambda: graph(tf.constant([text])).numpy(), lambda: task.predict([text]), lambda: task.classify([text])]
    seconds = []
    for _ in range(60):  # in turn: other programs may be running
        seconds.append([])
        for way in ways:
            start = time.perf_counter()
            way()
            seconds[-1].append(time.perf_counter() - start)
    alone, predict, classify = np.median(seconds[10:], axis=0)
    assert predict <= 1.3 * alone
    assert classify <= 1.3 * alone


def test_a_model_without_casts_is_answered_too(tiny_bert, rows):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="bfloat16", max_length=32)
    np.testing.assert_allclose(task.predict(rows[0]), by_keras(task, rows[0]), atol=2e-2)


def test_adapters_of_low_rank_count(task, rows):
    task.predict(rows[0])
    widen = task.encoder.transformer_layers[0].feed_forward.widen
    widen.enable_lora(2)
    widen.lora_kernel_b.assign(keras.random.normal(widen.lora_kernel_b.shape, seed=1))
    np.testing.assert_allclose(task.predict(rows[0]), by_keras(task, rows[0]), atol=2e-2)


def test_a_batch_that_is_handed_over_is_answered_too(task, rows):
    features = {name: value.numpy() for name, value in task.preprocess(rows[0][:4]).items()}
    np.testing.assert_allclose(task.predict_on_batch(features), by_keras(task, rows[0][:4]), atol=2e-2)


def test_a_dataset_of_ids_is_answered_in_its_order(task, rows):
    features = task.preprocess(rows[0])
    dataset = tf.data.Dataset.from_tensor_slices(features).batch(5)
    np.testing.assert_allclose(task.predict(dataset), by_keras(task, rows[0]), atol=2e-2)


# ---- what cannot be answered


@pytest.mark.parametrize("size", [0, -1, 2.5, "32", True])
@pytest.mark.parametrize("texts", [1, 24])
def test_a_batch_size_that_is_no_number_of_texts_is_refused(task, rows, texts, size):
    with pytest.raises(UserError, match=r"batch_size=.* came; wanted a whole number, 1 or more"):
        task.predict(rows[0][:texts], batch_size=size)


def test_a_callback_that_stops_predicting_is_told_why_it_cannot(task, rows):
    class Stop(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            self.model.stop_predicting = True

    with pytest.raises(UserError, match="stopped predicting after batch 1 of 3"):
        task.predict(rows[0], batch_size=10, callbacks=[Stop()])
    assert len(task.predict(rows[0], batch_size=10)) == 24


def test_texts_inside_of_a_graph_are_told_the_way(task):
    with pytest.raises(Exception, match="inside of a tf.function"):  # autograph wraps it
        tf.function(lambda: task.predict(["a text"]))()
