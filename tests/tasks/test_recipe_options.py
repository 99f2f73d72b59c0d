"""What `compile` and `from_encoder` offer beside the recipe: accumulation, smoothing, L2, a frozen encoder."""

import itertools

import keras
import numpy as np
import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.training import SmoothedCrossentropy
from tests.task_contract import LABELS, messages

TEXTS, TARGETS = messages(48)


def make(folder, **how):
    return TextClassifier.from_encoder(folder, LABELS, max_length=32, dtype="float32", **how)


def test_accumulated_batches_make_one_update_of_their_mean(steady_bert):
    weights = {}
    for rows, steps in ((16, None), (4, 4)):
        keras.utils.set_random_seed(0)
        task = make(steady_bert, dropout=0.0)
        task.compile(optimizer=keras.optimizers.SGD(0.1, gradient_accumulation_steps=steps))
        task.fit(TEXTS, TARGETS, batch_size=rows, shuffle=False, verbose=0)
        weights[rows] = task.get_weights()
    for one, other in zip(weights[16], weights[4], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.full
def test_our_optimizer_accumulates_as_keras_does(steady_bert):
    from keras_bigmodel.training import AdamW

    weights = []
    for kind in (AdamW, keras.optimizers.AdamW):
        keras.utils.set_random_seed(0)
        task = make(steady_bert, dropout=0.0)
        how = {"weight_decay": 0.01, "global_clipnorm": 1.0, "epsilon": 1e-6}
        task.compile(optimizer=kind(1e-3, gradient_accumulation_steps=3, **how))
        task.fit(TEXTS, TARGETS, batch_size=8, epochs=2, shuffle=False, verbose=0)
        weights.append(task.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    "how",
    [
        {},
        pytest.param({"steps_per_execution": 2}, marks=pytest.mark.full),
        pytest.param({"run_eagerly": True}, marks=pytest.mark.full),
    ],
    ids=str,
)
def test_the_last_batches_of_an_epoch_make_an_update_though_they_are_too_few(steady_bert, how):
    texts, targets = TEXTS[:40], TARGETS[:40]
    weights = {}
    for rows, steps in ((16, None), (8, 2)):  # 16, 16 and 8 rows make an update in both
        keras.utils.set_random_seed(0)
        task = make(steady_bert, dropout=0.0)
        optimizer = keras.optimizers.SGD(0.1, momentum=0.9, gradient_accumulation_steps=steps)
        task.compile(optimizer=optimizer, **({} if steps is None else how))
        fitted = task.fit(
            texts, targets, batch_size=rows, epochs=2, shuffle=False, validation_data=(texts, targets), verbose=0
        )
        assert int(optimizer.iterations) == 6
        assert fitted.history["val_loss"][-1] == pytest.approx(task.evaluate(texts, targets, verbose=0)[0], rel=1e-5)
        weights[rows] = task.get_weights()
    for one, other in zip(weights[16], weights[8], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_recipe_warms_up_and_decays_over_the_updates_that_are_made(tiny_bert):
    rates = []

    class Rates(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    task = make(tiny_bert)
    task.compile(learning_rate=1.0, gradient_accumulation_steps=4)
    task.fit(TEXTS[:40], TARGETS[:40], batch_size=4, epochs=2, callbacks=[Rates()], verbose=0)
    assert int(task.optimizer.iterations) == 6
    assert rates[10] == pytest.approx((24 - 12) / (24 - 2))  # the second epoch begins after 12 of 24 steps
    assert all(one > other for one, other in itertools.pairwise(rates[2:]))


@pytest.mark.full
def test_an_accumulating_run_that_stopped_goes_on_to_the_same_weights(tiny_bert, tmp_path):
    from keras_bigmodel.training import BackupAndResume, RunStopped

    class StopAfter(keras.callbacks.Callback):
        left = 0
        backup = None

        def on_train_batch_end(self, batch, logs=None):
            self.left -= 1
            if self.left == 0:
                self.backup.request_stop()

    def fit(folder, stop_after):
        keras.utils.set_random_seed(0)
        task, backup, stop = make(tiny_bert), BackupAndResume(tmp_path / folder), StopAfter()
        stop.left, stop.backup = stop_after, backup
        task.compile(gradient_accumulation_steps=3)
        how = {"batch_size": 8, "epochs": 2, "seed": 1, "verbose": 0}
        try:
            task.fit(TEXTS[:40], TARGETS[:40], callbacks=[stop, backup], **how)
        except RunStopped:
            return None
        return task.get_weights()

    whole = fit("whole", 0)
    for stop_after in (2, 5, 7):  # inside of an accumulation; after the last, incomplete one; in the second epoch
        assert fit("broken", stop_after) is None
        for one, other in zip(whole, fit("broken", 0), strict=True):
            np.testing.assert_allclose(one, other, atol=2e-6)


def test_more_accumulated_batches_than_an_epoch_has_are_refused(tiny_bert):
    task = make(tiny_bert)
    task.compile(gradient_accumulation_steps=7)
    before = task.get_weights()
    with pytest.raises(UserError, match=r"gradient_accumulation_steps=7 \(--accumulate\) came.* has 6 batches"):
        task.fit(TEXTS, TARGETS, batch_size=8, verbose=0)
    assert all(map(np.array_equal, before, task.get_weights()))


def test_the_recipe_takes_accumulation_and_smoothing(tiny_bert):
    task = make(tiny_bert)
    task.compile(gradient_accumulation_steps=2, label_smoothing=0.1)
    assert task.optimizer.gradient_accumulation_steps == 2
    assert isinstance(task.loss, SmoothedCrossentropy)
    task.fit(TEXTS, TARGETS, batch_size=8, verbose=0)
    assert int(task.optimizer.iterations) == 3


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"optimizer": "sgd", "gradient_accumulation_steps": 2}, "gradient_accumulation_steps came"),
        ({"optimizer": "sgd", "learning_rate": 0.1, "weight_decay": 0.1}, "learning_rate and weight_decay came"),
        ({"loss": "sparse_categorical_crossentropy", "label_smoothing": 0.1}, "label_smoothing came"),
        ({"label_smoothing": 1.0}, "label_smoothing=1.0 came; wanted a number, 0 or more and below 1"),
    ],
)
def test_a_part_of_the_recipe_beside_what_replaces_it_is_refused(tiny_bert, how, sentence):
    with pytest.raises(UserError, match=sentence):
        make(tiny_bert).compile(**how)


def test_l2_adds_the_squares_of_the_heads_weights_to_the_loss(tiny_bert):
    task = make(tiny_bert, l2=0.5)
    task.compile()
    kernel = np.asarray(task.get_layer("logits").kernel)
    assert float(task.losses[0]) == pytest.approx(0.5 * (kernel**2).sum(), rel=1e-5)
    assert TextClassifier.from_config(task.get_config()).l2 == 0.5
    assert make(tiny_bert).losses == []


def test_a_frozen_encoder_stays_as_it_was_and_the_head_learns(tiny_bert, tmp_path):
    task = make(tiny_bert, freeze_encoder=True)
    encoder, head = task.encoder.get_weights(), task.get_layer("logits").get_weights()
    task.compile()
    task.fit(TEXTS, TARGETS, verbose=0)
    assert all(np.array_equal(one, other) for one, other in zip(encoder, task.encoder.get_weights(), strict=True))
    assert not np.array_equal(head[0], task.get_layer("logits").get_weights()[0])
    task.save(tmp_path / "saved")
    assert len(TextClassifier.load(tmp_path / "saved").trainable_weights) == 2
