"""Training as a person asks for it: inputs in every form, weights, labels, the recipe, callbacks."""

import warnings

import keras
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf
from sklearn.metrics import accuracy_score, log_loss

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.tasks.sources import source_of
from keras_bigmodel.training import LEARNING_RATE, RECIPE_NAME
from tests.task_contract import LABELS

NUMBERS = [row % 3 for row in range(24)]


def _training(task, *given, tokens_per_batch=None):
    how = {"batch_size": None, "tokens_per_batch": tokens_per_batch, "seed": 0, "first_epoch": 0}
    return source_of(task, *given).training_dataset(**how)


class Steady:
    """A classifier whose training is the same whenever its batches are: no dropout, plain gradient descent."""

    def __init__(self, task, **how):
        self.task = task
        task.compile(optimizer=keras.optimizers.SGD(0.1), **how)
        self.start = task.get_weights()

    def trained(self, x, y=None, **how):
        """Gives the weights after one epoch from the start."""
        self.task.set_weights(self.start)
        self.history = self.task.fit(x, y, verbose=0, seed=1, **how).history
        return self.task.get_weights()


@pytest.fixture(scope="module")
def steady(steady_bert):
    return Steady(TextClassifier.from_encoder(steady_bert, LABELS, dropout=0.0, dtype="float32", max_length=32))


@pytest.fixture(scope="module")
def steady_pairs(steady_bert):
    return Steady(
        TextClassifier.from_encoder(steady_bert, LABELS, pairs=True, dropout=0.0, dtype="float32", max_length=32),
        run_eagerly=True,  # a few batches: faster than to trace them
    )


@pytest.fixture(scope="module")
def wanted(steady, rows):
    """The weights that lists lead to."""
    return steady.trained(*rows, batch_size=8)


