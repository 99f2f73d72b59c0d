"""A BERT of TF-Hub becomes our own encoder: the module's numbers, its ids, every export."""

import hashlib
import os
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import HubEncoder, TextClassifier, UserError, load_encoder
from keras_bigmodel.checkpoints import HubFolder, HubPreprocessorFunctions, open_checkpoint
from keras_bigmodel.checkpoints.saved_model_file import SavedModelFile
from keras_bigmodel.data import support_messages
from keras_bigmodel.data.bundled_texts import parity_texts
from keras_bigmodel.preprocessors import TextPreprocessor
from keras_bigmodel.tokenizers import WordPieceTokenizer
from tests.hub_modules import write_hub_bert
from tests.tiny_bert import tiny_vocabulary

NAMES = {"token_ids": "input_word_ids", "padding_mask": "input_mask", "segment_ids": "input_type_ids"}
SEGMENTER = Path(os.environ.get("KERAS_BIGMODEL_DATA", "")) / "tf_hub_module_fixture" / "segmenter_hub_module"


def own_features(folder, texts, mode="fast", max_length=64):
    vocabulary, settings = open_checkpoint(folder).vocabulary()
    return TextPreprocessor(WordPieceTokenizer(vocabulary, mode=mode, **settings), max_length=max_length).padded(
        {"text": texts}
    )


def test_the_encoder_computes_what_the_module_computes(hub_bert):
    features = own_features(hub_bert, [*support_messages("test")[0][:100], "", "谢谢"])
    ours = load_encoder(hub_bert)(features, training=False)
    theirs = tf.saved_model.load(str(hub_bert))({NAMES[name]: value for name, value in features.items()})
    seen = features["padding_mask"].numpy()[..., np.newaxis]
    assert set(ours) == {"sequence_output", "pooled_output"}
    for name, mask in (("sequence_output", seen), ("pooled_output", 1.0)):
        np.testing.assert_allclose(ours[name] * mask, theirs[name] * mask, rtol=0, atol=1e-5)
    assert float(np.abs(ours["pooled_output"]).max()) > 0.1


def test_the_ids_are_those_of_the_modules_preprocessor(hub_bert, hub_preprocessor):
    texts = [*support_messages("test")[0][:100], "", "Ünïcode & Grüße", "谢谢 你", "x" * 300]
    module = tf.saved_model.load(str(hub_preprocessor))
    pieces = module.tokenize(tf.constant(texts))
    theirs = module.bert_pack_inputs([pieces], seq_length=tf.constant(64))
    ours = own_features(hub_bert, texts)
    width = ours["token_ids"].shape[1]
    for name, other in NAMES.items():
        np.testing.assert_array_equal(ours[name], theirs[other][:, :width])
        assert not theirs["input_mask"][:, width:].numpy().any()


def test_sizes_vocabulary_and_case_are_read(tmp_path):
    folder = write_hub_bert(
        tmp_path / "bert", tiny_vocabulary(), lowercase=False, layers=1, heads=2, inner=48, dropout=0.2
    )
    checkpoint = HubFolder(folder)
    assert checkpoint.encoder_settings == {
        "vocabulary_size": 500,
        "hidden_dim": 32,
        "num_layers": 1,
        "num_heads": 2,
        "intermediate_dim": 48,
        "max_length": 64,
        "num_segments": 2,
        "activation": "gelu_tanh",
        "epsilon": 1e-12,
        "dropout": 0.2,
        "attention_dropout": 0.1,
    }
    assert checkpoint.vocabulary() == (list(tiny_vocabulary()), {"lowercase": False})
    assert (checkpoint.has_pooler, checkpoint.has_head, checkpoint.labels) == (True, False, None)


@pytest.mark.parametrize(("name", "ours"), [("gelu", "gelu"), ("relu", "relu"), ("silu", "silu")])
def test_other_activations_are_read_from_the_graph(tmp_path, name, ours):
    import tf_keras

    activation = getattr(tf_keras.activations, "swish" if name == "silu" else name)
    folder = write_hub_bert(tmp_path / "bert", tiny_vocabulary(), activation=activation, layers=1)
    assert load_encoder(folder).settings["activation"] == ours  # which has compared the numbers


@pytest.mark.parametrize("mode", ["fast", "exact"])
@pytest.mark.parametrize("length", [9, 10, 64])
def test_pairs_are_packed_and_cut_as_by_the_modules_preprocessor(hub_bert, hub_preprocessor, tmp_path, mode, length):
    vocabulary, settings = open_checkpoint(hub_bert).vocabulary()
    texts = ["a red hat and shoes", "no", "where is my order please", ""]
    module = tf.saved_model.load(str(hub_preprocessor))
    parts = [module.tokenize(tf.constant(column)) for column in (texts, texts[::-1])]
    theirs = module.bert_pack_inputs(parts, seq_length=tf.constant(length))
    prepare = HubPreprocessorFunctions(WordPieceTokenizer(vocabulary, mode=mode, **settings), 64)
    ours = prepare.pack([prepare.tokenize(tf.constant(column)) for column in (texts, texts[::-1])], length)
    for name in NAMES.values():
        np.testing.assert_array_equal(ours[name], theirs[name])
        assert ours[name].shape == (4, length)


