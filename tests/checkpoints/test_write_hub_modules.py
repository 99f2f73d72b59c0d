"""TF-Hub modules that we write: the standard interface, our numbers, what else TF-Hub's users do with them."""

import json
import shutil
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import load_file, save_file
from scipy.special import erf

from keras_bigmodel import HubEncoder, TextClassifier, UserError, WordPieceTokenizer, load_encoder
from keras_bigmodel.checkpoints import HubEncoderFunctions, HubPreprocessorFunctions, open_checkpoint
from keras_bigmodel.checkpoints.mlm_head import MlmHead
from keras_bigmodel.checkpoints.write_hub_modules import write_hub_modules
from keras_bigmodel.data import support_messages
from keras_bigmodel.pipeline import export
from keras_bigmodel.tasks.checked_hub_modules import _parts_compared
from tests.hub_tutorials import run_tutorials
from tests.tiny_bert import CONFIG, tiny_tensors, tiny_vocabulary, write_tiny_bert

TEXTS = [*support_messages("test")[0][:20], "", "谢谢 你", "unbelievable!!"]


def with_mlm_head(folder):
    """A Hugging Face folder of `BertForMaskedLM`."""
    rng = np.random.default_rng(3)
    draw = lambda *shape: (0.1 * rng.standard_normal(shape)).astype("float32")
    tensors = {f"bert.{name}": array for name, array in tiny_tensors(CONFIG).items() if not name.startswith("pooler")}
    at = "cls.predictions"
    tensors |= {
        f"{at}.bias": draw(500),
        f"{at}.transform.dense.weight": draw(32, 32),
        f"{at}.transform.dense.bias": draw(32),
        f"{at}.transform.LayerNorm.weight": 1 + draw(32),
        f"{at}.transform.LayerNorm.bias": draw(32),
        f"{at}.decoder.weight": tensors["bert.embeddings.word_embeddings.weight"],
    }
    return write_tiny_bert(folder, tensors=tensors, architectures=["BertForMaskedLM"])


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """The modules of a BERT with a head for masked tokens."""
    folder = tmp_path_factory.mktemp("modules")
    source = with_mlm_head(folder / "bert")
    written, certificate = export(source, format="tf_hub", out=folder / "out")
    assert certificate["agrees"]
    return source, written


def test_the_encoder_gives_our_numbers(modules):
    source, written = modules
    encoder = tf.saved_model.load(str(written / "encoder"))
    inputs = tf.saved_model.load(str(written / "preprocessor"))(tf.constant(TEXTS))
    assert {name: tuple(part.shape) for name, part in inputs.items()} == {
        name: (len(TEXTS), 64) for name in ("input_word_ids", "input_mask", "input_type_ids")
    }
    features = {"token_ids": "input_word_ids", "padding_mask": "input_mask", "segment_ids": "input_type_ids"}
    wanted = load_encoder(source)({ours: inputs[theirs] for ours, theirs in features.items()})["sequence_output"]
    found = encoder(inputs)
    np.testing.assert_allclose(found["sequence_output"], wanted, rtol=0, atol=1e-5)
    mask = inputs["input_mask"].numpy()[..., np.newaxis]
    mean = (wanted * mask).numpy().sum(axis=1) / mask.sum(axis=1)  # the folder has no pooler
    np.testing.assert_allclose(found["pooled_output"], mean, rtol=0, atol=1e-5)
    assert len(found["encoder_outputs"]) == 2
    assert not np.allclose(encoder(inputs, training=True)["pooled_output"], found["pooled_output"])


def test_the_head_that_predicts_masked_tokens_is_the_sources(modules):
    source, written = modules
    tensors = load_file(source / "model.safetensors")
    encoder = tf.saved_model.load(str(written / "encoder"))
    inputs = tf.saved_model.load(str(written / "preprocessor"))(tf.constant(TEXTS[:3]))
    positions = np.array([[1, 3]] * 3, "int32")
    found = encoder.mlm({**inputs, "masked_lm_positions": tf.constant(positions)})["mlm_logits"].numpy()
    states = np.take_along_axis(encoder(inputs)["sequence_output"].numpy(), positions[..., np.newaxis], axis=1)
    part = lambda name: tensors[f"cls.predictions.{name}"].astype("float64")
    x = states @ part("transform.dense.weight").T + part("transform.dense.bias")
    x = 0.5 * x * (1 + erf(x / np.sqrt(2)))
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    x = x * part("transform.LayerNorm.weight") + part("transform.LayerNorm.bias")
    wanted = x @ tensors["bert.embeddings.word_embeddings.weight"].T + part("bias")
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)


