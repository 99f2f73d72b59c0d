"""The graph's spans are those of the plain tokenizer, in every setting and unit, and cut the text where it says."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keras_bigmodel import UserError
from keras_bigmodel.data.bundled_texts import parity_texts
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer, WordPieceTokenizer
from keras_bigmodel.tokenizers.span_units import UNITS
from tests.tokenizers.test_added_tokens import ADDED, PARTS
from tests.tokenizers.test_added_tokens import TEXTS as WITH_ADDED
from tests.tokenizers.test_added_tokens import made as made_with_added
from tests.tokenizers.test_word_piece_tokenizer import SETTINGS, TEXTS, revealing_vocabulary

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


CASES = [
    pytest.param((name, ops), id=f"{name}-{ops}", marks=pytest.mark.full if name != "uncased" else ())
    for name in SETTINGS
    for ops in ("core", "text")
]


@pytest.fixture(scope="module", params=CASES)
def tokenizers(request):
    (name, ops), words = request.param, revealing_vocabulary()
    return WordPieceTokenizer(words, ops=ops, **SETTINGS[name]), PlainWordPieceTokenizer(words, **SETTINGS[name])


@pytest.fixture(scope="module", params=ADDED)
def with_added_tokens(request):
    return made_with_added(ADDED[request.param])[:2]


def agree(graph, plain, texts, unit="characters"):
    ids, spans = (found.to_list() for found in graph.tokenize_with_spans(texts, unit=unit))
    for text, *found in zip(texts, ids, spans, strict=True):
        wanted = plain.tokenize_with_spans(text, unit=unit)
        assert (found[0], [tuple(span) for span in found[1]]) == wanted, repr(text)


@pytest.mark.parametrize("unit", UNITS)
def test_spans_of_the_bundled_texts_are_the_plain_tokenizers(tokenizers, unit):
    agree(*tokenizers, parity_texts(), unit)


@pytest.mark.parametrize("unit", UNITS)
def test_spans_with_added_tokens_are_the_plain_tokenizers(with_added_tokens, unit):
    agree(*with_added_tokens, [*WITH_ADDED, *parity_texts()], unit)


@settings(settings.get_profile("tokenizers"))
@given(st.lists(TEXTS, max_size=4), st.sampled_from(UNITS))
@example(["İ İİ ŉ ǰ ΐ ﬁ", "", "a\u00adb \u00ada b\u00ad x"], "bytes")
@example(["가각힣a 中a국 b中", " ", "a" * 101 + " 한" * 50], "utf16")
def test_spans_of_any_texts_are_the_plain_tokenizers(tokenizers, texts, unit):
    agree(*tokenizers, [text.replace("\0", "") for text in texts], unit)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=12).map("".join), max_size=3), st.sampled_from(UNITS))
def test_spans_of_any_text_with_added_tokens_are_the_plain_tokenizers(with_added_tokens, texts, unit):
    agree(*with_added_tokens, texts, unit)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=12), st.text("aé😀中", max_size=8).map(str.encode)), max_size=3))
@example([b"\xff", b"a\xe4\xb8", b"\xf0\x9f\x98a", b"\xed\xa0\x80b", b"\xef\xbf\xbda\xc3"])
def test_bytes_that_are_not_utf_8_count_alike(any_bytes, texts):
    for unit in UNITS:
        agree(*any_bytes, texts, unit)


@pytest.fixture(scope="module")
def any_bytes():
    words = [*SPECIAL, "a", "e", "##a", "##e", "中", "😀"]
    return WordPieceTokenizer(words), PlainWordPieceTokenizer(words)


@pytest.mark.parametrize("ops", ["core", "text"])
def test_a_span_cuts_the_text_as_typed_in_every_unit(ops):
    words = [*SPECIAL, "go", "##od", "!", "中"]
    text = "😀 Gööd! 中"
    cut = {
        "characters": lambda start, end: text[start:end],
        "utf16": lambda start, end: text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le"),
        "bytes": lambda start, end: text.encode()[start:end].decode(),
    }
    for unit in UNITS:
        ids, spans = WordPieceTokenizer(words, ops=ops).tokenize_with_spans([text], unit=unit)
        assert [cut[unit](*span) for span in spans[0].numpy()] == ["😀", "Gö", "öd", "!", "中"]
        assert ids.to_list() == [[1, 4, 5, 6, 7]]
        assert spans.shape.as_list() == [1, None, 2]


def test_it_runs_inside_a_graph_and_on_no_texts(any_bytes):
    graph, _ = any_bytes

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def counted(texts):
        ids, spans = graph.tokenize_with_spans(texts)
        return ids.values, spans.values

    ids, spans = counted(tf.constant(["ae a", ""]))
    np.testing.assert_array_equal(spans, [[0, 1], [1, 2], [3, 4]])
    assert ids.shape == (3,)
    ids, spans = counted(tf.zeros([0], tf.string))
    assert (ids.shape, spans.shape) == ((0,), (0, 2))


def test_what_has_no_spans_is_refused(any_bytes):
    for tokenizer, texts in zip(any_bytes, (["a"], "a"), strict=True):
        with pytest.raises(UserError, match='unit="words" came; known are characters, utf16, bytes'):
            tokenizer.tokenize_with_spans(texts, unit="words")
    with pytest.raises(UserError, match="mode='fast' does not tell where its tokens stand"):
        WordPieceTokenizer([*SPECIAL, "a"], mode="fast").tokenize_with_spans(["a"])
