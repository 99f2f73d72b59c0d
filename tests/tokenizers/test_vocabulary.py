"""Vocabularies in and out of Hugging Face folders; every folder is made here by `tokenizers` itself or by hand."""

import json

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer, read_vocabulary, write_vocabulary

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*SPECIAL, "a", "##a", "ü", "##ü"]


def save_tokenizer_json(folder, tokenizer):
    tokenizer.save(str(folder / "tokenizer.json"))


def write_config(folder, **config):
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def test_a_tokenizer_json_gives_words_and_settings_that_make_the_same_tokenizer(hugging_face, tmp_path):
    reference = hugging_face(WORDS, lowercase=False, strip_accents=True, split_chinese=False)
    save_tokenizer_json(tmp_path, reference)
    write_config(tmp_path, tokenizer_class="PreTrainedTokenizerFast")  # the class that does what the file says
    vocabulary, settings = read_vocabulary(tmp_path)
    assert vocabulary == WORDS
    assert settings == {
        "lowercase": False,
        "strip_accents": True,
        "split_chinese": False,
        "unknown_token": "[UNK]",
        "max_characters_per_word": 100,
    }
    plain = PlainWordPieceTokenizer(vocabulary, **settings)
    assert plain.tokenize("ÄA aü") == reference.encode("ÄA aü", add_special_tokens=False).ids


def test_a_vocab_txt_alone_is_lower_cased(tmp_path):
    write_vocabulary(tmp_path / "vocab.txt", WORDS)
    vocabulary, settings = read_vocabulary(str(tmp_path))
    assert vocabulary == WORDS
    assert settings == {
        "lowercase": True,
        "strip_accents": None,
        "split_chinese": True,
        "unknown_token": "[UNK]",
        "max_characters_per_word": 100,
    }


@pytest.mark.parametrize("with_json", [True, False])
def test_tokenizer_config_has_the_last_word(hugging_face, tmp_path, with_json):
    write_vocabulary(tmp_path / "vocab.txt", WORDS)
    if with_json:
        save_tokenizer_json(tmp_path, hugging_face(WORDS))
    config = {"do_lower_case": False, "tokenize_chinese_chars": False, "unk_token": {"content": "[UNK]"}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    _, settings = read_vocabulary(tmp_path)
    assert (settings["lowercase"], settings["split_chinese"], settings["strip_accents"]) == (False, False, None)
    assert settings["unknown_token"] == "[UNK]"


def test_exotic_line_separators_stay_inside_their_token(tmp_path):
    words = [*SPECIAL, "\u2028", "##\u2029", "\x85", "\x0b", "\x1c", "a\rb", " ", "x"]
    write_vocabulary(tmp_path / "vocab.txt", words)
    assert read_vocabulary(tmp_path)[0] == words


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_tokens(tmp_path):
    (tmp_path / "vocab.txt").write_bytes("\ufeff[PAD]\r\n[UNK]\r\nä\r\n".encode())
    assert read_vocabulary(tmp_path)[0] == ["[PAD]", "[UNK]", "ä"]


def test_a_file_without_a_last_line_end_keeps_its_last_token(tmp_path):
    (tmp_path / "vocab.txt").write_text("[PAD]\na")
    assert read_vocabulary(tmp_path)[0] == ["[PAD]", "a"]


def test_added_tokens_stand_behind_the_others(hugging_face, tmp_path):
    tokenizer = hugging_face(WORDS)
    tokenizer.add_tokens(["covid"])
    save_tokenizer_json(tmp_path, tokenizer)
    assert read_vocabulary(tmp_path)[0] == [*WORDS, "covid"]


@pytest.mark.parametrize("model", [models.BPE(), models.Unigram([("a", 0.0)]), models.WordLevel({"a": 0}, "a")])
def test_another_kind_of_tokenizer_is_refused_by_its_name(tmp_path, model):
    save_tokenizer_json(tmp_path, Tokenizer(model))
    with pytest.raises(UserError, match=f"is {type(model).__name__}, and BERT's is WordPiece"):
        read_vocabulary(tmp_path)


def test_wordpiece_with_a_foreign_normalizer_or_splitter_is_refused(tmp_path):
    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.NFKC()
    save_tokenizer_json(tmp_path, tokenizer)
    with pytest.raises(UserError, match=r"normalizer .* is NFKC"):
        read_vocabulary(tmp_path)
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    save_tokenizer_json(tmp_path, tokenizer)
    with pytest.raises(UserError, match=r"pre-tokenizer .* is Whitespace"):
        read_vocabulary(tmp_path)


def test_a_folder_without_vocabulary_says_what_was_looked_for_and_found(tmp_path):
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(UserError, match=r"tokenizer.json and vocab.txt, found model.safetensors"):
        read_vocabulary(tmp_path)
    with pytest.raises(UserError, match="no such folder"):
        read_vocabulary(tmp_path / "absent")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("tokenizer.json", b"{", "not JSON"),
        ("tokenizer.json", b"[]", "list"),
        ("vocab.txt", b"\xff\n", "not UTF-8"),
    ],
)
def test_a_broken_file_is_named(tmp_path, name, content, complaint):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=complaint):
        read_vocabulary(tmp_path)


def test_ids_with_a_gap_are_refused(hugging_face, tmp_path):
    save_tokenizer_json(tmp_path, hugging_face(WORDS))
    content = json.loads((tmp_path / "tokenizer.json").read_text())
    content["model"]["vocab"]["far"] = 99
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match="leave out or repeat 9"):
        read_vocabulary(tmp_path)


@pytest.mark.parametrize("token", ["a\nb", "a\r"])
def test_a_token_with_a_line_break_is_not_written(tmp_path, token):
    with pytest.raises(UserError, match="line break"):
        write_vocabulary(tmp_path / "vocab.txt", [*SPECIAL, token])
