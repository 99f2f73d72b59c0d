"""Files that describe a model or an encoder, each value in turn replaced by an odd one: read, or refused in a line."""

import json
import shutil
import time

import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.core.manifest import FILE_NAME, Manifest
from keras_bigmodel.core.sentences import parity_words
from keras_bigmodel.pipeline.run_folder import RunFolder
from tests.tiny_bert import CONFIG, write_tiny_bert

ODD = [0, -1, 10**6, 10**30, 1.5, float("nan"), float("inf"), True, None, "", "2", "x" * 5000]
ODD += [[], [1], ["a"], [[]], {}, {"a": 1}, {"": None}, "\ud800"]
WHOLE = ["", "{", "[]", "null", "1", '"x"', "{}", "\0", "[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000]
WHOLE += ["9" * 10_000, '{"format": %s}' % ("9" * 10_000), '{"format": "2"}', '{"format": null}', '{"format": 99}']
SLOWEST = 20  # seconds; what takes longer hangs


def read_or_refused(act):
    """Calls a reader; returns the sentence with which it refuses, None where it reads."""
    began, sentence = time.monotonic(), None
    try:
        act()
    except UserError as error:
        sentence = str(error)
        assert "\n" not in sentence
        assert len(sentence) < 2100
    assert time.monotonic() - began < SLOWEST
    return sentence


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return write_tiny_bert(tmp_path_factory.mktemp("odd") / "bert", labels=["bad", "fair", "good"])


def odd_values(path, key, act):
    """Reads a file of JSON with one value replaced by each odd one; the file is put back."""
    before = path.read_bytes() if path.is_file() else None
    content = {} if before is None else json.loads(before)
    try:
        for odd in ODD:
            path.write_text(json.dumps({**content, key: odd}), encoding="utf-8")
            read_or_refused(act)
    finally:
        path.unlink() if before is None else path.write_bytes(before)


CONFIG_KEYS = [*CONFIG, "id2label", "num_labels", "architectures", "position_embedding_type", "is_decoder"]
CONFIG_KEYS += ["add_cross_attention", "quantization_config", "problem_type", "tokenizer_class", "label2id"]


@pytest.mark.parametrize("key", dict.fromkeys(CONFIG_KEYS))
def test_odd_values_in_the_config_of_an_encoder(key, bert):
    odd_values(bert / "config.json", key, lambda: TextClassifier.from_encoder(bert, dtype="float32"))


def test_sizes_that_no_encoder_has_are_refused(bert):
    path = bert / "config.json"
    before = path.read_text()
    try:
        for name in ("num_hidden_layers", "hidden_size", "vocab_size", "num_attention_heads", "intermediate_size"):
            for odd in (0, -1, 10**6, 10**30, 1.5, True, None, "2", [2], {}):
                path.write_text(json.dumps({**json.loads(before), name: odd}))
                sentence = read_or_refused(lambda: TextClassifier.from_encoder(bert, dtype="float32"))
                assert sentence is not None, (name, odd)
                assert "config.json" in sentence
    finally:
        path.write_text(before)


TOKENIZER_KEYS = ["do_lower_case", "strip_accents", "tokenize_chinese_chars", "unk_token", "pad_token", "cls_token"]
TOKENIZER_KEYS += ["tokenizer_class", "auto_map", "word_tokenizer_type", "added_tokens_decoder", "extra_special_tokens"]
TOKENIZER_KEYS += ["additional_special_tokens", "split_special_tokens", "model_max_length"]


@pytest.mark.full
@pytest.mark.parametrize("key", TOKENIZER_KEYS)
def test_odd_values_in_the_config_of_a_tokenizer(key, bert):
    odd_values(bert / "tokenizer_config.json", key, lambda: TextClassifier.from_encoder(bert, dtype="float32"))


FILES = ["config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.json"]
FILES += ["modules.json", "1_Pooling/config.json"]


@pytest.mark.parametrize("name", FILES)
def test_files_of_an_encoder_that_hold_something_else(name, tmp_path):
    folder = write_tiny_bert(tmp_path / "bert")  # without a head: its pooling is asked for
    (folder / "1_Pooling").mkdir()
    act = lambda: TextClassifier.from_encoder(folder, ["a", "b"], dtype="float32")
    assert read_or_refused(act) is None
    for text in WHOLE:
        (folder / name).write_text(text, encoding="utf-8")
        read_or_refused(act)
    for shape in ([{"path": 1, "type": "x.Pooling"}], [{"path": "\0", "type": "x.Pooling"}], [{"type": []}], [3]):
        (folder / name).write_text(json.dumps(shape), encoding="utf-8")
        read_or_refused(act)


# ---- what a version says of itself


@pytest.fixture(scope="module")
def version(model, tmp_path_factory):
    return shutil.copytree(model / "1", tmp_path_factory.mktemp("odd") / "reviews" / "1")


MANIFEST_KEYS = ["task", "job", "name", "version", "parent", "answers", "preprocessor", "sizes", "settings", "data"]
MANIFEST_KEYS += ["metrics", "headlines", "parity", "run", "notes", "versions", "created", "files", "format"]


@pytest.mark.parametrize("key", MANIFEST_KEYS)
def test_odd_values_in_a_manifest(key, version, bigmodel):
    def inspect():
        for how in ((), ("--json",)):
            ran = bigmodel("inspect", version, *how)
            assert ran.code in (0, 2), ran.err
            assert "Traceback" not in ran.err

    odd_values(version / FILE_NAME, key, inspect)


@pytest.mark.parametrize("key", ["answers", "preprocessor", "sizes", "parity"])
def test_odd_values_inside_of_a_manifest(key, version):
    path = version / FILE_NAME
    before = json.loads(path.read_text(encoding="utf-8"))

    def read():
        manifest = Manifest.read(version)
        assert all(isinstance(label, str) for label in manifest.labels)
        assert parity_words(manifest.parity)

    try:
        for name in before[key]:
            for odd in ODD:
                path.write_text(json.dumps({**before, key: {**before[key], name: odd}}), encoding="utf-8")
                read_or_refused(read)
    finally:
        path.write_text(json.dumps(before), encoding="utf-8")


@pytest.mark.parametrize("name", [FILE_NAME, "task.json"])
def test_a_version_whose_files_hold_something_else_is_refused(name, version):
    path = version / name
    before = path.read_bytes()
    try:
        for text in WHOLE:
            path.write_text(text, encoding="utf-8")
            assert read_or_refused(lambda: TextClassifier.load(version)) is not None, text[:40]
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize("text", WHOLE, ids=lambda text: text[:12] or "nothing")
def test_the_notes_of_an_unfinished_run_that_hold_something_else_are_refused(text, tmp_path):
    run = RunFolder(tmp_path)
    run.folder.mkdir()
    (run.folder / "run.json").write_text(text, encoding="utf-8")
    sentence = read_or_refused(run.read)
    assert sentence is not None
    assert "--discard" in sentence
