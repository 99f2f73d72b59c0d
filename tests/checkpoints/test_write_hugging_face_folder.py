"""A task as a Hugging Face folder: what it holds, that it comes back as it was, that transformers answers alike."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.checkpoints.hugging_face_folder import HuggingFaceFolder
from tests.tiny_bert import tiny_tensors, write_tiny_bert

LABELS = ["bad", "fair", "好"]
TEXTS = ["where is my parcel", "", "thank you [SEP] very much", "谢谢", "e\u0301 é", "wait " * 60]
TORCH = Path(__file__).parents[2] / ".venv-bench/bin/python"


def made(source, pooling, **how):
    return TextClassifier.from_encoder(source, LABELS, pooling=pooling, dtype="float32", max_length=32, **how)


@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
def test_what_is_written_comes_back_bit_for_bit(tiny_bert, tmp_path, pooling):
    task = made(tiny_bert, pooling)
    certificate = task.export(tmp_path / "out", "hugging_face")
    twin = TextClassifier.from_encoder(tmp_path / "out", dtype="float32", max_length=32)
    assert (twin.labels, twin.pooling) == (LABELS, pooling)
    for ours, theirs in zip(task.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(twin.predict(TEXTS), task.predict(TEXTS))
    assert certificate["weights_that_came_back_altered"] == 0
    assert {facts["rows_that_differ"] for facts in certificate["endpoints"]["tokenize"]["outputs"].values()} == {0}
    assert certificate["rows"] >= 1000
    assert json.loads((tmp_path / "out/parity.json").read_text(encoding="utf-8")) == certificate


def test_a_head_on_the_pooler_is_a_class_of_transformers(tiny_bert, tmp_path):
    made(tiny_bert, "pooler").export(tmp_path / "out", "hugging_face")
    config = json.loads((tmp_path / "out/config.json").read_text(encoding="utf-8"))
    assert config["architectures"] == ["BertForSequenceClassification"]
    assert config["id2label"] == {"0": "bad", "1": "fair", "2": "好"}
    assert "auto_map" not in config
    names = set(load_file(tmp_path / "out/model.safetensors"))
    assert names == set(tiny_tensors(config, LABELS))
    written = {path.name for path in (tmp_path / "out").iterdir()}
    files = {"config.json", "model.safetensors", "vocab.txt", "tokenizer.json", "tokenizer_config.json", "parity.json"}
    assert written == files


def test_a_head_on_the_mean_brings_its_class_along(tiny_bert, tmp_path):
    certificate = made(tiny_bert, "mean").export(tmp_path / "out", "hugging_face")
    config = json.loads((tmp_path / "out/config.json").read_text(encoding="utf-8"))
    module, name = config["auto_map"]["AutoModelForSequenceClassification"].split(".")
    assert f"class {name}" in (tmp_path / f"out/{module}.py").read_text(encoding="utf-8")
    assert HuggingFaceFolder(tmp_path / "out").pooling == "mean"
    assert certificate["needs_trust_remote_code"] is True


def test_a_tokenizer_with_other_settings_is_written_with_them(tmp_path):
    source = write_tiny_bert(tmp_path / "source")
    (source / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False, "tokenize_chinese_chars": False}))
    task = made(source, "mean")
    task.export(tmp_path / "out", "hugging_face")
    twin = TextClassifier.from_encoder(tmp_path / "out", dtype="float32", max_length=32)
    assert twin.tokenizer.settings() == task.tokenizer.settings()
    assert twin.tokenizer.settings()["lowercase"] is False


@pytest.mark.full
def test_pairs_are_written_too(tiny_bert, tmp_path):
    assert made(tiny_bert, "mean", pairs=True).export(tmp_path / "out", "hugging_face")["agrees"]


def test_a_fast_tokenizer_is_refused_and_leaves_nothing(tiny_bert, tmp_path):
    with pytest.raises(UserError, match='mode="fast".*mode="exact"'):
        made(tiny_bert, "mean", mode="fast").export(tmp_path / "out", "hugging_face")
    assert list(tmp_path.iterdir()) == []


def test_other_labels_than_those_of_the_mean_head_are_refused_with_a_way_out(tiny_bert, tmp_path):
    made(tiny_bert, "mean").export(tmp_path / "out", "hugging_face")
    with pytest.raises(UserError, match="3 labels.*--pooling cls"):
        TextClassifier.from_encoder(tmp_path / "out", ["yes", "no"])
    assert TextClassifier.from_encoder(tmp_path / "out", ["yes", "no"], pooling="cls").labels == ["yes", "no"]


ASK_TRANSFORMERS = """
import json, sys
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
folder, texts, trust = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3] == "trust"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=trust).eval()
how = {"padding": True, "truncation": True, "return_tensors": "pt", "split_special_tokens": True}
ids = tokenizer(texts, **how)
logits = model(**ids).logits.tolist()
print(json.dumps({"ids": ids["input_ids"].tolist(), "logits": logits, "labels": model.config.id2label}))
"""


@pytest.mark.full
@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
def test_transformers_gives_the_same_logits(tiny_bert, tmp_path, pooling):
    task = made(tiny_bert, pooling)
    task.export(tmp_path / "out", "hugging_face")
    assert TORCH.is_file(), "make test-full builds .venv-bench"
    trust = "no" if pooling == "pooler" else "trust"
    command = [str(TORCH), "-c", ASK_TRANSFORMERS, str(tmp_path / "out"), json.dumps(TEXTS), trust]
    found = json.loads(subprocess.check_output(command, text=True).splitlines()[-1])
    features = task.preprocess(TEXTS)
    np.testing.assert_array_equal(found["ids"], features["token_ids"].numpy())
    np.testing.assert_allclose(found["logits"], task(features, training=False).numpy(), atol=1e-5)
    assert list(found["labels"].values()) == LABELS
