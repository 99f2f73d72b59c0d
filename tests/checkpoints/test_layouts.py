"""Every layout of a folder gives transformers' ids, labels and logits, or is refused with a sentence that is true."""

import contextlib
import json

import numpy as np
import pytest

from keras_bigmodel import PlainWordPieceTokenizer, TextClassifier, UserError
from keras_bigmodel.checkpoints import open_checkpoint
from tests.checkpoints.layouts import CONFIG, EXPECTED, READ, REFUSED, TEXTS, write_read, write_refused

BY_TRANSFORMERS = json.loads(EXPECTED.read_text(encoding="utf-8"))


def test_every_layout_has_its_measure():
    assert BY_TRANSFORMERS.keys() == READ.keys()


@pytest.mark.parametrize("name", READ)
def test_a_layout_gives_transformers_ids_labels_and_logits(name, tmp_path):
    folder, wanted = write_read(name, tmp_path / "bert"), BY_TRANSFORMERS[name]
    task = TextClassifier.from_encoder(folder, dtype="float32", max_length=64)
    inputs = {key: value.numpy() for key, value in task.preprocess(TEXTS).items()}
    ids = [row[mask == 1].tolist() for row, mask in zip(inputs["token_ids"], inputs["padding_mask"], strict=True)]
    assert ids == wanted["ids"]
    plain = PlainWordPieceTokenizer(task.tokenizer.vocabulary, **task.tokenizer.settings())
    assert plain(TEXTS, max_length=64)["token_ids"] == inputs["token_ids"].tolist()
    assert task.labels == wanted["labels"]
    logits = task(inputs, training=False).numpy()
    np.testing.assert_allclose(logits, wanted["logits"], atol=2e-3 if "float16" in name else 2e-5)


@pytest.mark.parametrize("name", REFUSED)
def test_a_layout_that_is_not_read_is_refused_and_told(name, tmp_path):
    folder = write_refused(name, tmp_path / "bert")
    labels = ["bad", "good"] if "pooling" in name else None
    with pytest.raises(UserError) as refused:
        TextClassifier.from_encoder(folder, labels, dtype="float32")
    for word in REFUSED[name][1]:
        assert word in str(refused.value), refused.value
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith((".", "]."))


def test_a_tagger_becomes_the_encoder_of_a_new_head(tmp_path):
    folder = write_refused("a tagger without labels", tmp_path / "bert")
    task = TextClassifier.from_encoder(folder, ["bad", "good"], dtype="float32")
    assert (task.labels, task.pooling) == (["bad", "good"], "mean")


def test_another_pooling_is_taken_where_it_is_named(tmp_path):
    folder = write_refused("max pooling", tmp_path / "bert")
    task = TextClassifier.from_encoder(folder, ["bad", "good"], pooling="mean", dtype="float32")
    assert task.pooling == "mean"


@pytest.mark.full
def test_added_tokens_go_through_saving_and_every_export(tmp_path):
    folder = write_read("added_tokens_decoder", tmp_path / "bert")
    task = TextClassifier.from_encoder(folder, dtype="float32", max_length=32)
    texts = [text for text in TEXTS if text]
    task.save(tmp_path / "saved")
    loaded = TextClassifier.load(tmp_path / "saved", dtype="float32")
    np.testing.assert_array_equal(loaded.predict(texts), task.predict(texts))
    assert task.export(tmp_path / "saved_model", parity_texts=texts)["agrees"]
    assert task.export(tmp_path / "hub", "hugging_face", parity_texts=texts)["agrees"]
    again = TextClassifier.from_encoder(tmp_path / "hub", dtype="float32", max_length=32)
    np.testing.assert_allclose(again.predict(texts), task.predict(texts), atol=1e-6)
    task.export(tmp_path / "lite", "litert", quantize="none", parity_texts=texts)
    from keras_bigmodel.edge import LiteClassifier

    np.testing.assert_allclose(
        LiteClassifier(tmp_path / "lite/model.tflite").predict(texts), task.predict(texts), atol=1e-5
    )


def test_the_layouts_are_opened_without_reading_weights(tmp_path):
    folder = write_refused("NaN in the weights", tmp_path / "bert")
    assert open_checkpoint(folder).labels == ["bad", "fair", "good"]


ODD = [None, 5, -1, "x", [1], {"a": 1}, [], {}, True, 10**30]
PLACES = {
    "config.json": [[name] for name in (*CONFIG, "id2label", "position_embedding_type", "tokenizer_class")],
    "tokenizer_config.json": [
        *([name] for name in ("do_lower_case", "strip_accents", "tokenize_chinese_chars", "unk_token", "cls_token")),
        *([name] for name in ("added_tokens_decoder", "additional_special_tokens", "extra_special_tokens")),
        *([name] for name in ("auto_map", "word_tokenizer_type", "tokenizer_class")),
    ],
    "added_tokens.json": [["@user"]],
    "special_tokens_map.json": [["unk_token"], ["sep_token"], ["additional_special_tokens"]],
    "tokenizer.json": [
        *([name] for name in ("added_tokens", "normalizer", "pre_tokenizer", "post_processor", "model")),
        *(["model", name] for name in ("type", "vocab", "unk_token", "max_input_chars_per_word")),
        *(
            ["normalizer", name]
            for name in ("type", "lowercase", "strip_accents", "clean_text", "handle_chinese_chars")
        ),
        *(["added_tokens", 0, name] for name in ("content", "id", "special", "normalized", "single_word")),
        *(["post_processor", name] for name in ("type", "single", "special_tokens")),
    ],
}


@pytest.mark.full
@pytest.mark.parametrize("generic", [False, True], ids=["BertTokenizer", "PreTrainedTokenizerFast"])
@pytest.mark.parametrize("name", PLACES)
def test_odd_values_anywhere_are_refused_or_read_and_never_a_traceback(name, generic, tmp_path):
    folder = write_refused("tokenizer.json against the class's default", tmp_path / "bert")
    said = {"do_lower_case": False, "tokenizer_class": "PreTrainedTokenizerFast" if generic else "BertTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(said))
    path, tried = folder / name, 0
    whole = json.loads(path.read_text()) if path.is_file() else {}
    for place in PLACES[name]:
        for value in [*ODD, ...]:
            changed = json.loads(json.dumps(whole))
            part = changed
            for step in place[:-1]:
                part = part[step]
            part[place[-1]] = value
            if value is ...:
                del part[place[-1]]
            path.write_text(json.dumps(changed))
            with contextlib.suppress(UserError):
                checkpoint = open_checkpoint(folder)
                vocabulary, settings = checkpoint.vocabulary()
                PlainWordPieceTokenizer(vocabulary, **settings)
                assert checkpoint.labels is None or checkpoint.encoder_settings
            tried += 1
    assert tried >= 11
