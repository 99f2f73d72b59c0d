"""A TF-Hub BERT as a Keras 3 layer: the module's own numbers, trained, frozen, saved, exported."""

import os
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import HubEncoder, UserError
from keras_bigmodel.checkpoints.hub_interface import INPUTS
from tests.hub_modules import write_hub_bert
from tests.tiny_bert import tiny_vocabulary

LENGTH = 12
both_ways = pytest.mark.parametrize("compute", ["layers", "module"])
both_ways_in_full = pytest.mark.parametrize("compute", [pytest.param("layers", marks=pytest.mark.full), "module"])


def rows(number=32, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, LENGTH + 1, (number, 1))
    mask = (np.arange(LENGTH) < lengths).astype("int32")
    ids = rng.integers(5, 500, (number, LENGTH)).astype("int32") * mask
    return {"input_word_ids": ids, "input_mask": mask, "input_type_ids": np.zeros_like(ids)}


def classifier(folder, **kwargs):
    """The tutorials' classifier: three integer inputs, the encoder, a mean, a softmax."""
    inputs = {name: keras.Input((LENGTH,), dtype="int32", name=name) for name in INPUTS}
    encoder = HubEncoder(folder, **kwargs)
    states = encoder(inputs)["sequence_output"]
    outputs = keras.layers.Dense(2, activation="softmax")(keras.layers.GlobalAveragePooling1D()(states))
    return keras.Model(inputs, outputs), encoder


def labels(data):
    return (data["input_word_ids"].sum(axis=1) % 2).astype("int32")


@both_ways
def test_the_outputs_are_the_modules(hub_bert, compute):
    data = rows()
    encoder = HubEncoder(hub_bert, compute=compute)
    ours = encoder(data)
    theirs = tf.saved_model.load(str(hub_bert))({name: tf.constant(part) for name, part in data.items()})
    assert set(ours) == {"default", "pooled_output", "sequence_output", "encoder_outputs"}
    assert len(ours["encoder_outputs"]) == 2
    tolerance = {"layers": 1e-5, "module": 0.0}[compute]
    for name in ("default", "pooled_output"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=tolerance)
    states = [(ours["sequence_output"], theirs["sequence_output"])]
    mask = data["input_mask"][..., np.newaxis]
    for found, wanted in (*states, *zip(ours["encoder_outputs"], theirs["encoder_outputs"], strict=True)):
        np.testing.assert_allclose(found * mask, wanted * mask, rtol=0, atol=tolerance)


def test_a_plain_bert_runs_in_our_layers_and_others_in_their_own_graph(hub_bert, tmp_path):
    assert HubEncoder(hub_bert).compute == "layers"
    doubled = lambda x: tf.nn.gelu(x, approximate=True) * 2.0
    other = write_hub_bert(tmp_path / "bert", tiny_vocabulary(), activation=doubled, layers=1)
    assert HubEncoder(other).compute == "module"
    with pytest.raises(UserError, match="computes something else"):
        HubEncoder(other, compute="layers")
    with pytest.raises(UserError, match="wanted"):
        HubEncoder(hub_bert, compute="graph")
    with pytest.raises(UserError, match="mlm=True"):
        HubEncoder(hub_bert, compute="layers", mlm=True)


def test_layers_compute_in_bfloat16_and_a_module_in_float32(hub_bert):
    data = rows()
    for compute, dtype in (("layers", "bfloat16"), ("module", "float32")):
        encoder = HubEncoder(hub_bert, compute=compute, dtype="mixed_bfloat16")
        assert encoder.compute_dtype == dtype
        assert encoder(data)["sequence_output"].dtype.name == dtype
        assert encoder.weights[0].dtype == "float32"


@pytest.mark.parametrize("jit", [False, pytest.param(True, marks=pytest.mark.full)])
@both_ways
def test_adam_trains_its_weights_under_fit(hub_bert, jit, compute, tmp_path):
    if jit:  # XLA takes a minute for the graph of a layer, and as long again for one without training
        hub_bert = write_hub_bert(tmp_path / "bert", tiny_vocabulary(), layers=1)
    model, encoder = classifier(hub_bert, compute=compute)
    data = rows()
    before = [weight.numpy().copy() for weight in encoder.weights]
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=jit)
    share = 0.0 if jit else 0.25
    history = model.fit(data, labels(data), epochs=12, batch_size=16, verbose=0, validation_split=share).history
    assert history["loss"][-1] < 0.6 * history["loss"][0]
    # The pooler is not on the way to the loss.
    moved = [np.abs(weight.numpy() - old).max() > 0 for weight, old in zip(encoder.weights, before, strict=True)]
    still = [weight.path for weight, has in zip(encoder.weights, moved, strict=True) if not has]
    assert len(still) == 2
    assert all("pooler" in path for path in still)


