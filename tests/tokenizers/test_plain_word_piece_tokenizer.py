"""The tokenizer without TensorFlow: the graph's ids (tested beside the graph), its own lists, and a light import."""

import subprocess
import sys

import pytest

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer, WordPieceTokenizer
from keras_bigmodel.tokenizers.bert_characters import BertCharacters
from keras_bigmodel.tokenizers.character_table import DROPPED, KIND_BITS, SEPARATE_WORD, SEVERAL, SPACE, CharacterTable

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = [*SPECIAL, "a", "##a", "b", "##b", "!"]


@pytest.fixture
def plain():
    return PlainWordPieceTokenizer(PIECES)


@pytest.fixture(scope="module")
def graph():
    return WordPieceTokenizer(PIECES)


@pytest.mark.parametrize("pairs", [None, ["b b b b b", "", "!", "ab ba"]])
@pytest.mark.parametrize("max_length", [4, 5, 6, 128])
def test_packed_lists_equal_the_graphs_tensors(plain, graph, pairs, max_length):
    texts = ["a a a", "", "ab! c", "a a a a a a"]
    tensors = graph(texts, pairs, max_length=max_length)
    assert plain(texts, pairs, max_length=max_length) == {
        name: tensor.numpy().tolist() for name, tensor in tensors.items()
    }


def test_no_texts_give_empty_lists(plain):
    assert plain([]) == {"token_ids": [], "segment_ids": [], "padding_mask": []}


def test_half_a_surrogate_pair_is_dropped(plain):
    assert plain.tokenize("a\ud800b") == plain.tokenize("ab")


def test_settings_and_special_ids_equal_the_graphs(plain, graph):
    assert plain.settings() == graph.settings()
    for name in ("vocabulary", "vocabulary_size", "pad_id", "cls_id", "sep_id", "unknown_id", "mask_id"):
        assert getattr(plain, name) == getattr(graph, name)
    assert plain.id_to_token(5) == graph.id_to_token(5) == "a"


def test_the_fast_mode_is_refused_with_its_reason():
    with pytest.raises(UserError, match="compiled into tensorflow_text"):
        PlainWordPieceTokenizer(PIECES, mode="fast")


def test_a_single_text_instead_of_a_list_is_refused(plain):
    with pytest.raises(UserError, match="Give a list"):
        plain("a")
    with pytest.raises(UserError, match="Give a list"):
        plain(["a"], "b")


def test_texts_and_pairs_of_different_number_are_refused(plain, graph):
    for tokenizer in (plain, graph):
        with pytest.raises(UserError, match="2 texts and 1 pairs"):
            tokenizer(["a", "b"], ["a"])


def test_a_vocabulary_without_special_tokens_is_refused_by_name():
    with pytest.raises(UserError, match=r"lacks \[PAD\], \[CLS\], \[SEP\], \[UNK\]"):
        PlainWordPieceTokenizer(["a"])


def test_strange_texts_do_not_fill_the_memory(plain):
    plain.tokenize("".join(map(chr, range(0x10000, 0x30000))))
    assert max(plain._characters, default=0) < 0x10000


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("split_chinese", [True, False])
def test_the_graphs_table_says_of_every_character_what_the_plain_one_says(lowercase, split_chinese):
    characters = BertCharacters(lowercase, strip_accents=lowercase, split_chinese=split_chinese)
    table = CharacterTable(characters)
    entries = table.entries.reshape(-1, 256)[table.pages].reshape(-1).tolist()
    changed = characters.changed_code_points()
    assert all(entries[code] == 0 for code in range(0x110000) if code not in changed)
    for code in changed:
        kind, moved = entries[code] & ((1 << KIND_BITS) - 1), entries[code] >> KIND_BITS
        if kind == SEVERAL:
            several = table.several[moved, : table.several_lengths[moved]]
            text = "".join(map(chr, several))
        else:
            text = {DROPPED: "", SPACE: " "}.get(kind, chr(code + moved))
        assert characters.replacement(code) == (f" {text} " if kind == SEPARATE_WORD else text)


def test_importing_and_using_it_loads_neither_tensorflow_nor_numpy():
    program = (
        "import sys\n"
        "from keras_bigmodel.tokenizers import PlainWordPieceTokenizer, read_vocabulary\n"
        "assert PlainWordPieceTokenizer(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a'])(['A'])['token_ids'] == [[2, 4, 3]]\n"
        "heavy = {'tensorflow', 'tensorflow_text', 'keras', 'numpy', 'tokenizers', 'unicodedata'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