doubled = lambda x: tf.nn.gelu(x, approximate=True) * 2.0
OTHERS = {
    "computes something else: sequence_output differs": {"activation": doubled},
    "its pooled_output is not what the pooler computes": {
        "change": lambda core, outputs: {**outputs, "pooled_output": outputs["pooled_output"] * 2.0}
    },
    "pooled_output is not what": {
        "change": lambda core, outputs: {**outputs, "default": tf.reduce_mean(outputs["sequence_output"], axis=1)}
    },
    "encoder_outputs.0. differs": {
        "layers": 2,
        "change": lambda core, outputs: {**outputs, "encoder_outputs": outputs["encoder_outputs"][::-1]},
    },
    "sequence_output is missing in the module": {
        "change": lambda core, outputs: {name: outputs[name] for name in ("pooled_output", "default")}
    },
}


@pytest.mark.parametrize(
    "sentence",
    [pytest.param(name, marks=pytest.mark.full if place else (), id=name) for place, name in enumerate(OTHERS)],
)
def test_a_module_that_computes_something_else_is_refused_and_runs_in_its_own_graph(tmp_path, sentence):
    folder = write_hub_bert(tmp_path / "bert", tiny_vocabulary(), **{"layers": 1, **OTHERS[sentence]})
    with pytest.raises(UserError, match=sentence):
        load_encoder(folder)
    assert HubEncoder(folder).compute == "module"


def test_a_module_of_one_length_is_compared_in_that_length(tmp_path):
    folder = write_hub_bert(tmp_path / "bert", tiny_vocabulary(), layers=1, length=16)
    assert load_encoder(folder).settings["num_layers"] == 1


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_dropout_is_that_of_the_graph(tmp_path, rate):
    folder = write_hub_bert(tmp_path / "bert", tiny_vocabulary(), layers=1, dropout=rate)
    assert HubFolder(folder).encoder_settings["dropout"] == rate


def test_a_head_that_computes_something_else_is_refused(tmp_path):
    folder = write_hub_bert(tmp_path / "bert", tiny_vocabulary(), layers=1, mlm=True, head_activation=tf.nn.relu)
    checkpoint = HubFolder(folder)
    with pytest.raises(UserError, match="mlm_logits differs by"):
        checkpoint.load_mlm_head(checkpoint.load_encoder(dtype="float32"))


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_truncated_weights_get_a_sentence(hub_bert, tmp_path, share):
    shutil.copytree(hub_bert, tmp_path / "bert")
    path = next((tmp_path / "bert" / "variables").glob("variables.data-*"))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    for read in (load_encoder, HubEncoder):
        with pytest.raises(UserError, match="is truncated or altered"):
            read(tmp_path / "bert")
    shutil.rmtree(tmp_path / "bert" / "variables")
    for read in (load_encoder, HubEncoder):
        with pytest.raises(UserError, match="the folder was not copied whole"):
            read(tmp_path / "bert")


def test_numbers_that_are_none_are_refused(tmp_path):
    weights = {"embeddings/layer_norm/beta": np.full(32, np.nan, "float32")}
    folder = write_hub_bert(tmp_path / "bert", tiny_vocabulary(), layers=1, weights=weights)
    for read in (load_encoder, HubEncoder):
        with pytest.raises(UserError, match="NaN or infinite"):
            read(folder)


@pytest.mark.full  # three exports
def test_a_classifier_begins_from_a_module_and_exports(hub_bert, tmp_path):
    task = TextClassifier.from_encoder(hub_bert, ["no", "yes"], pooling="pooler", mode="fast", dtype="float32")
    task.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    texts = ["yes please", "no thanks"] * 8
    before = task.encoder.get_weights()[0].copy()
    task.fit(texts, ["yes", "no"] * 8, epochs=1, verbose=0)
    assert np.abs(task.encoder.get_weights()[0] - before).max() > 0
    assert task.export(tmp_path / "model", parity_texts=parity_texts())["agrees"]
    lite = TextClassifier.from_encoder(hub_bert, ["no", "yes"], dtype="float32")
    assert lite.export(tmp_path / "lite", "litert", quantize="none")["agrees"]
    lite.export(tmp_path / "hf", "hugging_face")
    assert load_encoder(tmp_path / "hf").settings["activation"] == "gelu_tanh"


def test_without_a_pooler_and_in_another_dtype(hub_bert):
    encoder = load_encoder(hub_bert, pooler=False, dtype="mixed_bfloat16")
    assert encoder.pooler is None
    assert encoder.embedding.compute_dtype == "bfloat16"
    whole = load_encoder(hub_bert)
    np.testing.assert_array_equal(encoder.get_weights()[-1], whole.get_weights()[len(encoder.get_weights()) - 1])


@pytest.mark.skipif(not SEGMENTER.is_dir(), reason="KERAS_BIGMODEL_DATA names no folder with a genuine module")
def test_a_genuine_module_is_read_by_name_and_refused_as_an_encoder():
    import tensorflow_hub as hub
    import tensorflow_text  # noqa: F401 (the module uses its ops)

    loaded = hub.load(str(SEGMENTER))
    assert "default" in loaded.signatures
    file = SavedModelFile(SEGMENTER)
    assert file.keys
    assert all(file.read(name).size == np.prod(file.shape(name), dtype=int) for name in file.keys)
    with pytest.raises(UserError, match="is no BERT encoder: it is a module in the format of TensorFlow 1"):
        load_encoder(SEGMENTER)


def test_an_address_is_found_in_the_cache_without_a_network(hub_bert, tmp_path, monkeypatch):
    handle = "https://tfhub.dev/somebody/bert/1"
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    shutil.copytree(hub_bert, tmp_path / hashlib.sha1(handle.encode()).hexdigest())
    assert load_encoder(handle).settings["num_layers"] == 2