@both_ways
def test_dropout_is_applied_in_training_only(hub_bert, compute):
    encoder, data = HubEncoder(hub_bert, compute=compute), rows()
    calm = encoder(data)["pooled_output"]
    np.testing.assert_array_equal(calm, encoder(data, training=False)["pooled_output"])
    assert np.abs(calm - encoder(data, training=True)["pooled_output"]).max() > 1e-3


@pytest.mark.full
@both_ways
def test_frozen_weights_stay_as_they_are(hub_bert, compute):
    model, encoder = classifier(hub_bert, trainable=False, compute=compute)
    assert len(model.trainable_weights) == 2
    before = encoder.get_weights()
    data = rows()
    model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
    model.fit(data, labels(data), verbose=0)
    for old, new in zip(before, encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    encoder.trainable = True
    assert len(model.trainable_weights) == 2 + len(before)


@pytest.mark.full
@both_ways_in_full
def test_a_keras_file_comes_back_with_its_weights_and_goes_on_training(hub_bert, tmp_path, compute):
    module = tmp_path / "module"
    shutil.copytree(hub_bert, module)
    model, _ = classifier(module, compute=compute)
    data = rows()
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    model.fit(data, labels(data), verbose=0)
    model.save(tmp_path / "model.keras")
    if compute == "layers":  # the file holds all
        shutil.rmtree(module)
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(data, verbose=0), model.predict(data, verbose=0))
    for one in (model, again):
        keras.utils.set_random_seed(1)
        one.fit(data, labels(data), shuffle=False, verbose=0)
    for ours, theirs in zip(again.optimizer.variables, model.optimizer.variables, strict=True):
        assert ours.shape == theirs.shape
    np.testing.assert_allclose(again.predict(data, verbose=0), model.predict(data, verbose=0), atol=0.2)


def test_a_file_whose_module_is_gone_or_another_says_so(hub_bert, tmp_path):
    module = tmp_path / "module"
    shutil.copytree(hub_bert, module)
    model, _ = classifier(module, compute="module")
    model.save(tmp_path / "model.keras")
    with (module / "saved_model.pb").open("ab") as file:
        file.write(b"\x98\x06\x01")  # a field that nothing reads
    with pytest.raises(UserError, match="holds another module than when this layer was saved"):
        keras.models.load_model(tmp_path / "model.keras")
    shutil.rmtree(module)
    with pytest.raises(UserError, match="No folder"):
        keras.models.load_model(tmp_path / "model.keras")


@pytest.mark.full
def test_weights_that_were_exported_frozen_are_not_trained(tmp_path):
    folder = write_hub_bert(tmp_path / "bert", tiny_vocabulary(), trainable=False, layers=1)
    for compute in ("layers", "module"):
        with pytest.raises(UserError, match="has no trainable variables: it was exported frozen"):
            HubEncoder(folder, compute=compute)
        assert HubEncoder(folder, compute=compute, trainable=False).trainable_weights == []


@both_ways_in_full
def test_weights_that_were_exported_frozen_cannot_be_thawed(tmp_path, compute):
    folder = write_hub_bert(tmp_path / "bert", tiny_vocabulary(), trainable=False, layers=1)
    encoder = HubEncoder(folder, compute=compute, trainable=False)
    with pytest.raises(UserError, match="it was exported frozen"):
        encoder.trainable = True


def test_a_module_that_is_frozen_in_part_stays_so(tmp_path):
    def freeze(core, outputs):
        core.get_layer("word_embeddings").trainable = False
        return outputs

    folder = write_hub_bert(tmp_path / "bert", tiny_vocabulary(), layers=1, change=freeze)
    encoder = HubEncoder(folder)
    assert encoder.compute == "module"
    assert [weight.name for weight in encoder.weights if not weight.trainable] == ["word_embeddings_embeddings"]
    with pytest.raises(UserError, match="exported frozen and others not"):
        HubEncoder(folder, compute="layers")


