"""Folders as Hugging Face writes them: their numbers, their names, both ways."""

import json

import keras
import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file

from keras_bigmodel.checkpoints import HuggingFaceFolder, load_encoder
from keras_bigmodel.checkpoints.bert_name_map import bert_name_map, head_name_map
from tests.checkpoints.plain_bert import plain_bert
from tests.tiny_bert import CONFIG, tiny_tensors, tiny_vocabulary, write_tiny_bert

LABELS = ["bad", "fair", "good"]


@pytest.fixture(scope="module")
def inputs():
    random = np.random.default_rng(1)
    mask = (np.arange(9)[None, :] < np.array([[9], [4], [1], [6]])).astype("int32")
    return {
        "token_ids": random.integers(0, 500, (4, 9)).astype("int32"),
        "segment_ids": np.tile([0, 0, 0, 0, 1, 1, 1, 1, 1], (4, 1)).astype("int32"),
        "padding_mask": mask,
    }


def head_of(folder):
    """The folder's classification head as a built layer."""
    layer = keras.layers.Dense(len(folder.labels))
    layer.build((None, CONFIG["hidden_size"]))
    folder.load_head(layer)
    return layer


def equal_tensors(found, wanted):
    assert found.keys() == wanted.keys()
    for name in wanted:
        np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)


def written_back(pairs):
    """What the name map gives for the foreign file."""
    tensors = {}
    for pair in pairs:
        arrays = pair.split(pair.variable.numpy())
        for name, array, shape in zip(pair.names, arrays, pair.shapes, strict=True):
            assert array.shape == shape, name
            assert name not in tensors
            tensors[name] = array
    return tensors


@pytest.mark.parametrize("labels", [None, LABELS], ids=["no_head", "head"])
def test_the_numbers_are_those_of_an_independent_bert(tmp_path, inputs, labels):
    folder = HuggingFaceFolder(write_tiny_bert(tmp_path, labels=labels, seed=3))
    wanted = plain_bert(load_file(tmp_path / "model.safetensors"), **inputs, num_heads=2)
    outputs = folder.load_encoder()(inputs)
    real = inputs["padding_mask"] == 1
    np.testing.assert_allclose(outputs["sequence_output"].numpy()[real], wanted["states"][real], atol=1e-5)
    np.testing.assert_allclose(outputs["pooled_output"], wanted["pooled"], atol=1e-5)
    if labels:
        np.testing.assert_allclose(head_of(folder)(outputs["pooled_output"]), wanted["logits"], atol=1e-5)


def test_more_layers_and_another_epsilon_are_read_from_the_config(tmp_path, inputs):
    config = {"num_hidden_layers": 3, "num_attention_heads": 4, "layer_norm_eps": 0.01}
    tensors = tiny_tensors({**CONFIG, **config})
    write_tiny_bert(tmp_path, tensors=tensors, **config)
    wanted = plain_bert(tensors, **inputs, num_heads=4, epsilon=0.01)
    outputs = load_encoder(tmp_path)(inputs)
    real = inputs["padding_mask"] == 1
    np.testing.assert_allclose(outputs["sequence_output"].numpy()[real], wanted["states"][real], atol=1e-5)


def test_the_name_map_writes_back_bit_for_bit_what_was_read(tiny_bert):
    encoder = load_encoder(tiny_bert)
    equal_tensors(written_back(bert_name_map(encoder)), load_file(tiny_bert / "model.safetensors"))


def test_the_name_map_of_a_folder_with_a_head_writes_back_the_head_too(tiny_bert_with_head):
    folder = HuggingFaceFolder(tiny_bert_with_head)
    pairs = [*bert_name_map(folder.load_encoder()), *head_name_map(head_of(folder))]
    wanted = load_file(tiny_bert_with_head / "model.safetensors")
    equal_tensors(written_back(pairs), {name.removeprefix("bert."): tensor for name, tensor in wanted.items()})


def test_every_weight_of_the_encoder_has_a_name(tiny_bert):
    encoder = load_encoder(tiny_bert)
    named = [id(pair.variable) for pair in bert_name_map(encoder)]
    assert sorted(named) == sorted(id(weight) for weight in encoder.weights)


def test_joining_undoes_splitting_for_every_pair(tiny_bert):
    random = np.random.default_rng(0)
    for pair in bert_name_map(load_encoder(tiny_bert)):
        array = random.standard_normal(pair.variable.shape).astype("float32")
        np.testing.assert_array_equal(pair.join(pair.split(array)), array)


def test_names_with_and_without_prefix_are_the_same_model(tmp_path, inputs):
    tensors = tiny_tensors(CONFIG)
    plain = load_encoder(write_tiny_bert(tmp_path / "plain", tensors=tensors))
    prefixed = {f"bert.{name}": tensor for name, tensor in tensors.items()}
    prefixed = load_encoder(write_tiny_bert(tmp_path / "prefixed", tensors=prefixed))
    equal_tensors(written_back(bert_name_map(prefixed)), written_back(bert_name_map(plain)))


