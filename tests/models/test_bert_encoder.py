"""BERT as a Keras model: its two parts, its inputs, saving, sizes; on every backend."""

from dataclasses import asdict

import keras
import numpy as np
import pytest
from keras import ops

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.models.bert import BERT_SIZES, BertEncoder

pytestmark = pytest.mark.layers

SIZES = {"num_layers": 2, "num_heads": 2, "intermediate_dim": 16, "max_length": 12}


@pytest.fixture(scope="module")
def encoder():
    return BertEncoder(50, 8, **SIZES)


@pytest.fixture(scope="module")
def inputs():
    random = np.random.default_rng(3)
    mask = np.array([[1] * 7, [1] * 4 + [0] * 3, [1] * 2 + [0] * 5], "int32")
    return {
        "token_ids": random.integers(1, 50, (3, 7)).astype("int32") * mask,
        "segment_ids": np.array([[0, 0, 0, 1, 1, 1, 1]] * 3, "int32") * mask,
        "padding_mask": mask,
    }


def body(encoder, vectors, padding_mask):
    return encoder.body_part([ops.convert_to_tensor(vectors), ops.convert_to_tensor(padding_mask)])


def numbers(outputs):
    return {name: ops.convert_to_numpy(tensor) for name, tensor in outputs.items()}


def equal(outputs, wanted, **tolerance):
    outputs, wanted = numbers(outputs), numbers(wanted)
    assert outputs.keys() == wanted.keys()
    for name in wanted:
        np.testing.assert_allclose(outputs[name], wanted[name], err_msg=name, **tolerance)


def test_the_two_parts_one_after_the_other_are_the_whole(encoder, inputs):
    vectors = encoder.embedding_part([inputs["token_ids"], inputs["segment_ids"]])
    assert tuple(vectors.shape) == (3, 7, 8)
    equal(body(encoder, vectors, inputs["padding_mask"]), encoder(inputs), atol=1e-6)


def test_the_parts_hold_every_weight_once(encoder):
    parts = [*encoder.embedding_part.weights, *encoder.body_part.weights]
    assert {id(weight) for weight in parts} == {id(weight) for weight in encoder.weights}
    assert len(parts) == len(encoder.weights)


def test_gradients_reach_the_vectors_between_the_parts(encoder, inputs):
    vectors = encoder.embedding_part([inputs["token_ids"], inputs["segment_ids"]])

    def total(vectors):
        states = body(encoder, vectors, inputs["padding_mask"])["pooled_output"]
        return ops.sum(states * ops.arange(1, 9, dtype="float32"))

    gradient = ops.convert_to_numpy(gradient_of(total, vectors))
    assert gradient.shape == (3, 7, 8)
    assert np.isfinite(gradient).all()
    sizes = np.abs(gradient).max(axis=-1)
    assert (sizes[inputs["padding_mask"] == 1] > 0).all()
    assert sizes[inputs["padding_mask"] == 0].max() == 0


def gradient_of(function, at):
    if keras.backend.backend() == "jax":
        import jax

        return jax.grad(function)(at)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(at)
        value = function(at)
    return tape.gradient(value, at)


def test_other_vectors_may_stand_in_for_the_embeddings(encoder, inputs):
    vectors = ops.convert_to_numpy(encoder.embedding_part([inputs["token_ids"], inputs["segment_ids"]])).copy()
    before = numbers(body(encoder, vectors, inputs["padding_mask"]))["sequence_output"]
    vectors[0, 3] = 0.0
    after = numbers(body(encoder, vectors, inputs["padding_mask"]))["sequence_output"]
    assert np.abs(after[0] - before[0]).max() > 1e-4
    np.testing.assert_allclose(after[1:], before[1:], atol=1e-6)


def test_padding_changes_nothing_for_the_real_tokens(encoder, inputs):
    padded = numbers(encoder(inputs))
    for text, length in enumerate(inputs["padding_mask"].sum(axis=1)):
        alone = numbers(encoder({name: array[text : text + 1, :length] for name, array in inputs.items()}))
        np.testing.assert_allclose(padded["sequence_output"][text, :length], alone["sequence_output"][0], atol=1e-5)
        np.testing.assert_allclose(padded["pooled_output"][text], alone["pooled_output"][0], atol=1e-5)


def test_what_stands_under_the_padding_does_not_matter(encoder, inputs):
    hidden = 1 - inputs["padding_mask"]
    other = {**inputs, "token_ids": inputs["token_ids"] + 7 * hidden, "segment_ids": inputs["segment_ids"] + hidden}
    real = inputs["padding_mask"] == 1
    before, after = numbers(encoder(inputs)), numbers(encoder(other))
    np.testing.assert_allclose(after["sequence_output"][real], before["sequence_output"][real], atol=1e-6)


def test_a_config_makes_the_same_encoder_again(encoder, inputs):
    again = BertEncoder.from_config(encoder.get_config())
    assert again.get_config() == encoder.get_config()
    again.set_weights(encoder.get_weights())
    equal(again(inputs), encoder(inputs), atol=0)


def test_a_config_keeps_the_dtype_and_whether_it_is_frozen():
    encoder = BertEncoder(50, 8, **SIZES, dtype="mixed_bfloat16", name="mine")
    encoder.trainable = False
    again = BertEncoder.from_config(encoder.get_config())
    assert again.name == "mine"
    assert again.trainable_weights == []
    assert again.embedding.compute_dtype == "bfloat16"
    assert again.transformer_layers[1].compute_dtype == "bfloat16"


