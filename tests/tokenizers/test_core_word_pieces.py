"""The walk through the trie by core ops: equal to the longest matches on any vocabulary, and slow for no word."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer, WordPieceTokenizer
from keras_bigmodel.tokenizers.word_piece_trie import WordPieceTrie
from tests.without_text import run_without_text

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
WORDS = st.text("abcß中😀", min_size=1, max_size=12)
PIECES = st.lists(st.tuples(st.booleans(), st.text("abc中😀", min_size=1, max_size=6)), max_size=25)


def check_split(pieces, words):
    vocabulary = list(dict.fromkeys([*SPECIAL, *("##" * rest + letters for rest, letters in pieces)]))
    plain = PlainWordPieceTokenizer(vocabulary)
    core = WordPieceTokenizer(vocabulary, ops="core")
    assert core.tokenize(words).to_list() == [plain.tokenize(word) for word in words]


@settings(max_examples=4)  # each traces a graph
@given(PIECES, st.lists(WORDS, max_size=8))
@example([(False, "a"), (True, "bcd"), (True, "b")], ["abc", "abcd", "ab"])
@example([(False, "ab"), (False, "abcab"), (True, "c"), (True, "ab"), (True, "abc")], ["abcabc", "abcab", "abcababc"])
@example([], ["a"])
def test_any_words_split_into_the_longest_matches_of_any_vocabulary(pieces, words):
    check_split(pieces, words)


@pytest.mark.full
@settings(max_examples=15)
@given(PIECES, st.lists(WORDS, max_size=20))
def test_more_vocabularies_split_alike(pieces, words):
    check_split(pieces, words)


def test_the_unknown_token_as_a_piece_is_no_unknown_word():
    vocabulary = ["[PAD]", "[CLS]", "[SEP]", "unk", "##ind", "kind"]
    assert PlainWordPieceTokenizer(vocabulary, unknown_token="unk").tokenize("unkind") == [3, 4]
    for ops in ("core", "text"):
        assert WordPieceTokenizer(vocabulary, unknown_token="unk", ops=ops).tokenize(["unkind"]).to_list() == [[3, 4]]


def test_every_piece_is_found_in_the_double_array():
    pieces = {"ab": 7, "abc": 8, "##b": 9, "##bca": 10, "中": 11, "😀x": 12}
    trie = WordPieceTrie(pieces, unknown_id=1)
    for piece, token_id in pieces.items():
        state = 2 if piece.startswith("##") else 1
        for character in piece.removeprefix("##"):
            target = trie.bases[state] + ord(character)
            assert trie.parents[target] == state
            state = target
        number = trie.pops[state]
        assert trie.values[trie.starts[number] :][: trie.lengths[number]].tolist() == [token_id]
    # any character is a valid index from any state, the highest and whatever stands for those above
    assert trie.bases.max() + trie.highest + 1 < len(trie.parents)
    reached = trie.bases[:, None] + np.array([0, ord("a"), trie.highest + 1])
    assert reached.min() >= 0


def test_words_of_different_lengths_leave_the_loop_one_by_one():
    tokenizer = WordPieceTokenizer([*SPECIAL, "a", "##a", "##aa", "b"], ops="core")
    texts = ["a" * length + " b" for length in (1, 2, 3, 99, 100, 101)] + ["", "b", "ac"]
    plain = PlainWordPieceTokenizer(tokenizer.vocabulary)
    assert tokenizer.tokenize(texts).to_list() == [plain.tokenize(text) for text in texts]


def test_ops_that_are_unknown_or_contradict_the_mode_are_refused():
    with pytest.raises(UserError, match="'auto', 'core'"):
        WordPieceTokenizer([*SPECIAL, "a"], ops="cores")
    with pytest.raises(UserError, match="ops='core' was asked for"):
        WordPieceTokenizer([*SPECIAL, "a"], ops="core", mode="fast")


def test_without_tensorflow_text_the_tokenizer_consists_of_core_ops():
    program = (
        "from keras_bigmodel.core.errors import UserError\n"
        "from keras_bigmodel.tokenizers import WordPieceTokenizer\n"
        f"words = {[*SPECIAL, 'go', '##od', '!']!r}\n"
        "print(WordPieceTokenizer(words).tokenize(['Good!', 'go', 'bad']).to_list())\n"
        "for how in ({'mode': 'fast'}, {'ops': 'text'}):\n"
        "    try:\n"
        "        WordPieceTokenizer(words, **how)\n"
        "    except UserError as error:\n"
        "        print(error)\n"
    )
    ran = run_without_text(program)
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0] == "[[4, 5, 6], [4], [1]]"
    assert "mode='fast' needs tensorflow-text" in lines[1]
    assert "ops='text' needs tensorflow-text" in lines[2]