def assert_same(weights, others):
    for one, other in zip(weights, others, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def largest_difference(weights, others):
    return max(np.abs(one - other).max() for one, other in zip(weights, others, strict=True))


# ---- forms of texts and labels

FORMS = {
    "tuples": (tuple, tuple),
    "object arrays": (lambda texts: np.array(texts, object), lambda labels: np.array(labels, object)),
    "str arrays": (np.array, np.array),
    "bytes": (lambda texts: [text.encode() for text in texts], lambda labels: [label.encode() for label in labels]),
    "series": (pd.Series, pd.Series),
    "series with another index": (
        lambda texts: pd.Series(texts, index=range(24, 0, -1)),
        lambda labels: pd.Series(labels, index=range(100, 124)),
    ),
    "categories": (pd.Series, lambda labels: pd.Series(labels, dtype="category")),
    "arrow": (pa.array, pa.array),
    "tensors": (tf.constant, tf.constant),
    "numbers": (list, lambda labels: NUMBERS),
    "an array of numbers": (list, lambda labels: np.array(NUMBERS, "int64")),
    "whole floats": (list, lambda labels: np.array(NUMBERS, "float32")),
    "a column of numbers": (list, lambda labels: np.array(NUMBERS)[:, None]),
    "pandas integers": (pd.Series, lambda labels: pd.Series(NUMBERS, dtype="Int64")),
    "numbers in an object array": (list, lambda labels: np.array(NUMBERS, object)),
}


@pytest.mark.parametrize("form", FORMS)
def test_fit_takes_texts_and_labels_in_every_form(steady, wanted, rows, form):
    texts, labels = (make(column) for make, column in zip(FORMS[form], rows, strict=True))
    assert_same(steady.trained(texts, labels, batch_size=8), wanted)


def _batches(*columns):
    return tf.data.Dataset.from_tensor_slices(columns).batch(8)


DATASETS = {
    "string labels": _batches,
    "integer labels": lambda texts, labels: _batches(texts, NUMBERS),
    "unknown cardinality": lambda texts, labels: _batches(texts, labels).filter(lambda *parts: True),
}


@pytest.mark.parametrize("form", DATASETS)
def test_fit_takes_a_dataset_of_strings_at_its_own_batch_size(steady, wanted, rows, form):
    assert_same(steady.trained(DATASETS[form](*rows)), wanted)


def test_a_dataset_may_bring_weights(steady, rows):
    weights = np.linspace(0.0, 2.0, 24).astype("float32")
    wanted = steady.trained(*rows, batch_size=8, sample_weight=weights)
    assert_same(steady.trained(_batches(*rows, weights)), wanted)


@pytest.mark.parametrize("seed", range(3))
def test_a_dataset_that_shuffles_its_batches_gives_every_row_once(steady, rows, seed):
    texts, labels = rows[0][:20], rows[1][:20]  # batches of 8, 8 and 4: the small one comes anywhere
    dataset = _batches(texts, labels).shuffle(3, seed=seed)
    stream, steps = _training(steady.task, dataset)
    for _ in range(4):
        sizes = [len(targets) for _, targets in stream.as_numpy_iterator()]
        assert sum(sizes) == 20
        assert len(sizes) == steps == 3


def test_a_dataset_longer_than_a_window_gives_every_row_once(steady, rows):
    texts, labels = rows[0] * 5, rows[1] * 5
    dataset = tf.data.Dataset.from_tensor_slices((texts, labels)).batch(2)  # 60 batches; a window is 50
    stream, steps = _training(steady.task, dataset)
    targets = np.concatenate([part for _, part in stream.as_numpy_iterator()])
    assert steps == 60
    assert np.bincount(targets).tolist() == [40, 40, 40]


def test_an_endless_dataset_trains_for_the_steps_asked(steady, rows):
    steady.trained(_batches(*rows).repeat(), steps_per_epoch=4)
    assert np.isfinite(steady.history["loss"]).all()


PAIR_FORMS = {
    "list of pairs": lambda firsts, seconds: list(zip(firsts, seconds, strict=True)),
    "two series": lambda firsts, seconds: (pd.Series(firsts), pd.Series(seconds)),
    "array of two columns": lambda firsts, seconds: np.stack([firsts, seconds], axis=1),
}


@pytest.mark.parametrize("form", PAIR_FORMS)
def test_fit_takes_pairs_in_every_form(steady_pairs, rows, form):
    texts, labels = rows
    wanted = steady_pairs.trained((texts, texts[::-1]), labels, batch_size=12)
    assert_same(steady_pairs.trained(PAIR_FORMS[form](texts, texts[::-1]), labels, batch_size=12), wanted)


def test_fit_takes_a_dataset_of_pairs(steady_pairs, rows):
    texts, labels = rows
    wanted = steady_pairs.trained((texts, texts[::-1]), labels, batch_size=12)
    dataset = tf.data.Dataset.from_tensor_slices(((texts, texts[::-1]), labels)).batch(12)
    assert_same(steady_pairs.trained(dataset), wanted)


def test_the_seed_decides_the_order(steady, wanted, rows):
    steady.task.set_weights(steady.start)
    steady.task.fit(*rows, verbose=0, batch_size=8, seed=2)
    assert largest_difference(steady.task.get_weights(), wanted) > 1e-4


def test_without_shuffle_the_seed_does_not_matter(steady, rows):
    first = steady.trained(*rows, batch_size=8, shuffle=False)
    steady.task.set_weights(steady.start)
    steady.task.fit(*rows, verbose=0, batch_size=8, shuffle=False, seed=7)
    assert_same(steady.task.get_weights(), first)


def test_a_dict_of_ids_trains_as_keras_does(steady, rows):
    ids = {name: value.numpy() for name, value in steady.task.preprocess(rows[0]).items()}
    texts = steady.trained(*rows, batch_size=24)
    steady.task.set_weights(steady.start)
    steady.task.fit(ids, np.array(NUMBERS), batch_size=24, verbose=0)
    assert_same(steady.task.get_weights(), texts)


# ---- weights


def _by_hand(steady, texts, numbers, weights):
    """One step of gradient descent on the mean of weight · cross-entropy, without Keras's loss or optimizer."""
    task = steady.task
    task.set_weights(steady.start)
    ids = task.preprocess(texts)
    with tf.GradientTape() as tape:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(numbers, task(ids, training=True))
        loss = tf.reduce_mean(losses * tf.constant(weights, tf.float32))
    variables = [variable.value for variable in task.trainable_variables]
    for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
        variable.assign_sub(0.1 * tf.convert_to_tensor(gradient))
    return task.get_weights()


def test_sample_weights_multiply_each_texts_loss(steady, rows):
    weights = np.linspace(0.0, 3.0, 24)
    by_hand = _by_hand(steady, rows[0], NUMBERS, weights)
    assert_same(steady.trained(*rows, batch_size=24, sample_weight=weights), by_hand)


@pytest.mark.parametrize("keys", [("bad", "good"), (0, 2)], ids=["names", "numbers"])
def test_class_weights_multiply_sample_weights(steady, rows, keys):
    weights = np.linspace(0.0, 3.0, 24)
    of_class = {keys[0]: 2.0, keys[1]: 0.25}
    by_hand = _by_hand(steady, rows[0], NUMBERS, weights * np.array([2.0, 1.0, 0.25])[NUMBERS])
    assert_same(steady.trained(*rows, batch_size=24, sample_weight=weights, class_weight=of_class), by_hand)


def test_class_weights_reach_a_dataset(steady, rows):
    of_class = {"bad": 2.0, "good": 0.25}
    wanted = steady.trained(*rows, batch_size=8, class_weight=of_class)
    assert_same(steady.trained(_batches(*rows), class_weight=of_class), wanted)
    weights = np.linspace(0.0, 3.0, 24).astype("float32")
    wanted = steady.trained(*rows, batch_size=8, class_weight=of_class, sample_weight=weights)
    assert_same(steady.trained(_batches(*rows, weights), class_weight=of_class), wanted)


def test_class_weights_leave_validation_alone(steady, rows):
    """As in Keras: what is measured is not bent by how training was weighted."""
    steady.trained(*rows, batch_size=8, validation_split=0.25, class_weight={"bad": 9.0, "fair": 9.0, "good": 9.0})
    found = steady.history["val_loss"][-1]
    held = steady.task.evaluate(rows[0][18:], rows[1][18:], verbose=0, return_dict=True)
    assert found == pytest.approx(held["loss"], abs=1e-4)


def test_an_unknown_class_in_class_weight_is_named(steady, rows):
    with pytest.raises(UserError, match=r"'awful'.*bad, fair, good"):
        steady.task.fit(*rows, class_weight={"awful": 2.0}, verbose=0)


# ---- validation


def test_validation_split_holds_the_last_rows_back(steady, rows):
    texts, labels = rows
    wanted = steady.trained(texts[:18], labels[:18], batch_size=8)
    assert_same(steady.trained(texts, labels, batch_size=8, validation_split=0.25), wanted)
    held = steady.task.evaluate(texts[18:], labels[18:], verbose=0, return_dict=True)
    assert steady.history["val_loss"][-1] == pytest.approx(held["loss"], abs=1e-4)
    assert steady.history["val_accuracy"][-1] == pytest.approx(held["accuracy"])


VALIDATION = {
    "lists": lambda texts, labels: (texts, labels),
    "weights": lambda texts, labels: (texts, labels, np.ones(len(texts))),
    "dataset": _batches,
}


@pytest.mark.parametrize("form", VALIDATION)
def test_validation_data_is_measured_and_not_trained_on(steady, wanted, rows, form):
    texts, labels = rows
    after = steady.trained(texts, labels, batch_size=8, validation_data=VALIDATION[form](texts[:10], labels[:10]))
    assert_same(after, wanted)
    held = steady.task.evaluate(texts[:10], labels[:10], verbose=0, return_dict=True)
    assert steady.history["val_loss"][-1] == pytest.approx(held["loss"], abs=1e-4)


def test_evaluate_agrees_with_scikit_learn_on_predict(steady, rows):
    steady.trained(*rows, batch_size=8)
    found = steady.task.evaluate(*rows, batch_size=7, verbose=0, return_dict=True)
    probabilities = steady.task.predict(rows[0]).astype("float64")
    assert found["accuracy"] == pytest.approx(accuracy_score(NUMBERS, probabilities.argmax(axis=1)))
    shares = probabilities / probabilities.sum(axis=1, keepdims=True)
    assert found["loss"] == pytest.approx(log_loss(NUMBERS, shares), abs=1e-4)
    assert steady.task.evaluate(_batches(*rows), verbose=0, return_dict=True) == pytest.approx(found, abs=1e-4)


# ---- batches


def test_tokens_per_batch_bounds_padded_tokens(steady, rows):
    batches, steps = _training(steady.task, *rows, tokens_per_batch=96)
    batches = list(batches.as_numpy_iterator())
    assert len(batches) == steps > 1
    assert all(features["token_ids"].size <= 96 for features, _ in batches)
    assert np.bincount(np.concatenate([targets for _, targets in batches])).tolist() == [8, 8, 8]


@pytest.mark.parametrize("form", ["lists", "dataset"])
def test_tokens_per_batch_trains_every_epoch_without_a_warning(steady, rows, form):
    before = int(steady.task.optimizer.iterations)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        steady.trained(*(rows if form == "lists" else (_batches(*rows),)), tokens_per_batch=96, epochs=2)
    assert len(steady.history["loss"]) == 2
    assert int(steady.task.optimizer.iterations) - before > 2 * 2
    assert [str(warning.message) for warning in warned if "ran out of data" in str(warning.message)] == []


def test_batches_default_to_32_rows(steady, rows):
    before = int(steady.task.optimizer.iterations)
    steady.trained(rows[0] * 2, rows[1] * 2)
    assert int(steady.task.optimizer.iterations) - before == 2  # 48 rows


# ---- compile


def test_a_users_optimizer_is_left_alone(steady, rows):
    optimizer = steady.task.optimizer
    seen = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(_rate(steady.task)))
    steady.trained(*rows, batch_size=8, callbacks=[watch])
    assert steady.task.optimizer is optimizer
    assert isinstance(optimizer, keras.optimizers.SGD)
    np.testing.assert_allclose([*seen, _rate(steady.task)], 0.1, rtol=1e-6)


