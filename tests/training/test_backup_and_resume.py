"""A run that was stopped goes on to the weights and the history of one that was not."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.training import BackupAndResume, RunStopped, StopAtNaN, TrainingState
from tests.task_contract import LABELS, messages

TEXTS, TARGETS = messages(48)

# Op determinism is a matter of the whole process, so the equal bits are looked for in one of their own.
_SCRIPT = """
import json, sys, tempfile
import keras, numpy as np, tensorflow as tf
from tests.training.test_backup_and_resume import StopAt, fitted, make
from keras_bigmodel.training import BackupAndResume, RunStopped

tf.config.experimental.enable_op_determinism()
folder = sys.argv[1]
results = []
for how in json.loads(sys.argv[2]):
    whole, history = fitted(make(folder), **how)
    for epoch, batch in ((0, 0), (1, 3), (2, 5)):
        with tempfile.TemporaryDirectory() as aside:
            backup = BackupAndResume(aside)
            try:
                fitted(make(folder), backup, StopAt(backup, epoch, batch), **how)
            except RunStopped as stop:
                place = stop.position
            other, other_history = fitted(make(folder, seed=7), BackupAndResume(aside), StopAt(backup, 9, 9), **how)
        same = all(np.array_equal(one, two) for one, two in zip(whole, other, strict=True))
        results.append([place, same, history == other_history, len(history["loss"])])
