"""Every folder that cannot be read is refused with a sentence that says what came and what to do."""

import json

import keras
import numpy as np
import pytest

from keras_bigmodel.checkpoints import HuggingFaceFolder, load_encoder
from keras_bigmodel.core.errors import UserError
from tests.tiny_bert import CONFIG, tiny_tensors, write_tiny_bert


@pytest.fixture
def folder(tmp_path):
    return write_tiny_bert(tmp_path / "bert")


def refusal(source):
    """The sentence with which a source is refused."""
    with pytest.raises(UserError) as caught:
        load_encoder(source)
    return str(caught.value)


def change_config(folder, **values):
    config = json.loads((folder / "config.json").read_text()) | values
    (folder / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value is not ...}))


def with_tensors(tmp_path, **changes):
    """A folder whose tensors are changed; None takes one away."""
    tensors = tiny_tensors(CONFIG)
    for name, tensor in changes.items():
        assert name in tensors
        if tensor is None:
            del tensors[name]
        else:
            tensors[name] = tensor
    return write_tiny_bert(tmp_path / "changed", tensors=tensors)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"No folder .*nothing.*config\.json and model\.safetensors"):
        HuggingFaceFolder(tmp_path / "nothing")


def test_a_file_in_the_place_of_the_folder(folder):
    assert "No folder" in refusal(folder / "config.json")


def test_a_folder_without_a_config_says_what_it_holds(folder):
    (folder / "config.json").unlink()
    said = refusal(folder)
    assert "it holds model.safetensors, tokenizer_config.json, vocab.txt" in said
    assert "Wanted are config.json" in said


def test_an_empty_folder(tmp_path):
    assert "it holds nothing" in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"{not json", b"\xff\xfe", b"[1, 2]", b"", b'"bert"'])
def test_a_config_that_is_no_json_object(folder, content):
    (folder / "config.json").write_bytes(content)
    said = refusal(folder)
    assert str(folder / "config.json") in said
    assert "Copy it again" in said


@pytest.mark.parametrize("model_type", ["distilbert", "roberta", "gpt2"])
def test_another_architecture_is_named(folder, model_type):
    change_config(folder, model_type=model_type)
    assert f'a model of type "{model_type}"; only "bert"' in refusal(folder)


def test_an_architecture_without_a_type_is_named_by_its_class(folder):
    change_config(folder, model_type=..., architectures=["T5Model"])
    assert '"T5Model"' in refusal(folder)


@pytest.mark.parametrize("change", [{"type_vocab_size": ...}, {"embedding_size": 128}, {"bos_token_id": 0}])
def test_a_config_that_names_no_architecture_and_has_not_the_keys_of_a_bert(folder, change):
    change_config(folder, model_type=..., architectures=..., **change)
    assert '"not named"' in refusal(folder)


@pytest.mark.parametrize("value", [..., None, "32", 32.0])
def test_every_missing_size_is_named(folder, value):
    change_config(folder, hidden_size=value, num_attention_heads=value)
    assert "lacks hidden_size, num_attention_heads (whole numbers)" in refusal(folder)


def test_heads_that_do_not_divide_the_width(folder):
    change_config(folder, num_attention_heads=3)
    assert "num_attention_heads=3" in refusal(folder)


BAD_VALUES = {
    "num_attention_heads": [0, -1, True],
    "num_hidden_layers": [0, -1, 10**6, 10**30],
    "vocab_size": [0, 10**9],
    "hidden_size": [0, -32, 10**6],
    "intermediate_size": [0, 10**9],
    "max_position_embeddings": [0, "64", None, [64], 10**9],
    "type_vocab_size": [0, 1.5, {}],
    "hidden_dropout_prob": [-0.1, 1.0, "0.1", None, [0.1], float("nan"), True],
    "attention_probs_dropout_prob": [2, "none"],
    "layer_norm_eps": [-1e-12, "1e-12", None],
    "hidden_act": [{"name": "gelu"}, None, 3, ["gelu"]],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in BAD_VALUES for value in BAD_VALUES[name]])
def test_a_value_that_no_bert_has_is_named(folder, name, value):
    change_config(folder, **{name: value})
    said = refusal(folder)
    assert name in said
    assert said.endswith(".")


def test_more_layers_in_the_weights_than_in_the_config(folder):
    change_config(folder, num_hidden_layers=1)
    said = refusal(folder)
    assert "tensors that no BERT of its config.json has, 16 in all" in said
    assert "encoder.layer.1." in said


