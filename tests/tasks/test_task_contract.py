"""Every task passes the same contract: fit → save → load → export → parity."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import UserError
from tests.task_contract import TASK_CASES, clean_answers


@pytest.fixture(scope="module", params=TASK_CASES, ids=lambda case: case.name)
def case(request):
    return request.param


@pytest.fixture(scope="module")
def trained(case, tiny_bert):
    """The task after two epochs, and what `fit` told."""
    keras.utils.set_random_seed(0)
    task = case.make(tiny_bert)
    task.compile(learning_rate=2e-3)
    history = task.fit(case.inputs, case.targets, batch_size=8, epochs=2, verbose=0, seed=0)
    return task, history


@pytest.fixture(scope="module")
def exported(case, trained, tmp_path_factory):
    """The folder of its SavedModel, and the certificate."""
    folder = tmp_path_factory.mktemp("exported") / "model"
    return folder, trained[0].export(folder)


def test_training_lowers_the_loss(trained):
    losses = trained[1].history["loss"]
    assert len(losses) == 2
    assert losses[1] < losses[0]


def test_answers_come_back_in_the_order_given(case, trained):
    task, _ = trained
    rows = np.random.default_rng(0).permutation(len(case.targets)).tolist()
    whole = task.predict(case.inputs, batch_size=5)
    np.testing.assert_allclose(task.predict(case.pick(case.inputs, rows), batch_size=5), whole[rows], atol=1e-5)


def test_no_texts_are_refused_everywhere(case, trained):
    nothing = case.pick(case.inputs, [])
    task, _ = trained
    for act in (task.predict, task.preprocess, task.embed, lambda none: task.fit(none, []), task.evaluate):
        with pytest.raises(UserError, match="empty list"):
            act(nothing)


def test_predict_is_outputs_from_logits_of_call(case, trained):
    task, _ = trained
    logits = task(task.preprocess(case.inputs), training=False)
    np.testing.assert_allclose(task.predict(case.inputs), task.outputs_from_logits(logits), atol=1e-5)


def test_preprocess_gives_what_encode_feeds(case, trained):
    task, _ = trained
    padded = task.preprocess(case.inputs)
    encoded = task.preprocessor.encode(task.preprocessor.checked(case.inputs)).batch(np.arange(len(case.targets)))
    assert set(padded) == set(encoded) == set(task.preprocessor.features)
    for name, value in padded.items():
        assert value.dtype == tf.int32
        np.testing.assert_array_equal(value, encoded[name])


def test_a_saved_folder_gives_the_same_numbers(case, trained, tmp_path):
    task, _ = trained
    task.save(tmp_path / "saved")
    loaded = type(task).load(tmp_path / "saved", dtype="float32")
    np.testing.assert_allclose(loaded.predict(case.inputs), task.predict(case.inputs), atol=1e-6)
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
    np.testing.assert_allclose(loaded.predict(case.inputs), task.predict(case.inputs), atol=1e-6)


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
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, before, atol=0.03)  # bfloat16 keeps two to three digits
    assert np.abs(answers - before).max() > 1e-6  # it did compute in bfloat16
    twin.set_weights([np.zeros_like(weight) for weight in twin.get_weights()])
    np.testing.assert_array_equal(task.predict(case.inputs), before)


def test_what_is_no_text_is_refused(case, trained):
    for bad in case.not_texts:
        with pytest.raises(UserError, match=r"wanted|takes"):
            trained[0].predict(bad)
        with pytest.raises(UserError, match=r"wanted|takes"):
            trained[0].fit(bad, case.targets[:2], verbose=0)


def test_the_export_carries_a_certificate(exported):
    folder, certificate = exported
    assert certificate["agrees"] is True
    assert certificate["reasons"] == []
    assert certificate["texts"] >= 1000
    assert certificate["texts_with_other_tokens"] == certificate["texts_with_other_labels"] == 0
    assert certificate["largest_logit_difference"] <= 1e-5
    assert json.loads((folder / "parity.json").read_text(encoding="utf-8")) == certificate


def test_the_export_answers_as_the_task_in_a_clean_process(case, trained, exported, tmp_path):
    task, _ = trained
    answers, about = clean_answers(exported[0], [case.columns], tmp_path)
    assert about["signatures"] == sorted(task.endpoints())
    ids = task.preprocess(case.inputs)
    for name in task.preprocessor.features:
        np.testing.assert_array_equal(answers[f"0/tokenize/{name}"], ids[name])
    wanted = task.postprocess(task(ids, training=False))
    for name, value in wanted.items():
        found = answers[f"0/serving_default/{name}"]
        if value.dtype == tf.string:
            assert found.tolist() == value.numpy().tolist()
        else:
            np.testing.assert_allclose(found, value, atol=1e-5)
            np.testing.assert_allclose(found, task.predict(case.inputs), atol=1e-5)
    vectors = answers["0/embed/embedding"]
    np.testing.assert_allclose(vectors, task.embed(case.inputs), atol=1e-5)
