"""Texts that stand twice, or nearly: every pair that is alike enough is found, and none that is not."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_bigmodel.core.unicode_text import nearly_same_text, same_text, same_words
from keras_bigmodel.data import dominant_script
from keras_bigmodel.data.figures.near_duplicates import ALIKE, near_groups

properties = settings(max_examples=150, deadline=None, derandomize=True, database=None)
words = st.lists(st.sampled_from("abcdefghijklmnop"), min_size=1, max_size=30).map(" ".join)


def _jaccard(one, other):
    runs = [{tuple(split[at : at + 3]) for at in range(len(split) - 2)} for split in (one.split(), other.split())]
    return len(runs[0] & runs[1]) / max(len(runs[0] | runs[1]), 1)


@properties
@given(st.lists(words, max_size=12), st.data())
def test_the_groups_are_those_of_comparing_all_with_all(texts, data):
    for text in texts[: len(texts) // 2]:  # some near copies
        split = text.split()
        del split[data.draw(st.integers(0, len(split) - 1))]
        texts = [*texts, " ".join(split) or "a"]
    wanted = list(range(len(texts)))
    for one, other in itertools.combinations(range(len(texts)), 2):
        if texts[one] == texts[other] or _jaccard(texts[one], texts[other]) >= ALIKE:
            joined, into = wanted[other], wanted[one]
            low, high = min(joined, into), max(joined, into)
            wanted = [low if group == high else group for group in wanted]
    assert near_groups(texts) == wanted


def test_chinese_texts_are_compared_by_characters():
    text = "前台客房服务态度非常好，早餐很丰富，房价很干净，下次还会再来住的"
    assert near_groups([text, text[:-1], "房间很小，隔音也不好", text.replace("，", "。")]) == [0, 0, 2, 0]


def test_short_texts_are_alike_only_up_to_case_punctuation_and_numbers():
    assert near_groups(["OK!", "ok", "okay", "?!", "??", "12", "13"]) == [0, 0, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("Order 12345 is late!", "order 67890 is late", True),
        ("订单12345迟到了！", "订单67890迟到了", True),
        ("ok 👍🏽", "OK 👍", True),
        ("nice ❤️", "nice ❤", True),
        ("#love it", "love it", True),
        ("wo\u00adrd by\u200b word", "word by word", True),
        ("वह जाता है", "वह जाती है", False),
        ("ปี", "ปู", False),
        ("บิล", "บอล", False),
        ("好👍", "好👎", False),
        ("C++", "C#", False),
        ("C", "C#", False),
        ("100", "250", False),
        ("-3", "+3", False),
        ("I paid $20", "I paid €20", False),
        ("I rate it 1/5", "I rate it 5/5", False),
        ("I rate it 15/100", "I rate it 85/100", False),
        ("15 % done", "85 % done", False),
        ("1 star", "3 star", False),
        ("a 12 34 56", "a 78 90 12", False),
    ],
)
def test_marks_symbols_and_grades_tell_texts_apart_and_long_numbers_do_not(one, other, near):
    assert near_groups([one, other]) == [0, 0 if near else 1]


def test_long_texts_of_letters_with_marks_are_still_compared_by_words():
    text = "यह होटल बहुत अच्छा था और कमरा भी साफ था पर खाना ठंडा मिला और सेवा धीमी थी हम फिर आएंगे"
    assert near_groups([text, text + " जरूर", "खाना बहुत अच्छा था", text.replace(" ", ", ")]) == [0, 0, 2, 0]


def test_only_some_may_be_compared_by_words_and_all_are_by_form():
    text = "the parcel came two days late and the box was open when we got it from the post office"
    texts = [text, text + " today", text.upper() + "!", text + " Today"]
    assert near_groups(texts) == [0, 0, 0, 0]
    assert near_groups(texts, searched=[0]) == [0, 1, 0, 1]


def test_thousands_of_texts_from_one_template_take_no_hours():
    texts = [
        f"dear customer your parcel {chr(97 + n % 26)}{chr(97 + n // 26 % 26)} is on its way to you now"
        for n in range(3000)
    ]
    assert len(set(near_groups(texts))) == 676


@pytest.mark.parametrize(
    ("one", "other", "same", "same_but_case", "nearly"),
    [
        ("a  b\n", "a b", True, True, True),
        ("cafe\u0301", "café", True, True, True),
        ("Hello", "hello", False, True, True),
        ("ＡＢＣ１", "abc1", False, True, True),
        ("straße", "STRASSE", False, True, True),
        ("order 12!", "order 345", False, False, True),
        ("好。", "好", False, False, True),
        ("hello", "help", False, False, False),
        ("!", "?", False, False, False),
    ],
)
def test_when_texts_are_the_same(one, other, same, same_but_case, nearly):
    assert (same_text(one) == same_text(other)) is same
    assert (same_words(one) == same_words(other)) is same_but_case
    assert (nearly_same_text(one) == nearly_same_text(other)) is nearly


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("plain words", "Latin"),
        ("Größe, naïve, Łódź", "Latin"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "Latin"),
        ("这家酒店 very 不错", "Han"),
        ("酒店 with many English words", "Latin"),
        ("これはひらがなとカタカナ", "Kana"),
        ("ｶﾀｶﾅ", "Kana"),
        ("한국어", "Hangul"),
        ("Привет", "Cyrillic"),
        ("Καλημέρα", "Greek"),
        ("مرحبا", "Arabic"),
        ("नमस्ते", "Devanagari"),
        ("สวัสดี", "Thai"),
        ("שלום", "Hebrew"),
        ("12:30 👍 !?", "no letters"),
        ("", "no letters"),
        ("\ud800\ue000", "no letters"),
    ],
)
def test_the_script_of_most_letters(text, script):
    assert dominant_script(text) == script


@given(st.text())
@properties
def test_any_text_has_a_script_of_one_word_or_none(text):
    assert re.fullmatch(r"[A-Z][a-z-]+|no letters", dominant_script(text))
