"""Every task passes the same contract: fit, resume, save, load, answers, export, parity, streams, JSON."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import UserError
from keras_bigmodel.training import BackupAndResume, RunStopped
from tests.task_contract import TASK_CASES, clean_answers

same = np.testing.assert_allclose


def compared(check, found, wanted, **how):
    """Compares arrays, or structures of arrays, output by output."""
    keras.tree.assert_same_structure(found, wanted)
    for ours, theirs in zip(keras.tree.flatten(found), keras.tree.flatten(wanted), strict=True):
        check(np.asarray(ours), np.asarray(theirs), **how)


def one_way(array, rows):
    return keras.tree.map_structure(lambda part: part[rows], array)


# What other rows compute, too: they run in make test-full.
FULL = {
    "pairs",
    "any number of labels",
    "a score",
    "the cosine of two texts",
    "a number a text",
    "a tag a token",
    "two outputs a token",
    "a tokenizer with a lookup table",
    "images",
}
CASES = [pytest.param(case, id=case.name, marks=pytest.mark.full if case.name in FULL else ()) for case in TASK_CASES]


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return request.param


@pytest.fixture(scope="module")
def trained(case, tiny_bert):
    """The task after two epochs, and what `fit` told."""
    keras.utils.set_random_seed(0)
    task = case.make(tiny_bert)
    task.compile(learning_rate=case.learning_rate)
    history = task.fit(case.inputs, case.targets, batch_size=8, epochs=2, verbose=0, seed=0)
    return task, history


@pytest.fixture(scope="module")
def exported(case, trained, tmp_path_factory):
    """The folder of its SavedModel, and the certificate."""
    folder = tmp_path_factory.mktemp("exported") / "model"
    return folder, trained[0].export(folder)


# ---- fit


def test_training_lowers_the_loss(trained):
    losses = trained[1].history["loss"]
    assert len(losses) == 2
    assert losses[1] < losses[0]


class _StopAfter(keras.callbacks.Callback):
    """Stops a run after some batches; None of them: never."""

    def __init__(self, backup, batches):
        super().__init__()
        self._backup, self._batches = backup, batches

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self._batches:
            self._backup.request_stop()


def test_a_run_that_was_stopped_ends_in_the_same_weights(case, tiny_bert, tmp_path):
    def run(folder, stop_after=None):
        keras.utils.set_random_seed(1)
        task, backup = case.make(tiny_bert), BackupAndResume(folder)
        task.compile(learning_rate=case.learning_rate)
        how = {"batch_size": 8, "epochs": 3, "verbose": 0, "seed": 0}
        history = task.fit(case.inputs, case.targets, **how, callbacks=[backup, _StopAfter(backup, stop_after)])
        return task.get_weights(), history.history

    weights, history = run(tmp_path / "whole")
    with pytest.raises(RunStopped, match="epoch 2, after batch 1"):
        run(tmp_path / "stopped", stop_after=4)
    resumed_weights, resumed_history = run(tmp_path / "stopped")
    for ours, theirs in zip(resumed_weights, weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    same(resumed_history["loss"], history["loss"], rtol=1e-5)


def test_rows_read_part_by_part_train_the_same(case, tiny_bert, tmp_path):
    losses = []
    for source in ((case.inputs, case.targets), (case.stream(tmp_path), None)):
        keras.utils.set_random_seed(1)
        task = case.make(tiny_bert)
        task.compile(learning_rate=case.learning_rate)
        losses.append(task.evaluate(*source, batch_size=8, verbose=0, return_dict=True)["loss"])
        assert np.isfinite(task.fit(*source, batch_size=8, verbose=0, seed=0).history["loss"]).all()
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


# ---- predict, answers


def test_outputs_come_back_in_the_order_given(case, trained):
    task, _ = trained
    rows = np.random.default_rng(0).permutation(len(case.targets)).tolist()
    whole = task.predict(case.inputs, batch_size=5)
    compared(same, task.predict(case.pick(rows), batch_size=5), one_way(whole, rows), atol=1e-5)


def test_batches_of_every_size_give_the_same(case, trained):
    task, _ = trained
    whole = task.predict(case.inputs)
    for size in (1, 7, 24):
        compared(same, task.predict(case.inputs, batch_size=size), whole, atol=1e-5)
    task.run_eagerly = True
    try:
        compared(same, task.predict(case.inputs, batch_size=7), whole, atol=1e-5)
    finally:
        task.run_eagerly = False


def test_answers_are_a_list_in_the_order_given_and_go_through_json(case, trained):
    task, _ = trained
    answers = task.answers(case.inputs, batch_size=5)
    rows = np.random.default_rng(0).permutation(len(case.targets)).tolist()
    as_json = [answer.as_json() for answer in answers]
    again = [answer.as_json() for answer in task.answers(case.pick(rows))]
    assert len(answers) == len(case.targets)
    assert json.loads(json.dumps(as_json)) == as_json
    for found, row in zip(again, rows, strict=True):
        assert keras.tree.map_structure(_rounded, found) == keras.tree.map_structure(_rounded, as_json[row])
    parts = list(task.answer_stream([case.pick([0, 1, 2]), case.pick([3])]))
    assert [len(part) for _, part in parts] == [3, 1]
    assert type(parts[1][1][0]) is type(answers[0])


def _rounded(value):
    return round(value, 4) if isinstance(value, float) else value


def test_the_reader_reads_plain_rows_of_predict(case, trained):
    task, _ = trained
    read, outputs = task.answer_reader(), task.predict(case.pick([0]))
    raw = {name: column[0] for name, column in case.columns.items()}
    raw |= task.row_details([raw])[0]
    answer = read(one_way(outputs, 0), raw)
    found, wanted = answer.as_json(), task.answers(case.pick([0]))[0].as_json()
    assert keras.tree.map_structure(_rounded, found) == keras.tree.map_structure(_rounded, wanted)


def test_an_option_that_no_reader_has_is_refused(case, trained):
    with pytest.raises((TypeError, UserError), match="brightness"):
        trained[0].answers(case.inputs, brightness=2)


def test_no_rows_are_refused_everywhere(case, trained):
    nothing = case.pick([])
    task, _ = trained
    for act in (task.predict, task.answers, task.preprocess, lambda none: task.fit(none, []), task.evaluate):
        with pytest.raises(UserError, match=r"empty list|wanted images"):
            act(nothing)


def test_predict_is_outputs_from_logits_of_call(case, trained):
    task, _ = trained
    logits = task(task.preprocess(case.inputs), training=False)
    wanted = task.outputs_from_logits(logits)
    found = task.predict(case.inputs, batch_size=24)
    keras.tree.assert_same_structure(found, wanted)
    for row, length in enumerate(task.preprocessor.encode(task.preprocessor.checked(case.inputs)).lengths):
        for ours, theirs in zip(keras.tree.flatten(found), keras.tree.flatten(wanted), strict=True):
            cut = slice(None) if task.preprocessor.length_of is None or ours.ndim <= 2 else slice(0, length)
            of_row = [np.atleast_1d(np.asarray(part)[row])[cut][:2] for part in (ours, theirs)]
            same(*of_row, atol=1e-5)


def test_preprocess_gives_what_encode_feeds(case, trained):
    task, _ = trained
    padded = task.preprocess(case.inputs)
    encoded = task.preprocessor.encode(task.preprocessor.checked(case.inputs)).batch(np.arange(len(case.targets)))
    assert set(padded) == set(encoded) == set(task.preprocessor.features)
    for name, value in padded.items():
        assert value.dtype.as_numpy_dtype == encoded[name].dtype
        np.testing.assert_array_equal(value, encoded[name])


def test_what_are_no_rows_is_refused(case, trained):
    for bad in case.not_rows:
        with pytest.raises(UserError, match=r"wanted|takes"):
            trained[0].predict(bad)
        with pytest.raises(UserError, match=r"wanted|takes"):
            trained[0].fit(bad, case.targets[:2], verbose=0)


def test_a_vector_a_row_or_a_sentence(case, trained):
    task, _ = trained
    if task.embedding_model is None:
        with pytest.raises(UserError, match="no vectors"):
            task.embed(case.inputs)
    else:
        assert task.embed(case.embedded or case.inputs).shape[0] == len(case.targets)


# ---- save, load


def test_a_saved_folder_gives_the_same_numbers(case, trained, tmp_path):
    task, _ = trained
    task.save(tmp_path / "saved")
    loaded = type(task).load(tmp_path / "saved", dtype="float32")
    compared(same, loaded.predict(case.inputs), task.predict(case.inputs), atol=1e-6)
    assert loaded.get_config().keys() == task.get_config().keys()


def test_a_loaded_task_goes_on_training(case, trained, tmp_path):
    task, history = trained
    task.save(tmp_path / "saved")
    loaded = type(task).load(tmp_path / "saved", dtype="float32")
    loaded.compile(optimizer=keras.optimizers.SGD(1e-3))
    further = loaded.fit(case.inputs, case.targets, verbose=0).history["loss"]
    assert further[0] < history.history["loss"][0]


def test_a_keras_file_gives_the_same_numbers(case, trained, tmp_path):
    task, _ = trained
    task.save(tmp_path / "task.keras")
    loaded = keras.models.load_model(tmp_path / "task.keras")
    assert type(loaded) is type(task)
    compared(same, loaded.predict(case.inputs), task.predict(case.inputs), atol=1e-6)


def test_the_config_is_json_and_builds_the_task_again(trained):
    task, _ = trained
    config = json.loads(json.dumps(task.get_config()))
    twin = type(task).from_config(config)
    assert json.loads(json.dumps(twin.get_config())) == config
    assert [weight.shape for weight in twin.get_weights()] == [weight.shape for weight in task.get_weights()]


def test_another_dtype_computes_about_the_same_on_a_copy(case, trained):
    task, _ = trained
    before = task.predict(case.inputs)
    twin = task.with_dtype("bfloat16")
    assert (task.export_dtype, twin.export_dtype) == ("float32", "bfloat16")
    answers = twin.predict(case.inputs)
    assert {part.dtype.name for part in keras.tree.flatten(answers)} == {"float32"}
    compared(same, answers, before, atol=0.05)  # bfloat16 keeps two to three digits
    apart = [
        np.abs(ours - theirs).max()
        for ours, theirs in zip(keras.tree.flatten(answers), keras.tree.flatten(before), strict=True)
    ]
    assert max(apart) > 1e-6  # it did compute in bfloat16
    twin.set_weights([np.zeros_like(weight) for weight in twin.get_weights()])
    compared(np.testing.assert_array_equal, task.predict(case.inputs), before)


# ---- export, parity


def test_the_export_carries_a_certificate(trained, exported):
    (task, _), (folder, certificate) = trained, exported
    assert certificate["agrees"] is True
    assert certificate["reasons"] == []
    assert certificate["rows"] >= 200
    assert set(certificate["endpoints"]) == set(task.endpoints())
    for endpoint in certificate["endpoints"].values():
        assert endpoint["rows"] >= 8
        assert endpoint["outputs"]
        for output in endpoint["outputs"].values():
            assert output["rows_that_differ"] == 0
            assert output.get("largest_difference", 0.0) <= 1e-5
    assert json.loads((folder / "parity.json").read_text(encoding="utf-8")) == certificate


def test_the_export_answers_as_the_task_in_a_clean_process(case, trained, exported, tmp_path):
    task, _ = trained
    answers, about = clean_answers(task, exported[0], case.columns, tmp_path)
    assert about["signatures"] == sorted(task.endpoints())
    features = task.preprocess(case.inputs)
    raw = {name: tf.constant(column) for name, column in case.columns.items()}
    for name, endpoint in task.endpoints().items():
        given = {part: {**raw, **features}[part] for part in endpoint.input_names}
        for output, value in endpoint.function(**given).items():
            found = answers[f"{name}/{output}"]
            if value.dtype.is_floating:
                same(found, value, atol=1e-5)
            else:
                assert found.tolist() == value.numpy().tolist()


def test_other_weights_than_those_written_are_refused(case, trained, exported):
    from keras_bigmodel.export import saved_model_parity

    twin = trained[0].with_dtype("float32")
    twin.layers[-1].trainable = True
    for weight in twin.weights[-2:]:
        weight.assign_add(0.01 * np.ones(weight.shape, "float32"))
    certificate = saved_model_parity(twin, exported[0], twin.preprocessor.checked(case.inputs))
    assert certificate["agrees"] is False