def test_layers_that_were_frozen_come_back_frozen(hub_bert, tmp_path):
    model, encoder = classifier(hub_bert, compute="layers")
    encoder.encoder.embedding.trainable = False
    encoder.encoder.transformer_layers[0].trainable = False
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert len(again.trainable_weights) == len(model.trainable_weights) < len(model.weights) - 15


@both_ways
def test_ids_may_come_as_floats(hub_bert, compute):
    data = rows(4)
    encoder = HubEncoder(hub_bert, compute=compute, dtype="mixed_bfloat16")
    floats = encoder({name: part.astype("float32") for name, part in data.items()})
    np.testing.assert_array_equal(floats["pooled_output"], encoder(data)["pooled_output"])


def test_unknown_arguments_are_not_swallowed(hub_bert):
    with pytest.raises(ValueError, match="pooling"):
        HubEncoder(hub_bert, pooling="mean")


JAX = """
import sys
import keras_bigmodel
import numpy as np
encoder = keras_bigmodel.HubEncoder(sys.argv[1])
ids = np.ones((2, 5), "int32")
inputs = {"input_word_ids": ids, "input_mask": ids, "input_type_ids": 0 * ids}
print(encoder.compute, encoder(inputs)["pooled_output"].shape)
try:
    keras_bigmodel.HubEncoder(sys.argv[1], compute="module")
except keras_bigmodel.UserError as error:
    print(error)
"""


@pytest.mark.full
def test_on_jax_it_runs_in_layers_and_a_graph_is_refused(hub_bert):
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    ran = subprocess.run(
        [sys.executable, "-c", JAX, str(hub_bert)], env=environment, capture_output=True, text=True, check=True
    )
    assert "layers (2, 32)" in ran.stdout
    assert "runs in its own graph, a TensorFlow one, and Keras's backend is jax" in ran.stdout


@both_ways_in_full
def test_it_is_exported_as_keras_exports(hub_bert, tmp_path, compute):
    model, _ = classifier(hub_bert, compute=compute)
    data = rows()
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    model.fit(data, labels(data), verbose=0)
    model.export(str(tmp_path / "exported"), verbose=False)
    served = tf.saved_model.load(str(tmp_path / "exported")).signatures["serving_default"]
    answers = served(**{name: tf.constant(part) for name, part in data.items()})
    np.testing.assert_allclose(next(iter(answers.values())), model.predict(data, verbose=0), atol=1e-6)


def test_the_head_that_predicts_masked_tokens(hub_bert):
    data = {**rows(4), "masked_lm_positions": np.array([[1, 2, 0]] * 4, "int32")}
    encoder = HubEncoder(hub_bert, mlm=True)
    theirs = tf.saved_model.load(str(hub_bert)).mlm({name: tf.constant(part) for name, part in data.items()})
    found = encoder(data)["mlm_logits"]
    assert tuple(found.shape) == (4, 3, 500)
    np.testing.assert_array_equal(found, theirs["mlm_logits"])
    assert len(encoder.weights) == len(HubEncoder(hub_bert, compute="module").weights) + 5
    with pytest.raises(UserError, match="masked_lm_positions"):
        encoder(rows(4))


def test_a_module_of_the_older_interface_runs(tmp_path):
    """Versions 1 and 2 of TF-Hub's BERTs take a list and return two tensors."""
    root = tf.train.Checkpoint()
    root.table = tf.Variable(np.random.default_rng(0).standard_normal((500, 8)), dtype=tf.float32, name="table")
    root.variables, root.trainable_variables = [root.table], [root.table]
    spec = [tf.TensorSpec([None, None], tf.int32, name=name) for name in INPUTS]

    @tf.function
    def call(inputs, training=False):
        states = tf.gather(root.table, inputs[0]) * tf.cast(inputs[1], tf.float32)[..., tf.newaxis]
        return states[:, 0], states + (1.0 if training else 0.0)

    for training in (False, True):
        call.get_concrete_function(spec, training=training)
    root.__call__ = call
    served = tf.function(lambda **ids: {"out": call([ids[name] for name in INPUTS])[1]})
    signature = served.get_concrete_function(**dict(zip(INPUTS, spec, strict=True)))
    tf.saved_model.save(root, str(tmp_path / "old"), signatures={"serving_default": signature})
    found = HubEncoder(tmp_path / "old")(rows(3))
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "pooled_output": (3, 8),
        "default": (3, 8),
        "sequence_output": (3, LENGTH, 8),
    }