def test_every_missing_tensor_is_named(tmp_path):
    names = ["embeddings.LayerNorm.bias", "encoder.layer.1.attention.self.key.weight"]
    said = refusal(with_tensors(tmp_path, **dict.fromkeys(names)))
    for name in names:
        assert f"{name} is missing" in said
    assert said.count("is missing") == 2
    assert "Take both files from one model" in said


def test_every_tensor_of_another_shape_is_named_with_both_shapes(tmp_path):
    wrong = {
        "embeddings.word_embeddings.weight": np.zeros((499, 32), "float32"),
        "encoder.layer.0.intermediate.dense.weight": np.zeros((32, 64), "float32"),
        "encoder.layer.1.attention.self.value.bias": np.zeros((16,), "float32"),
    }
    said = refusal(with_tensors(tmp_path, **wrong))
    assert "embeddings.word_embeddings.weight has shape (499, 32), config.json asks for (500, 32)" in said
    assert "encoder.layer.0.intermediate.dense.weight has shape (32, 64), config.json asks for (64, 32)" in said
    assert "encoder.layer.1.attention.self.value.bias has shape (16,), config.json asks for (32,)" in said
    assert said.count("has shape") == 3


def test_a_long_list_of_faults_is_cut_and_counted(folder):
    change_config(folder, num_hidden_layers=4)
    said = refusal(folder)
    assert said.count("is missing") == 10
    assert "and 22 more" in said  # a layer has 16 tensors, and two are missing


def test_a_head_of_another_size_than_the_labels(tiny_bert_with_head):
    layer = keras.layers.Dense(5)
    layer.build((None, 32))
    with pytest.raises(UserError, match=r"classifier.weight has shape \(3, 32\), config.json asks for \(5, 32\)"):
        HuggingFaceFolder(tiny_bert_with_head).load_head(layer)


def test_pickled_weights_alone_are_not_read(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    said = refusal(folder)
    assert "has pytorch_model.bin but no model.safetensors" in said
    assert "safe_serialization=True" in said


def test_no_weights_at_all(folder):
    (folder / "model.safetensors").unlink()
    assert "has no model.safetensors" in refusal(folder)


@pytest.mark.parametrize("kept", [0, 5, 300, 50_000])
def test_a_cut_off_weights_file(folder, kept):
    path = folder / "model.safetensors"
    content = path.read_bytes()
    assert len(content) > 50_000
    path.write_bytes(content[:kept])
    said = refusal(folder)
    assert f"{path} cannot be read as safetensors" in said
    assert "Copy it again" in said


def test_a_vocabulary_larger_than_the_model(folder):
    change_config(folder, vocab_size=400)
    with pytest.raises(UserError, match="500 tokens in its vocabulary and vocab_size 400.*take both from one"):
        HuggingFaceFolder(folder).vocabulary()


def test_an_unknown_activation(folder):
    change_config(folder, hidden_act="gelu_10")
    known = "gelu, gelu_python, gelu_new, gelu_pytorch_tanh, relu, silu, swish"
    assert f'activation "gelu_10"; known are {known}' in refusal(folder)


@pytest.mark.parametrize("kind", ["relative_key", "relative_key_query"])
def test_relative_position_embeddings(folder, kind):
    change_config(folder, position_embedding_type=kind)
    assert f'position embeddings "{kind}"; only "absolute"' in refusal(folder)


def test_a_bert_that_only_looks_back_is_not_read_as_one_that_looks_both_ways(folder):
    change_config(folder, is_decoder=True)
    assert "is_decoder" in refusal(folder)


def test_a_pooling_file_that_is_no_json(folder):
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text("{oops")
    with pytest.raises(UserError, match="1_Pooling"):
        HuggingFaceFolder(folder).pooling  # noqa: B018


def test_label_numbers_that_are_no_numbers(tmp_path):
    folder = write_tiny_bert(tmp_path / "head", labels=["bad", "good"])
    change_config(folder, id2label={"zero": "bad", "one": "good"})
    with pytest.raises(UserError, match="id2label"):
        HuggingFaceFolder(folder).labels  # noqa: B018


def test_an_unknown_name_lists_the_known_ones_and_what_a_folder_must_hold(tmp_path):
    said = refusal("bert-base-uncased")
    assert 'No encoder "bert-base-uncased"' in said
    assert "Known names: minilm" in said
    assert "config.json, model.safetensors, and vocab.txt or tokenizer.json" in said


def test_a_mistyped_name_is_guessed():
    assert 'Did you mean "minilm"?' in refusal("minlm")
