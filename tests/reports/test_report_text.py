"""How texts and figures are written."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_bigmodel.reports.report_text import between, decimal, language, percent, shorten, things, visible, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("tab\tand\nline\r\nend", "tab and⏎ line⏎ end"),
        ("\u202eabc\u2069", "⟨U+202E⟩abc⟨U+2069⟩"),
        ("\x1b[31m\x7f\x85", "␛[31m⟨U+007F⟩⟨U+0085⟩"),
        ("\ud800\ufffe", "\ufffd\ufffd"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 4),
        ("สวัสดีครับ นี่คือ", "สวัสดีครับ นี่คือ"),
        ("हिन्दी में", "हिन्दी में"),
        ("👩‍👩‍👧‍👦 می‌خواهم", "👩‍👩‍👧‍👦 می‌خواهم"),
        ("   ", "␠␠␠"),
        ("", "⟨empty⟩"),
        (7, "7"),
    ],
)
def test_what_acts_is_shown_and_what_is_writing_stays(text, shown):
    assert visible(text) == shown


@given(st.text(st.characters()))
def test_nothing_unseen_is_left(text):
    for character in visible(text):
        assert unicodedata.category(character) not in ("Cc", "Cs")
        assert unicodedata.bidirectional(character) not in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )


@given(st.text(st.characters()), st.integers(0, 50))
def test_a_long_text_is_cut_and_its_length_named(text, limit):
    shown = visible(text, limit)
    assert ("characters)" in shown) == (len(text) > limit and bool(text.strip())) or "characters)" in text


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.integers(2, 40))
def test_a_shortened_label_fits_and_keeps_both_ends(text, columns):
    short = shorten(text, columns)
    assert width(short) <= columns
    assert short == text or "…" in short
    head, _, tail = short.partition("…")
    assert short == text or (text.startswith(head) and text.endswith(tail))


@pytest.mark.parametrize(
    ("text", "code"),
    [("新闻 news", "zh"), ("ニュース新聞", "ja"), ("뉴스", "ko"), ("news", ""), ("новости", ""), ("", "")],
)
def test_a_language_is_named_where_the_script_tells_it(text, code):
    assert language(text) == code


def test_what_is_missing_is_a_dash():
    assert percent(None) == percent(float("nan")) == decimal(None) == "–"
    assert between(None) == between([]) == between([None, None]) == ""


def test_one_thing_has_no_plural():
    assert (things(1, "row"), things(0, "row"), things(12_000, "class", "classes")) == (
        "1 row",
        "0 rows",
        "12,000 classes",
    )