def test_a_keras_file_holds_the_encoder(encoder, inputs, tmp_path):
    encoder.save(tmp_path / "encoder.keras")
    loaded = keras.saving.load_model(tmp_path / "encoder.keras")
    assert isinstance(loaded, BertEncoder)
    equal(loaded(inputs), encoder(inputs), atol=0)


def test_a_keras_file_holds_a_model_around_the_encoder(encoder, inputs, tmp_path):
    symbols = {name: keras.Input((None,), dtype="int32", name=name) for name in inputs}
    outputs = keras.layers.Dense(3)(encoder(symbols)["pooled_output"])
    model = keras.Model(symbols, outputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(ops.convert_to_numpy(loaded(inputs)), ops.convert_to_numpy(model(inputs)))


def test_a_weights_file_fills_another_encoder(encoder, inputs, tmp_path):
    encoder.save_weights(tmp_path / "encoder.weights.h5")
    other = BertEncoder(50, 8, **SIZES)
    other.load_weights(tmp_path / "encoder.weights.h5")
    equal(other(inputs), encoder(inputs), atol=0)


def test_without_a_pooler_only_the_states_come_out(inputs):
    encoder = BertEncoder(50, 8, **SIZES, pooler=False)
    assert encoder.pooler is None
    assert set(encoder(inputs)) == {"sequence_output"}
    assert not [weight.path for weight in encoder.weights if "pooler" in weight.path]
    assert set(BertEncoder.from_config(encoder.get_config())(inputs)) == {"sequence_output"}


def test_the_pooler_is_a_tanh_product_of_the_first_state(encoder, inputs):
    outputs = numbers(encoder(inputs))
    kernel, bias = (ops.convert_to_numpy(part) for part in (encoder.pooler.kernel, encoder.pooler.bias))
    wanted = np.tanh(outputs["sequence_output"][:, 0] @ kernel + bias)
    np.testing.assert_allclose(outputs["pooled_output"], wanted, atol=1e-6)


def test_it_learns_in_anyones_own_fit(inputs):
    encoder = BertEncoder(50, 8, **SIZES, dropout=0.0, attention_dropout=0.0)
    symbols = {name: keras.Input((None,), dtype="int32", name=name) for name in inputs}
    model = keras.Model(symbols, keras.layers.Dense(1)(encoder(symbols)["pooled_output"]))
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    weights = encoder.get_weights()
    history = model.fit(inputs, np.array([[1.0], [-1.0], [2.0]]), batch_size=3, epochs=8, verbose=0)
    assert history.history["loss"][-1] < 0.5 * history.history["loss"][0]
    for variable, before in zip(encoder.weights, weights, strict=True):
        assert not np.array_equal(ops.convert_to_numpy(variable), before), variable.path


@pytest.mark.parametrize(("policy", "tolerance"), [("mixed_bfloat16", 0.1), ("mixed_float16", 0.02)])
def test_mixed_precision_stays_near(encoder, inputs, policy, tolerance):
    half = BertEncoder(50, 8, **SIZES, dtype=policy)
    half.set_weights(encoder.get_weights())
    outputs = half(inputs)
    for name, wanted in numbers(encoder(inputs)).items():
        assert keras.backend.standardize_dtype(outputs[name].dtype) == policy.removeprefix("mixed_")
        found = ops.convert_to_numpy(ops.cast(outputs[name], "float32"))
        np.testing.assert_allclose(found, wanted, atol=tolerance)  # states are near 1


def test_the_dtype_of_keras_is_taken_unless_said():
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert BertEncoder(50, 8, **SIZES).transformer_layers[0].compute_dtype == "bfloat16"
    assert BertEncoder(50, 8, **SIZES, dtype="float32").transformer_layers[0].compute_dtype == "float32"


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(UserError, match="hidden_dim=8 cannot have num_heads=3.*divides it"):
        BertEncoder(50, 8, **{**SIZES, "num_heads": 3})


def test_no_heads_at_all_are_refused():
    with pytest.raises(UserError, match="num_heads=0"):
        BertEncoder(50, 8, **{**SIZES, "num_heads": 0})


def test_a_text_longer_than_the_positions_is_refused(encoder):
    ids = np.ones((1, 13), "int32")
    with pytest.raises(ValueError, match="max_length=12"):
        encoder({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": ids})


def test_minilm_has_as_many_parameters_as_published():
    assert BertEncoder(**asdict(BERT_SIZES["minilm"])).count_params() == 22_713_216


@pytest.mark.parametrize("name", BERT_SIZES)
def test_every_published_size_has_heads_of_one_width(name):
    size = BERT_SIZES[name]
    assert size.hidden_dim % size.num_heads == 0
    assert size.intermediate_dim == 4 * size.hidden_dim
    assert size.vocabulary_size == 30522


def test_frozen_layers_stay_frozen_through_the_config():
    encoder = BertEncoder(50, 8, **SIZES)
    encoder.embedding_part.trainable = False
    encoder.transformer_layers[0].trainable = False
    twin = BertEncoder.from_config(encoder.get_config())
    assert len(twin.trainable_weights) == len(encoder.trainable_weights)
    assert not twin.embedding.trainable
    assert twin.transformer_layers[1].trainable