@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        "SparseCategoricalCrossentropy",
        keras.losses.sparse_categorical_crossentropy,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    ],
    ids=["snake case", "class name", "function", "object on logits"],
)
def test_a_loss_by_name_is_on_logits_or_refused(steady_bert, rows, loss):
    task = TextClassifier.from_encoder(steady_bert, LABELS, dropout=0.0, dtype="float32", max_length=32)
    try:
        task.compile(optimizer="sgd", loss=loss, run_eagerly=True)
    except UserError:
        assert loss != "sparse_categorical_crossentropy"
        return
    probabilities = task.predict(rows[0])[np.arange(24), NUMBERS]
    found = task.evaluate(*rows, verbose=0, return_dict=True)["loss"]
    assert found == pytest.approx(-np.log(probabilities).mean(), abs=1e-4)


def test_one_hot_labels_train_as_numbers_do(steady_bert, steady, wanted, rows):
    task = TextClassifier.from_encoder(steady_bert, LABELS, dropout=0.0, dtype="float32", max_length=32)
    one_hot = Steady(task, loss="categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    one_hot.start = steady.start
    assert_same(one_hot.trained(rows[0], np.eye(3)[NUMBERS], batch_size=8), wanted)
    weighted = steady.trained(*rows, batch_size=8, class_weight={"bad": 3.0})
    assert_same(one_hot.trained(rows[0], np.eye(3)[NUMBERS], batch_size=8, class_weight={"bad": 3.0}), weighted)
    dataset = _batches(rows[0], np.eye(3, dtype="float32")[NUMBERS])
    assert_same(one_hot.trained(dataset, class_weight={"bad": 3.0}), weighted)


def test_a_loss_for_one_hot_labels_needs_no_metrics_named(steady_bert, rows):
    task = TextClassifier.from_encoder(steady_bert, LABELS, dropout=0.0, dtype="float32", max_length=32)
    task.compile(optimizer="sgd", loss="categorical_crossentropy", run_eagerly=True)
    history = task.fit(rows[0], np.eye(3)[NUMBERS], verbose=0, batch_size=24).history
    assert 0 <= history["accuracy"][0] <= 1


def test_one_hot_labels_for_a_loss_on_numbers_are_refused_with_a_sentence(steady, rows):
    with pytest.raises(UserError, match=r"categorical_crossentropy|label"):
        steady.task.fit(rows[0], np.eye(3)[NUMBERS], verbose=0)


def test_a_loss_on_probabilities_is_refused(steady_bert):
    task = TextClassifier.from_encoder(steady_bert, LABELS, dtype="float32")
    for loss in (keras.losses.SparseCategoricalCrossentropy(), keras.losses.CategoricalCrossentropy(from_logits=False)):
        with pytest.raises(UserError, match=r"gives logits.*from_logits=True"):
            task.compile(loss=loss)


@pytest.mark.parametrize("setting", [{"learning_rate": 1e-3}, {"weight_decay": 0.1}], ids=str)
def test_the_recipes_settings_beside_an_own_optimizer_are_refused(steady_bert, setting):
    task = TextClassifier.from_encoder(steady_bert, LABELS, dtype="float32")
    with pytest.raises(UserError, match="Set them on the optimizer"):
        task.compile(optimizer=keras.optimizers.Adam(1e-3), **setting)


def test_metrics_see_probabilities(steady_bert, rows):
    class RowSums(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="row_sums")
            self.total = self.add_variable((), "zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.total.assign(keras.ops.sum(y_pred) / keras.ops.cast(keras.ops.shape(y_pred)[0], "float32"))

        def result(self):
            return self.total

    task = TextClassifier.from_encoder(steady_bert, LABELS, dtype="float32")
    task.compile(optimizer="sgd", metrics=[RowSums()], run_eagerly=True)
    assert task.evaluate(*rows, verbose=0, return_dict=True)["row_sums"] == pytest.approx(1.0, abs=1e-5)


# ---- the recipe and callbacks


def _rate(task):
    return float(keras.ops.convert_to_numpy(task.optimizer.learning_rate))


@pytest.fixture(scope="module")
def recipe(tiny_bert, rows):
    """A task in the recipe's hands, its peak rate 5e-5."""
    keras.utils.set_random_seed(0)
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)
    task.compile(learning_rate=5e-5)
    task.fit(*rows, verbose=0)
    return task


@pytest.fixture
def fresh_recipe(recipe):
    """The same at its peak rate, whatever the test before did."""
    recipe.optimizer.learning_rate = 5e-5
    return recipe


def test_the_recipes_rate_warms_up_decays_and_comes_back(fresh_recipe, rows):
    seen = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: seen.append(_rate(fresh_recipe)))
    fresh_recipe.fit(*rows, batch_size=2, epochs=2, verbose=0, callbacks=[watch])
    assert len(seen) == 24
    assert seen.index(max(seen)) == 1  # a tenth of 24 steps is two
    np.testing.assert_allclose(seen[:2], [2.5e-5, 5e-5], rtol=1e-5)
    falls = -np.diff(seen[2:])
    np.testing.assert_allclose(falls, 5e-5 / 22, rtol=1e-3)
    assert 0 < seen[-1] < 5e-6
    assert _rate(fresh_recipe) == pytest.approx(5e-5)