print(json.dumps(results))
"""


class StopAt(keras.callbacks.Callback):
    """Asks the run to stop in an epoch, after a batch, both counted from zero."""

    def __init__(self, backup, epoch, batch):
        super().__init__()
        self._backup, self._at = backup, (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self._epoch, batch) == self._at:
            self._backup.request_stop()


def make(folder, seed=0, **how):
    keras.utils.set_random_seed(seed)
    task = TextClassifier.from_encoder(folder, LABELS, max_length=32, dtype="float32")
    task.compile(**how)
    return task


def fitted(task, *callbacks, seed=3, **how):
    """Trains three epochs; gives weights and history."""
    early = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    history = task.fit(
        TEXTS,
        TARGETS,
        **{"epochs": 3, "batch_size": 8, "verbose": 0, "seed": seed, **how},
        validation_data=(TEXTS[:12], TARGETS[:12]),
        callbacks=[early, *callbacks],
    )
    return task.get_weights(), history.history


@pytest.mark.parametrize(
    "how",
    [
        pytest.param([{}], id="rows", marks=pytest.mark.full),
        pytest.param([{"batch_size": None, "tokens_per_batch": 120}], id="tokens", marks=pytest.mark.full),
    ],
)
def test_a_stopped_run_ends_in_the_same_bits_as_an_unbroken_one(tiny_bert, how):
    command = [sys.executable, "-c", _SCRIPT, str(tiny_bert), json.dumps(how)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    results = json.loads(done.stdout.splitlines()[-1])
    assert [place for place, *_ in results] == [
        "epoch 1, after batch 1",
        "epoch 2, after batch 4",
        "epoch 3, after batch 6",
    ]
    assert all(same and same_history for _, same, same_history, _ in results), results
    assert {epochs for *_, epochs in results} == {3}


@pytest.fixture
def stopped(tiny_bert, tmp_path):
    """The folder of a run that was stopped in its second epoch."""
    backup = BackupAndResume(tmp_path / "state")
    with pytest.raises(RunStopped, match="stopped at epoch 2, after batch 2"):
        fitted(make(tiny_bert), backup, StopAt(backup, 1, 1))
    return tmp_path / "state"


def test_only_the_newest_state_stays(stopped):
    assert [path.name for path in stopped.iterdir()] == ["state-00000002"]
    state = TrainingState.read(stopped / "state-00000002")
    assert (state.epoch, state.batch, state.stopped) == (1, 2, False)
    assert len(state.history["val_loss"]) == 1


@pytest.mark.full
def test_the_state_is_gone_after_the_run_unless_it_is_to_be_kept(tiny_bert, stopped):
    fitted(make(tiny_bert), BackupAndResume(stopped, keep=True), StopAt(BackupAndResume(stopped), 9, 9))
    assert [path.name for path in stopped.iterdir()] == ["state-00000004"]
    _, history = fitted(make(tiny_bert), BackupAndResume(stopped), StopAt(BackupAndResume(stopped), 9, 9))
    assert len(history["loss"]) == 3, "nothing was left to train, and the history is whole"
    assert not stopped.exists()


def test_a_resumed_batch_is_trained_once(tiny_bert, stopped):
    task = make(tiny_bert)
    fitted(task, BackupAndResume(stopped), StopAt(BackupAndResume(stopped), 9, 9))
    assert int(task.optimizer.iterations) == 3 * 6


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        pytest.param({"epochs": 5}, "epochs 3, and 5 came", marks=pytest.mark.full),
        ({"batch_size": 16}, "batches an epoch 6, and 3 came"),
        pytest.param({"batch_size": 7}, "batches an epoch 6, and 7 came", marks=pytest.mark.full),
        pytest.param({"batch_size": 9}, "batch_size 8, and 9 came", marks=pytest.mark.full),
        pytest.param({"shuffle": False}, "shuffle True, and False came", marks=pytest.mark.full),
        pytest.param({"seed": 4}, "seed 3, and 4 came", marks=pytest.mark.full),
    ],
)
def test_the_state_of_another_run_is_refused(tiny_bert, stopped, how, sentence):
    with pytest.raises(UserError, match=sentence):
        fitted(make(tiny_bert), BackupAndResume(stopped), StopAt(BackupAndResume(stopped), 9, 9), **how)
    assert any(stopped.iterdir()), "the state stays"


def test_other_texts_are_refused(tiny_bert, stopped):
    with pytest.raises(UserError, match="texts .* came"):
        make(tiny_bert).fit(
            TEXTS[::-1],
            TARGETS,
            epochs=3,
            batch_size=8,
            verbose=0,
            callbacks=[keras.callbacks.EarlyStopping(), BackupAndResume(stopped), StopAt(None, 9, 9)],
        )


@pytest.mark.full
def test_another_model_is_refused(tiny_bert, stopped):
    task = make(tiny_bert)
    task.encoder.trainable = False
    task.compile()
    with pytest.raises(UserError, match="another optimizer"):
        fitted(task, BackupAndResume(stopped), StopAt(BackupAndResume(stopped), 9, 9))


@pytest.mark.full
def test_other_callbacks_are_refused(tiny_bert, stopped):
    sentence = "had the callbacks EarlyStopping, StopAt, WarmupDecay, and this one has EarlyStopping, WarmupDecay"
    with pytest.raises(UserError, match=sentence):
        fitted(make(tiny_bert), BackupAndResume(stopped))


@pytest.mark.parametrize("name", [pytest.param("state.json", marks=pytest.mark.full), "state.safetensors"])
@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"\0" * 40)])
def test_a_damaged_state_is_refused_with_advice(tiny_bert, stopped, name, damage):
    damage(stopped / "state-00000002" / name)
    with pytest.raises(UserError, match="cannot be read .* Remove it to begin the run anew"):
        fitted(make(tiny_bert), BackupAndResume(stopped), StopAt(BackupAndResume(stopped), 9, 9))


def test_minutes_keep_states_inside_an_epoch(tiny_bert, tmp_path):
    class Looks(keras.callbacks.Callback):
        states = set()

        def on_train_batch_begin(self, batch, logs=None):
            self.states |= {path.name for path in (tmp_path / "state").glob("state-*")}

    fitted(make(tiny_bert), Looks(), BackupAndResume(tmp_path / "state", minutes=0), epochs=1)
    assert len(Looks.states) == 5, "after each batch but the last, whose state is looked at by none"


def test_steps_per_epoch_has_no_place_to_go_on_from(tiny_bert, tmp_path):
    with pytest.raises(UserError, match="Leave steps_per_epoch out"):
        fitted(make(tiny_bert), BackupAndResume(tmp_path / "state"), steps_per_epoch=2)


def test_a_fit_that_cannot_go_on_is_told_so(tiny_bert, tmp_path):
    task = make(tiny_bert)
    with pytest.raises(UserError, match="works with the fit of a keras_bigmodel task on texts"):
        task.fit(task.preprocess(TEXTS), np.zeros(48, "int32"), verbose=0, callbacks=[BackupAndResume(tmp_path)])


def test_a_run_stopped_while_it_passes_over_batches_leaves_the_task_as_it_was(tiny_bert, stopped):
    class Fails(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise RuntimeError("in the middle of passing over")

    Fails.__name__ = "StopAt"  # the callbacks must be those of the run that stopped
    task = make(tiny_bert)
    with pytest.raises(RuntimeError):
        fitted(task, Fails(), BackupAndResume(stopped))
    fitted(task, epochs=1)
    assert int(task.optimizer.iterations) == 8 + 6, "eight of the state and six more, none passed over"


@pytest.mark.full
def test_other_metrics_are_refused(tiny_bert, stopped):
    task = make(tiny_bert, metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2)])
    with pytest.raises(UserError, match="measured other metrics"):
        fitted(task, BackupAndResume(stopped), StopAt(BackupAndResume(stopped), 9, 9))


def test_nothing_but_its_own_states_is_removed(tiny_bert, tmp_path):
    (tmp_path / "thesis.txt").write_text("the work of years")
    fitted(make(tiny_bert), BackupAndResume(tmp_path), epochs=1)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_metric_of_several_numbers_is_kept(tiny_bert, tmp_path):
    class PerClass(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="per_class")
            self.counts = self.add_weight(shape=(3,), initializer="zeros", name="counts")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.counts.assign_add(keras.ops.sum(y_pred, axis=0))

        def result(self):
            return self.counts + 0.0

    backup = BackupAndResume(tmp_path / "state", keep=True)
    make(tiny_bert, metrics=[PerClass()]).fit(TEXTS, TARGETS, verbose=0, callbacks=[backup])
    assert np.shape(backup.read().history["per_class"]) == (1, 3)


@pytest.mark.full
def test_several_steps_at_once_that_do_not_divide_an_epoch_arrive_too(tiny_bert, tmp_path):
    how = {"steps_per_execution": 4}  # of six batches
    whole = make(tiny_bert, **how)
    _, history = fitted(whole)
    backup = BackupAndResume(tmp_path / "state")
    with pytest.raises(RunStopped, match="epoch 2, after batch 6"):
        fitted(make(tiny_bert, **how), backup, StopAt(backup, 1, 7))
    other = make(tiny_bert, seed=5, **how)
    _, other_history = fitted(other, BackupAndResume(tmp_path / "state"), StopAt(backup, 9, 9))
    assert int(other.optimizer.iterations) == int(whole.optimizer.iterations) == 18
    for one, two in zip(whole.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=2e-5)
    assert history["loss"] == pytest.approx(other_history["loss"], abs=1e-4)


def test_the_epochs_of_the_history_are_those_of_the_whole_run(tiny_bert, tmp_path):
    backup = BackupAndResume(tmp_path / "state")
    with pytest.raises(RunStopped):
        fitted(make(tiny_bert), backup, StopAt(backup, 2, 1), initial_epoch=1)
    task = make(tiny_bert)
    fitted(task, BackupAndResume(tmp_path / "state"), StopAt(backup, 9, 9), initial_epoch=1)
    assert task.history.epoch == [1, 2]


@pytest.mark.full
def test_a_dataset_of_strings_goes_on_from_the_end_of_an_epoch(tiny_bert, tmp_path):
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices((TEXTS, TARGETS)).batch(8)
    how = {"epochs": 2, "verbose": 0, "seed": 1}
    whole = make(tiny_bert)
    whole.fit(dataset, **how)
    backup = BackupAndResume(tmp_path / "state")
    with pytest.raises(RunStopped):
        make(tiny_bert).fit(dataset, callbacks=[StopAt(backup, 1, 2), backup], **how)
    assert (backup.read().epoch, backup.read().batch) == (1, 0), "only the dataset knows its order inside an epoch"
    other = make(tiny_bert, seed=5)
    other.fit(dataset, callbacks=[StopAt(backup, 9, 9), BackupAndResume(tmp_path / "state")], **how)
    for one, two in zip(whole.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=2e-5)  # not deterministic here: threads may sum in another order


def test_bfloat16_variables_survive(tiny_bert, tmp_path):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, max_length=32, dtype="bfloat16")
    task.compile(optimizer="sgd")
    backup = BackupAndResume(tmp_path / "state", keep=True)
    task.fit(TEXTS, TARGETS, verbose=0, callbacks=[backup])
    state = BackupAndResume(tmp_path / "state").read()
    for number, variable in enumerate(task.variables):
        kept = state.arrays[f"model/{number}"]
        assert str(kept.dtype) == variable.dtype
        np.testing.assert_array_equal(kept, np.asarray(variable))


# ---- losses that are no numbers


class Poison(keras.callbacks.Callback):
    """Makes a weight no number before a batch of an epoch, both from zero."""

    def __init__(self, epoch, batch):
        super().__init__()
        self._at = (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self._epoch, batch) == self._at:
            variable = self.model.trainable_variables[-1]
            variable.assign(variable * np.nan)


class Snapshots(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())


def test_a_loss_that_is_no_number_ends_the_run_on_the_last_good_weights(tiny_bert, tmp_path):
    task, watch, snapshots = make(tiny_bert), StopAtNaN(), Snapshots()
    backup = BackupAndResume(tmp_path / "state", keep=True)
    task.fit(
        TEXTS,
        TARGETS,
        epochs=4,
        batch_size=8,
        verbose=0,
        validation_data=(TEXTS, TARGETS),
        callbacks=[Poison(2, 3), watch, snapshots, backup],
    )
    assert (watch.epoch, watch.batch, watch.good_epochs) == (3, 4, 2)
    assert len(snapshots.weights) == 3, "the run ended in the third epoch"
    for kept, now in zip(snapshots.weights[1], task.get_weights(), strict=True):
        np.testing.assert_allclose(kept, now, rtol=1e-5)  # less the decay that AdamW had put off
    assert backup.read().epoch == 2, "no state with a loss that is no number is kept"


def test_after_a_loss_that_is_no_number_the_optimizer_begins_anew(tiny_bert):
    task, watch = make(tiny_bert), StopAtNaN()
    task.fit(TEXTS, TARGETS, epochs=2, batch_size=8, verbose=0, callbacks=[Poison(1, 2), watch])
    assert watch.epoch == 2
    fresh = make(tiny_bert)
    fresh.optimizer.build(fresh.trainable_variables)
    for ours, new in zip(task.optimizer.variables, fresh.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), new.numpy(), err_msg=ours.path)
    losses = task.fit(TEXTS, TARGETS, epochs=2, batch_size=8, verbose=0).history["loss"]
    assert np.isfinite(losses).all()


def test_the_state_of_another_version_of_this_package_is_refused(tiny_bert, stopped):
    path = stopped / "state-00000002" / "state.json"
    facts = json.loads(path.read_text())
    for number, words in ((1, "an older"), (99, "a newer")):
        path.write_text(json.dumps({**facts, "format": number}))
        with pytest.raises(UserError, match=f"the state of {words} keras_bigmodel"):
            fitted(make(tiny_bert), BackupAndResume(stopped), StopAt(BackupAndResume(stopped), 9, 9))


@pytest.mark.full
def test_a_resumed_run_ends_on_the_weights_of_the_last_good_epoch_too(tiny_bert, tmp_path):
    snapshots = Snapshots()

    def run(*callbacks, **how):
        task = make(tiny_bert)
        callbacks = [Poison(1, 4), StopAtNaN(), *callbacks]
        task.fit(TEXTS, TARGETS, epochs=3, batch_size=8, seed=1, verbose=0, callbacks=callbacks, **how)
        return task

    run(snapshots)
    backup = BackupAndResume(tmp_path / "state")
    with pytest.raises(RunStopped):
        run(backup, StopAt(backup, 1, 2))
    task = run(BackupAndResume(tmp_path / "state"), StopAt(backup, 9, 9))
    for kept, now in zip(snapshots.weights[0], task.get_weights(), strict=True):
        np.testing.assert_allclose(kept, now, atol=2e-5)


def test_a_loss_that_is_no_number_from_the_start_leaves_the_weights_it_began_with(tiny_bert):
    task, watch = make(tiny_bert), StopAtNaN()
    before = task.get_weights()
    task.fit(TEXTS, TARGETS, batch_size=8, verbose=0, callbacks=[Poison(0, 0), watch])
    assert (watch.epoch, watch.batch, watch.good_epochs) == (1, 1, 0)
    assert not any(np.isnan(array).any() for array in task.get_weights())
    assert len(before) == len(task.get_weights())


def test_a_run_of_finite_losses_is_left_alone(tiny_bert):
    watch = StopAtNaN()
    fitted(make(tiny_bert), watch, epochs=2)
    assert (watch.epoch, watch.good_epochs) == (None, 2)
