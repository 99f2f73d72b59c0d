"""Rows held back: every class keeps its share, equal texts stay together, the same rows each time."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from keras_bigmodel.data import hold_back, support_messages

properties = settings(max_examples=200, deadline=None, derandomize=True, database=None)
tables = st.lists(st.tuples(st.text("abcdef", max_size=2), st.sampled_from("xyz")), min_size=1, max_size=60)
shares = st.floats(0.01, 0.99)


@properties
@given(tables, shares, st.integers(0, 3))
def test_every_row_is_on_one_side_and_equal_texts_on_the_same(rows, share, seed):
    texts, labels = zip(*rows, strict=True)
    kept, held = hold_back(texts, labels, share, seed=seed)
    assert sorted(kept + held) == list(range(len(rows)))
    assert kept == sorted(kept)
    assert held == sorted(held)
    assert not {texts[row] for row in kept} & {texts[row] for row in held}


@properties
@given(st.lists(st.sampled_from("xyz"), min_size=1, max_size=90), shares)
def test_every_class_gives_its_share(labels, share):
    texts = [f"text {number}" for number in range(len(labels))]
    _, held = hold_back(texts, labels, share)
    numbers, of_class = Counter(labels), Counter(labels[row] for row in held)
    for label, number in numbers.items():
        assert abs(of_class[label] - share * number) <= 0.5 or of_class[label] == number - 1
        assert of_class[label] < number


@properties
@given(tables, shares)
def test_every_label_keeps_a_row_to_train_on(rows, share):
    texts, labels = zip(*rows, strict=True)
    kept, _ = hold_back(texts, labels, share)
    assert {labels[row] for row in kept} == set(labels)


def test_the_split_hangs_on_texts_and_seed_alone():
    texts, labels = support_messages("train")
    first = hold_back(texts, labels, 0.2, seed=1)
    assert hold_back(texts, labels, 0.2, seed=1) == first
    assert hold_back(texts, labels, 0.2, seed=2) != first
    backwards = hold_back(texts[::-1], labels[::-1], 0.2, seed=1)
    last = len(texts) - 1
    assert sorted(last - row for row in backwards[1]) == first[1]


def test_lone_surrogates_do_not_stop_it():
    kept, held = hold_back(["a\ud800", "b", "c", "d"], ["x"] * 4, 0.5)
    assert len(kept) == len(held) == 2