def test_the_gamma_and_beta_of_old_files_are_read(tmp_path):
    tensors = tiny_tensors(CONFIG)
    old = {}
    for name, tensor in tensors.items():
        if "LayerNorm" in name:
            name = name.replace(".weight", ".gamma").replace(".bias", ".beta")
        old[name] = tensor
    assert "embeddings.LayerNorm.gamma" in old
    encoder = load_encoder(write_tiny_bert(tmp_path, tensors=old))
    equal_tensors(written_back(bert_name_map(encoder)), tensors)


@pytest.mark.parametrize("dtype", ["float16", ml_dtypes.bfloat16, "float64"], ids=["float16", "bfloat16", "float64"])
def test_tensors_of_other_precision_are_read(tmp_path, dtype):
    tensors = {name: tensor.astype(dtype) for name, tensor in tiny_tensors(CONFIG).items()}
    encoder = load_encoder(write_tiny_bert(tmp_path, tensors=tensors))
    wanted = {name: tensor.astype("float32") for name, tensor in tensors.items()}
    equal_tensors(written_back(bert_name_map(encoder)), wanted)


def test_what_the_model_does_not_need_is_passed_over(tmp_path):
    tensors = tiny_tensors(CONFIG)
    more = {**tensors, "embeddings.position_ids": np.arange(64)[None], "cls.predictions.bias": np.zeros(500, "float32")}
    encoder = load_encoder(write_tiny_bert(tmp_path, tensors=more))
    equal_tensors(written_back(bert_name_map(encoder)), tensors)


def test_a_head_brings_its_labels_in_the_order_of_its_outputs(tmp_path):
    names = {str(number): f"label {number}" for number in reversed(range(12))}  # as text "10" sorts before "2"
    write_tiny_bert(tmp_path, labels=[f"label {number}" for number in range(12)])
    config = json.loads((tmp_path / "config.json").read_text()) | {"id2label": names}
    (tmp_path / "config.json").write_text(json.dumps(config))
    folder = HuggingFaceFolder(tmp_path)
    assert folder.has_head
    assert folder.labels == [f"label {number}" for number in range(12)]
    assert folder.pooling == "pooler"


def test_a_folder_without_a_head_has_no_labels(tiny_bert):
    folder = HuggingFaceFolder(tiny_bert)
    assert not folder.has_head
    assert folder.labels is None
    assert folder.has_pooler
    assert folder.pooling is None


def test_a_product_on_every_token_is_no_head_for_texts(tmp_path):
    tensors = {name: tensor for name, tensor in tiny_tensors(CONFIG).items() if "pooler" not in name}
    tensors |= {"classifier.weight": np.zeros((3, 32), "float32"), "classifier.bias": np.zeros(3, "float32")}
    assert not HuggingFaceFolder(write_tiny_bert(tmp_path, tensors=tensors)).has_head


def test_a_folder_without_a_pooler_gives_an_encoder_without_one(tmp_path):
    tensors = {name: tensor for name, tensor in tiny_tensors(CONFIG).items() if "pooler" not in name}
    assert load_encoder(write_tiny_bert(tmp_path, tensors=tensors)).pooler is None


def test_the_pooler_may_be_left_behind(tiny_bert):
    assert load_encoder(tiny_bert, pooler=False).pooler is None
    assert load_encoder(tiny_bert).pooler is not None


@pytest.mark.parametrize(
    ("said", "pooling"),
    [
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, "mean"),
        ({"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}, "cls"),
        ({"pooling_mode_max_tokens": True}, "max"),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True}, "mean and max"),
        ({"pooling_mode_lasttoken": True, "include_prompt": True}, "lasttoken"),
        ({"pooling_mode": "cls"}, "cls"),
        ({"word_embedding_dimension": 32}, None),
    ],
)
def test_a_sentence_encoder_says_how_it_pools(tmp_path, said, pooling):
    write_tiny_bert(tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(said))
    assert HuggingFaceFolder(tmp_path).pooling == pooling


def test_the_vocabulary_and_its_settings_are_read(tmp_path):
    write_tiny_bert(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False}))
    tokens, settings = HuggingFaceFolder(tmp_path).vocabulary()
    assert tokens == list(tiny_vocabulary())
    assert settings["lowercase"] is False


def test_a_config_without_the_optional_numbers_gets_berts_own(tmp_path):
    write_tiny_bert(tmp_path)
    needed = (
        "model_type",
        "vocab_size",
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
    )
    config = {name: CONFIG[name] for name in needed}
    (tmp_path / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 64}))
    settings = load_encoder(tmp_path).settings
    assert (settings["activation"], settings["epsilon"], settings["num_segments"]) == ("gelu", 1e-12, 2)


@pytest.mark.parametrize(
    ("theirs", "ours"), [("gelu_python", "gelu"), ("swish", "silu"), ("relu", "relu"), ("gelu_new", "gelu_tanh")]
)
def test_the_activations_names_are_translated(tmp_path, theirs, ours):
    assert load_encoder(write_tiny_bert(tmp_path, hidden_act=theirs)).settings["activation"] == ours


def test_weights_stay_float32_under_mixed_precision(tiny_bert):
    encoder = load_encoder(tiny_bert, dtype="mixed_bfloat16")
    assert encoder.transformer_layers[0].compute_dtype == "bfloat16"
    equal_tensors(written_back(bert_name_map(encoder)), load_file(tiny_bert / "model.safetensors"))