def test_fit_compiles_by_the_recipe_when_nobody_did(tiny_bert, rows):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)
    history = task.fit(*rows, verbose=0, batch_size=12).history
    assert set(history) == {"loss", "accuracy"}
    assert task.optimizer.name == RECIPE_NAME
    assert _rate(task) == pytest.approx(LEARNING_RATE)


def test_a_resumed_run_goes_on_with_the_rate_where_it_stood(fresh_recipe, rows):
    def rates(**how):
        seen = []
        watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(_rate(fresh_recipe)))
        fresh_recipe.fit(*rows, batch_size=8, verbose=0, callbacks=[watch], **how)
        return seen

    np.testing.assert_allclose(rates(epochs=3, initial_epoch=2), rates(epochs=3)[6:], rtol=1e-5)


def test_the_rate_comes_back_after_a_run_that_broke_off(fresh_recipe, rows):
    def stop(batch, logs):
        raise KeyboardInterrupt

    watch = keras.callbacks.LambdaCallback(on_train_batch_end=stop)
    with pytest.raises(KeyboardInterrupt):
        fresh_recipe.fit(*rows, batch_size=1, verbose=0, callbacks=[watch])
    assert _rate(fresh_recipe) < 5e-5
    seen = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(_rate(fresh_recipe)))
    fresh_recipe.fit(*rows, batch_size=8, verbose=0, callbacks=[watch])
    assert max(seen) == pytest.approx(5e-5)


