"""The characters that each token came from: those that Hugging Face `tokenizers` names, in two cases others."""

import itertools
import unicodedata

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken as TheirToken

from keras_bigmodel.data.bundled_texts import parity_texts
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer
from keras_bigmodel.tokenizers.added_tokens import AddedToken
from keras_bigmodel.tokenizers.traced_text import TracedText
from tests.tokenizers.conftest import make_hugging_face
from tests.tokenizers.test_added_tokens import ADDED, PARTS, WORDS
from tests.tokenizers.test_added_tokens import made as made_with_added
from tests.tokenizers.test_word_piece_tokenizer import SETTINGS, TEXTS, revealing_vocabulary

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


@pytest.fixture(scope="module", params=SETTINGS)
def tokenizers(request):
    words, chosen = revealing_vocabulary(), SETTINGS[request.param]
    return PlainWordPieceTokenizer(words, **chosen), make_hugging_face(words, **chosen)


@pytest.fixture(scope="module", params=ADDED)
def with_added_tokens(request):
    return made_with_added(ADDED[request.param])[1:]


def spans_of(tokenizer, text):
    """The spans of a text, after what holds of all spans was checked."""
    ids, spans = tokenizer.tokenize_with_spans(text)
    assert ids == tokenizer.tokenize(text)
    assert len(spans) == len(ids)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before <= after for before, after in itertools.pairwise(spans))
    return spans


def agree(ours, theirs, texts):
    for text, row in zip(texts, theirs.encode_batch(texts, add_special_tokens=False), strict=True):
        assert spans_of(ours, text) == row.offsets, repr(text)


def has_marks_in_order(text):
    """Whether normalization leaves the order of combining marks; see the test on what differs."""
    by_character = "".join(unicodedata.normalize("NFD", character) for character in text)
    return by_character == unicodedata.normalize("NFD", text)


def test_spans_of_the_bundled_texts_are_hugging_faces(tokenizers):
    agree(*tokenizers, parity_texts())


def test_spans_with_added_tokens_are_hugging_faces(with_added_tokens):
    agree(*with_added_tokens, parity_texts())


@settings(settings.get_profile("tokenizers"))
@given(TEXTS)
@example("İ İİ ŉ ǰ ΐ ﬁ")  # letters that become two or three
@example("a\u00adb \u00ada b\u00ad x\x00")  # dropped inside, before and behind
@example("가각힣a 中a国 b中")
@example("a" * 101 + " 한" * 50)
def test_spans_of_any_text_are_hugging_faces(tokenizers, text):
    assume(has_marks_in_order(text))
    agree(*tokenizers, [text])


@settings(max_examples=100)
@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
@example("a\u00ad@user\u00adb @U\u00adSER")
def test_spans_of_any_text_with_added_tokens_are_hugging_faces(with_added_tokens, text):
    agree(*with_added_tokens, [text])


@given(st.text(max_size=40))
def test_spans_are_in_order_and_inside_the_text(text):
    spans_of(PlainWordPieceTokenizer(revealing_vocabulary()), text)


def test_half_a_surrogate_pair_and_invalid_bytes_count_as_characters():
    tokenizer = PlainWordPieceTokenizer([*SPECIAL, "a", "##b", "b"])
    assert tokenizer.tokenize_with_spans("\ud800a\udc00b") == ([4, 5], [(1, 2), (3, 4)])
    assert tokenizer.tokenize_with_spans(b"\xffa b") == ([4, 6], [(1, 2), (3, 4)])
    assert tokenizer.tokenize_with_spans("") == tokenizer.tokenize_with_spans(" \u200b") == ([], [])


def test_a_vocabulary_whose_unknown_token_is_a_word():
    words = ["[PAD]", "un", "[CLS]", "[SEP]", "##k"]
    tokenizer = PlainWordPieceTokenizer(words, unknown_token="un")
    assert tokenizer.tokenize_with_spans("unk un zz") == ([1, 4, 1, 1], [(0, 2), (2, 3), (4, 6), (7, 9)])


def test_what_differs_is_the_edge_of_a_word_whose_marks_hugging_face_reorders():
    """U+1CD1 is dropped, U+1BF2 is not. Theirs are swapped first, and the places stay: the last place is dropped."""
    ours, theirs = PlainWordPieceTokenizer([*SPECIAL, "a"]), make_hugging_face([*SPECIAL, "[MASK]", "a"])
    text = "a\u1cd1\u1bf2"
    assert spans_of(ours, text) == [(0, 3)]
    assert theirs.encode(text, add_special_tokens=False).offsets == [(0, 2)]


def test_what_differs_is_white_space_that_an_added_token_takes_with_it():
    """With `lstrip` and `rstrip` the ids stay the same: white space has none."""
    theirs = make_hugging_face(WORDS)
    theirs.add_tokens([TheirToken("@user", lstrip=True, rstrip=True, normalized=False)])
    ours = PlainWordPieceTokenizer([*WORDS, "@user"], added_tokens=[AddedToken("@user", normalized=False)])
    row = theirs.encode("a  @user b", add_special_tokens=False)
    assert ours.tokenize_with_spans("a  @user b") == (row.ids, [(0, 1), (3, 8), (9, 10)])
    assert row.offsets == [(0, 1), (1, 9), (9, 10)]


def test_a_traced_text_does_what_a_str_does():
    text, table = "İ x  É-", {ord("İ"): "i\u0307", ord("x"): "", ord("-"): " - "}
    traced = TracedText(text).translate(table)
    assert str(traced) == text.translate(table)
    assert [str(part) for part in traced.split(" ")] == text.translate(table).split(" ")
    assert [part.span() for part in traced.split(" ") if str(part)] == [(0, 1), (5, 6), (6, 7)]
    with pytest.raises(IndexError):
        TracedText("").span()
