"""Words and tags of every scheme become a text and its spans."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_bigmodel import UserError
from keras_bigmodel.core.tagged_words import (
    illegal_tags,
    joined_words,
    parts_of_tag,
    scheme_of,
    spans_of_tags,
    text_and_spans,
)

LABELS = ("PER", "LOC", "a-b")


@st.composite
def spans(draw):
    """The spans of some words: sorted, apart or touching, each with a label."""
    found, at = [], 0
    for _ in range(draw(st.integers(0, 5))):
        first = at + draw(st.integers(0, 2))
        at = first + draw(st.integers(1, 3))
        found.append((first, at, draw(st.sampled_from(LABELS))))
    return found, at + draw(st.integers(0, 2))


def tags_in(scheme, spans, words):
    tags, before = ["O"] * words, None
    for first, last, label in spans:
        inside = [f"I-{label}"] * (last - first)
        tags[first:last] = inside
        if scheme == "BIO" or (scheme == "IOB1" and before == (first, label)):
            tags[first] = f"B-{label}"
        if scheme in ("BIOES", "BILOU"):
            tags[first], tags[last - 1] = f"B-{label}", f"{scheme[3] if scheme == 'BIOES' else 'L'}-{label}"
            if last - first == 1:
                tags[first] = f"{'S' if scheme == 'BIOES' else 'U'}-{label}"
        before = last, label
    return tags


@pytest.mark.parametrize("scheme", ["BIO", "IOB1", "BIOES", "BILOU"])
@given(spans())
def test_every_scheme_gives_the_spans_back(scheme, drawn):
    wanted, words = drawn
    tags = tags_in(scheme, wanted, words)
    assert spans_of_tags(tags) == wanted
    assert illegal_tags(tags, "BIOES" if scheme == "BILOU" else scheme) == []


@given(st.lists(st.text(min_size=1).filter(lambda word: not word.isspace()), min_size=1, max_size=8))
def test_words_are_found_in_their_text(words):
    places = joined_words(words)
    assert [places.text[start:end] for start, end in zip(places.starts, places.ends, strict=True)] == words


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["U.N.", "official", "."], "U.N. official ."),
        (["我", "爱", "北", "京"], "我爱北京"),
        (["2", "0", "0", "8", "年"], "2008年"),
        (["我爱", "北京", "IBM", "公司"], "我爱北京 IBM 公司"),
        (["これ", "は"], "これは"),
        (["한국", "사람"], "한국 사람"),
        (["a", "b"], "a b"),
        ([], ""),
    ],
)
def test_spaces_stand_where_people_write_them(words, text):
    assert joined_words(words).text == text


@pytest.mark.parametrize(
    ("rows", "scheme"),
    [
        ([["B-A", "I-A", "O"]], "BIO"),
        ([["I-A", "I-A", "O"], ["I-A", "B-A"]], "IOB1"),
        ([["I-A", "O", "B-A"]], "BIO"),
        ([["B-A", "E-A"]], "BIOES"),
        ([["U-A"]], "BIOES"),
        ([["O", "O"]], "BIO"),
    ],
)
def test_the_scheme_is_found(rows, scheme):
    assert scheme_of(rows) == scheme


@pytest.mark.parametrize(
    ("tags", "scheme", "wrong"),
    [
        (["O", "I-A"], "BIO", [1]),
        (["B-A", "I-B"], "BIO", [1]),
        (["B-A", "O"], "IOB1", [0]),
        (["B-A", "O"], "BIOES", [1]),
        (["E-A"], "BIOES", [0]),
        (["B-A", "I-A"], "BIOES", [1]),
        (["S-A", "I-A", "E-A"], "BIOES", [1]),
    ],
)
def test_illegal_tags_are_found(tags, scheme, wrong):
    assert illegal_tags(tags, scheme) == wrong


def test_illegal_tags_begin_spans_all_the_same():
    assert spans_of_tags(["O", "I-A", "I-B", "E-B", "I-B"]) == [(1, 2, "A"), (2, 4, "B"), (4, 5, "B")]


@pytest.mark.parametrize("tag", ["B-", "B", "PER", "X-PER", "B- ", 3, None, ""])
def test_what_is_no_tag_is_refused(tag):
    with pytest.raises(UserError, match="is no tag; wanted O, or B-"):
        parts_of_tag(tag)


@pytest.mark.parametrize(
    ("words", "tags", "message"),
    [
        (["a", "b"], ["O"], "2 words and 1 tag came"),
        (["a", ""], ["O", "O"], "Word 2 is empty"),
        (["a", 3], ["O", "O"], "Word 2 is 3"),
    ],
)
def test_words_and_tags_that_do_not_fit_are_refused(words, tags, message):
    with pytest.raises(UserError, match=message):
        text_and_spans(words, tags)