def test_early_stopping_stops_and_puts_the_best_weights_back(fresh_recipe, rows):
    stop = keras.callbacks.EarlyStopping("val_loss", patience=0, restore_best_weights=True, min_delta=100.0)
    best = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: best.append(fresh_recipe.get_weights()))
    history = fresh_recipe.fit(*rows, validation_data=rows, epochs=9, verbose=0, callbacks=[note, stop]).history
    assert len(history["loss"]) == 2  # no second epoch is better by 100
    assert_same(fresh_recipe.get_weights(), best[0])


def test_one_callback_needs_no_list_as_in_keras(fresh_recipe, rows):
    ends = []
    fresh_recipe.fit(
        *rows, verbose=0, callbacks=keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(epoch))
    )
    assert ends == [0]


def test_the_list_of_callbacks_is_not_changed(fresh_recipe, rows):
    mine = [keras.callbacks.TerminateOnNaN()]
    fresh_recipe.fit(*rows, verbose=0, callbacks=mine)
    assert len(mine) == 1


def test_a_checkpoint_answers_as_the_task_at_that_epoch(recipe, rows, tmp_path):
    path = tmp_path / "last.keras"
    recipe.fit(*rows, verbose=0, callbacks=[keras.callbacks.ModelCheckpoint(str(path))])
    loaded = keras.models.load_model(path)
    assert isinstance(loaded, TextClassifier)
    np.testing.assert_allclose(loaded.predict(rows[0]), recipe.predict(rows[0]), atol=1e-6)
    assert int(loaded.optimizer.iterations) == int(recipe.optimizer.iterations)


