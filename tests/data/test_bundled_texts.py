"""What comes with the package: enough of it, clean, and not too easy."""

from collections import Counter

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from keras_bigmodel.data import parity_texts, support_messages


@pytest.fixture(scope="module")
def messages():
    return {split: support_messages(split) for split in ("train", "test")}


def test_there_are_enough_messages_of_each_of_eight_intents(messages):
    assert len(messages["train"][0]) + len(messages["test"][0]) >= 800
    for texts, labels in messages.values():
        assert len(texts) == len(labels)
        assert len(set(labels)) == 8
        assert all(texts)
    assert min(Counter(messages["test"][1]).values()) >= 20


def test_no_message_stands_twice(messages):
    texts = [text.casefold().strip() for split in messages.values() for text in split[0]]
    assert len(set(texts)) == len(texts)


def test_no_two_messages_share_five_consecutive_words(messages):
    seen = {}
    for text in messages["train"][0] + messages["test"][0]:
        words = "".join(letter if letter.isalnum() or letter == "'" else " " for letter in text.casefold()).split()
        for run in {tuple(words[at : at + 5]) for at in range(len(words) - 4)}:
            assert run not in seen, (text, seen[run])
            seen[run] = text


def test_counting_words_does_not_solve_the_messages(messages):
    """A bag of words and pairs of words stays at 85 % or below, so that an encoder has something to show."""
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000, C=10))
    model.fit(*messages["train"])
    assert 0.3 < model.score(*messages["test"]) <= 0.85


def test_parity_texts_are_many_and_of_many_kinds():
    texts = parity_texts()
    assert len(texts) >= 1000
    assert "" in texts
    assert not any("\ud800" <= letter <= "\udfff" for text in texts for letter in text)
    assert any(max(map(ord, text), default=0) > 0xFFFF for text in texts)
    for first, last in [(0x400, 0x4FF), (0x590, 0x5FF), (0x900, 0x97F), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3)]:
        assert any(first <= ord(letter) <= last for text in texts for letter in text)  # a script each