def test_a_head_with_embeddings_of_its_own_is_refused(tmp_path):
    source = with_mlm_head(tmp_path / "bert")
    tensors = load_file(source / "model.safetensors")
    tensors["cls.predictions.decoder.weight"] = tensors["cls.predictions.decoder.weight"] + 1
    save_file(tensors, source / "model.safetensors")
    checkpoint = open_checkpoint(source)
    with pytest.raises(UserError, match="embeddings of its own"):
        checkpoint.load_mlm_head(checkpoint.load_encoder())


def test_a_source_without_the_head_gives_a_module_without_it(tiny_bert, tmp_path):
    checkpoint = open_checkpoint(tiny_bert)
    vocabulary, settings = checkpoint.vocabulary()
    encoder = checkpoint.load_encoder()
    assert checkpoint.load_mlm_head(encoder) is None
    prepare = HubPreprocessorFunctions(WordPieceTokenizer(vocabulary, **settings), 16)
    write_hub_modules(tmp_path, HubEncoderFunctions(encoder), prepare)
    assert not hasattr(tf.saved_model.load(str(tmp_path / "encoder")), "mlm")
    with pytest.raises(UserError, match="has no head that predicts masked tokens"):
        HubEncoder(tmp_path / "encoder", mlm=True)


def test_words_are_parted_as_in_tf_hubs_tokenizers(modules):
    tokenize = tf.saved_model.load(str(modules[1] / "preprocessor")).tokenize
    found = tokenize(tf.constant(TEXTS)).to_list()
    words = list(tiny_vocabulary())
    for text, ids in zip(TEXTS, found, strict=True):
        assert [word[0] for word in ids] == [word[0] for word in ids if not words[word[0]].startswith("##")], text
        assert all(words[piece].startswith("##") for word in ids for piece in word[1:]), text
    assert found[TEXTS.index("")] == []
    flat = [[piece for word in ids for piece in word] for ids in found]
    vocabulary, settings = open_checkpoint(modules[0]).vocabulary()
    assert flat == WordPieceTokenizer(vocabulary, **settings).tokenize(TEXTS).to_list()


def test_our_modules_are_read_back_and_trained(modules):
    source, written = modules
    twin = load_encoder(written / "encoder")
    for ours, theirs in zip(load_encoder(source).get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    checkpoint = open_checkpoint(written / "encoder")
    assert checkpoint.vocabulary()[0] == list(tiny_vocabulary())
    assert checkpoint.load_mlm_head(twin) is not None
    encoder = HubEncoder(written / "encoder")
    inputs = tf.saved_model.load(str(written / "preprocessor"))(tf.constant(TEXTS))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(encoder(inputs, training=True)["pooled_output"]))
    gradients = tape.gradient(loss, [weight.value for weight in encoder.trainable_weights])
    assert len(gradients) == len(twin.weights)
    assert all(gradient is not None for gradient in gradients)