def test_a_checkpoint_goes_on_training_at_the_recipes_peak(recipe, rows, tmp_path):
    recipe.optimizer.learning_rate = 5e-5
    path = tmp_path / "last.keras"
    recipe.fit(*rows, batch_size=8, verbose=0, callbacks=[keras.callbacks.ModelCheckpoint(str(path))])
    loaded = keras.models.load_model(path)
    loaded.run_eagerly = True
    seen = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(_rate(loaded)))
    loaded.fit(*rows, batch_size=8, verbose=0, callbacks=[watch])
    assert max(seen) == pytest.approx(5e-5)


def test_tensorboard_writes_its_events(fresh_recipe, rows, tmp_path):
    pytest.importorskip("tensorboard")
    fresh_recipe.fit(*rows, verbose=0, validation_data=rows, callbacks=[keras.callbacks.TensorBoard(str(tmp_path))])
    written = {path.parent.name for path in tmp_path.rglob("events.out.tfevents.*")}
    assert written == {"train", "validation"}


def test_the_encoder_trains_in_somebodys_own_model(tiny_bert, rows):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32)
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in task.preprocessor.features}
    states = task.encoder(inputs)["sequence_output"]
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(states)))
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse", run_eagerly=True)
    ids = {name: value.numpy() for name, value in task.preprocess(rows[0]).items()}
    before = task.encoder.get_weights()
    losses = model.fit(ids, np.array(NUMBERS, "float32"), batch_size=8, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert largest_difference(task.encoder.get_weights(), before) > 1e-4  # the same encoder, not a copy


# ---- labels that come in parts, and steps that run together


def test_labels_of_a_dataset_are_read_as_one_column(steady_bert, rows):
    texts, numbers = rows[0], [1, 2, 3] * 8
    wanted = TextClassifier.from_encoder(steady_bert, ["1", "2", "3"], dtype="float32", max_length=32, dropout=0.0)
    found = wanted.with_config()
    for task, labels in ((wanted, [str(number) for number in numbers]), (found, numbers)):
        keras.utils.set_random_seed(1)
        task.fit(tf.data.Dataset.from_tensor_slices((texts, labels)).batch(6), shuffle=False, verbose=0)
    for ours, theirs in zip(found.get_weights(), wanted.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_labels_of_a_dataset_that_change_their_meaning_are_refused(tiny_bert):
    """The first fifty batches are names, the next positions."""
    task = TextClassifier.from_encoder(tiny_bert, ["1", "2", "3"], dtype="float32", max_length=16)
    numbers = [1, 2] * 50 + [0, 0] * 5
    data = tf.data.Dataset.from_tensor_slices((["a text"] * len(numbers), numbers)).batch(2)
    with pytest.raises(UserError, match=r"Row 0 has 1, the name of a label; row 100 has 0"):
        task.fit(data, verbose=0)


def test_class_weights_follow_the_same_reading(tiny_bert, rows):
    task = TextClassifier.from_encoder(tiny_bert, ["1", "2", "3"], dtype="float32", max_length=32)
    with pytest.raises(UserError, match="two ways"):
        task.fit(rows[0], ["1", "2", "3"] * 8, class_weight={0: 1.0, 1: 2.0}, verbose=0)


@pytest.mark.parametrize("together", [2, pytest.param(5, marks=pytest.mark.full)])
def test_steps_that_run_together_train_as_single_ones(steady_bert, rows, together):
    ends = []
    for steps in (1, together):
        keras.utils.set_random_seed(3)
        task = TextClassifier.from_encoder(steady_bert, LABELS, dtype="float32", max_length=32, dropout=0.0)
        task.compile(learning_rate=1e-2, steps_per_execution=steps)
        task.fit(*rows, batch_size=2, epochs=2, seed=0, verbose=0)
        ends.append(task.get_weights())
    for single, several in zip(*ends, strict=True):
        np.testing.assert_allclose(single, several, rtol=1e-4, atol=1e-5)