def test_a_module_that_was_made_inside_of_a_scope_is_read_back_in_any_other(tiny_bert, tmp_path):
    checkpoint = open_checkpoint(tiny_bert)
    vocabulary, settings = checkpoint.vocabulary()
    prepare = HubPreprocessorFunctions(WordPieceTokenizer(vocabulary, **settings), 16)
    with keras.name_scope("outer"):
        encoder = checkpoint.load_encoder(dtype="float32")
    write_hub_modules(tmp_path, HubEncoderFunctions(encoder, "mean"), prepare)  # its pooler is in it all the same
    with keras.name_scope("another"):
        twin = load_encoder(tmp_path / "encoder")
        assert HubEncoder(tmp_path / "encoder").pooling == "mean"
    for ours, theirs in zip(encoder.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_our_modules_say_of_themselves_is_checked(tiny_bert, modules, tmp_path):
    shutil.copytree(modules[1] / "encoder", tmp_path / "encoder")
    path = tmp_path / "encoder" / "assets" / "encoder.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    for name, value in (("num_heads", 0), ("vocabulary_size", 10**12), ("hidden_dim", "wide"), ("unknown", 1)):
        path.write_text(json.dumps({**said, "encoder": {**said["encoder"], name: value}}), encoding="utf-8")
        with pytest.raises(UserError, match="No BERT can be built with the settings of"):
            load_encoder(tmp_path / "encoder")
    path.write_text(json.dumps(said["encoder"]), encoding="utf-8")
    with pytest.raises(UserError, match="is not as it was written"):
        HubEncoder(tmp_path / "encoder")
    with pytest.raises(UserError, match="Give .*encoder"):
        load_encoder(modules[1])


@pytest.mark.full  # a whole export
def test_a_source_that_names_its_pooling_keeps_it(tmp_path):
    source = write_tiny_bert(tmp_path / "bert")
    (source / "1_Pooling").mkdir()
    (source / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    written, certificate = export(source, format="tf_hub", out=tmp_path / "out")
    assert {"preprocessor.tokenize", "preprocessor.bert_pack_inputs"} <= set(certificate["endpoints"])
    encoder = tf.saved_model.load(str(written / "encoder"))
    inputs = tf.saved_model.load(str(written / "preprocessor"))(tf.constant(TEXTS))
    clf = TextClassifier.from_encoder(source, ["no", "yes"], dtype="float32")
    np.testing.assert_allclose(
        encoder(inputs)["default"], clf.embedding_model(clf.preprocess(TEXTS), training=False), rtol=0, atol=1e-5
    )


def test_what_has_no_signature_is_compared_too(modules, tmp_path, monkeypatch):
    monkeypatch.setattr(MlmHead, "logits", lambda head, states, positions: tf.zeros((tf.shape(states)[0], 2, 500)))
    checkpoint = open_checkpoint(modules[0])
    encoder = checkpoint.load_encoder(dtype="float32")
    found = _parts_compared(
        modules[1],
        HubEncoderFunctions(encoder, "mean", checkpoint.load_mlm_head(encoder)),
        HubPreprocessorFunctions(WordPieceTokenizer(tiny_vocabulary()), 64),
        TEXTS,
    )
    assert found["preprocessor.tokenize"] == found["preprocessor.bert_pack_inputs"] == 0.0
    assert found["encoder.mlm"] > 0.1


@pytest.mark.parametrize("name", ["minilmm", "x" * 300])
def test_a_name_that_is_no_encoder_gets_a_sentence(name, tmp_path, bigmodel):
    ran = bigmodel("export", name, "--format", "tf_hub", "--out", tmp_path / "out")
    assert ran.code == 2
    assert ('Did you mean "minilm"' in ran.err) or ("No disk takes this name" in ran.err)


@pytest.mark.full  # the encoder's export is tested above
def test_a_trained_classifier_leaves_its_encoder_as_a_module(tiny_bert, tmp_path, bigmodel):
    task = TextClassifier.from_encoder(tiny_bert, ["no", "yes"], dtype="float32", max_length=16)
    task.compile("adam")
    task.fit(["yes please", "no thanks"] * 8, ["yes", "no"] * 8, epochs=2, verbose=0)
    task.save(tmp_path / "saved")
    ran = bigmodel("export", tmp_path / "saved", "--format", "tf_hub", "--out", tmp_path / "out", "--json")
    assert (ran.code, json.loads(ran.out)["parity"]["agrees"]) == (0, True), ran.err
    encoder = tf.saved_model.load(str(tmp_path / "out" / "encoder"))
    inputs = tf.saved_model.load(str(tmp_path / "out" / "preprocessor"))(tf.constant(TEXTS))
    vectors = task.embedding_model(task.preprocess(TEXTS), training=False)
    np.testing.assert_allclose(encoder(inputs)["default"], vectors, rtol=0, atol=1e-6)
    again = bigmodel("export", tmp_path / "saved", "--format", "tf_hub", "--out", tmp_path / "out")
    assert again.code == 2
    assert "already there" in again.err


def check_tutorials(found):
    """What the tutorials print must look as with a module of Google's."""
    page, classify, glue = found["page"], found["classify"], found["glue"]
    assert page["special"] == {
        "vocab_size": 500,
        "start_of_sequence_id": tiny_vocabulary().index("[CLS]"),
        "end_of_segment_id": tiny_vocabulary().index("[SEP]"),
        "padding_id": tiny_vocabulary().index("[PAD]"),
        "mask_id": tiny_vocabulary().index("[MASK]"),
    }
    assert (page["words"], page["lower"], page["layers"]) == (500, True, 2)
    assert page["default_is_pooled"]
    assert page["states_are_the_last"]
    assert np.shape(page["mlm"]) == (5, 2, 5)
    assert np.shape(page["ids"]) == np.shape(page["mask"]) == np.shape(page["types"]) == (5, 20)
    assert classify["losses"][-1] < classify["losses"][0]
    assert classify["moved"] == classify["weights"] == 29
    assert classify["difference"] < 1e-6
    assert glue == {"shape": [5, 12, 32], "frozen": 0}


@pytest.mark.full
def test_tf_hubs_tutorials_run(modules, tmp_path):
    check_tutorials(run_tutorials(sys.executable, modules[1], tmp_path / "saved"))
