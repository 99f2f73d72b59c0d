"""Rows held back: every class keeps its share, equal texts stay together, the same rows each time."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_bigmodel.data import hold_back, support_messages

properties = settings(max_examples=200, deadline=None, derandomize=True, database=None)
tables = st.lists(st.tuples(st.text("abcdef", max_size=2), st.sampled_from("xyz")), min_size=1, max_size=60)
shares = st.floats(0.01, 0.99)


def _different(labels):
    return [f"text {number}" for number in range(len(labels))]


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
def test_the_share_comes_out_right_and_every_class_near_its_own(labels, share):
    _, held = hold_back(_different(labels), labels, share)
    sizes, of_class = Counter(labels), Counter(labels[row] for row in held)
    able = {label: size for label, size in sizes.items() if size > 1}
    most = sum(size - 1 for size in able.values())
    assert len(held) == min(round(share * sum(able.values())), most)
    for label, size in able.items():
        assert of_class[label] < size
        assert abs(of_class[label] - share * size) < len(able) or of_class[label] == size - 1
        if len(held) >= len(able):
            assert of_class[label] >= 1


@properties
@given(tables, shares)
def test_every_label_keeps_a_row_to_train_on(rows, share):
    texts, labels = zip(*rows, strict=True)
    kept, _ = hold_back(texts, labels, share)
    assert {labels[row] for row in kept} == set(labels)


def test_many_small_classes_together_give_the_share():
    labels = [f"class {number % 77}" for number in range(77 * 5)]
    _, held = hold_back(_different(labels), labels, 0.1)
    assert len(held) == 38  # a tenth of 385, though a tenth of 5 is not one row
    assert max(Counter(labels[row] for row in held).values()) == 1
    assert Counter(labels[row] for row in hold_back(_different(labels), labels, 0.2)[1]) == dict.fromkeys(labels, 1)


def test_a_rare_class_gives_a_row_beside_a_common_one():
    labels = ["common"] * 990 + ["rare"] * 3
    _, held = hold_back(_different(labels), labels, 0.1)
    assert Counter(labels[row] for row in held) == {"common": 98, "rare": 1}


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hello there", "hello  THERE "), ("cafe\u0301", "café"), ("价格：１００", "价格:100"), ("STRASSE", "straße")],
)
def test_texts_equal_up_to_case_form_and_whitespace_stay_on_one_side(one, other):
    others = [f"text {number}" for number in range(8)]
    for seed in range(12):
        kept, _ = hold_back([one, other, *others], ["x"] * 10, 0.5, seed=seed)
        assert (0 in kept) == (1 in kept)


def test_of_pairs_both_texts_are_the_text():
    firsts = ["which one?", "what is it?"] * 1000
    seconds = [f"answer {number // 2}" for number in range(2000)]
    labels = ["x", "y"] * 1000
    kept, held = hold_back({"text": firsts, "text_pair": seconds}, labels, 0.1)
    assert (len(kept), len(held)) == (1800, 200)
    assert len(hold_back(firsts, labels, 0.1)[1]) == 0  # as single texts there are two, and each is a whole class
    again = {"text": firsts * 2, "text_pair": [*seconds, *(text.upper() for text in seconds)]}
    twice = hold_back(again, labels * 2, 0.1)[1]
    assert len(twice) == 400
    assert {row % 2000 for row in twice if row < 2000} == {row % 2000 for row in twice if row >= 2000}


@pytest.mark.parametrize("seed", range(20))
def test_a_text_of_many_rows_is_not_held_back_beyond_the_share(seed):
    texts = ["hello"] * 600 + _different(range(400))
    kept, held = hold_back(texts, ["x"] * 1000, 0.1, seed=seed)
    assert len(held) == 100
    assert 0 in kept
    _, held = hold_back(["hello"] * 900 + _different(range(100)), ["x"] * 1000, 0.1, seed=seed)
    assert len(held) == 50  # half of its other texts stay with it


@pytest.mark.parametrize(
    ("rows_of", "share", "wanted"),
    [
        ({"common": [1] * 9800, "rare": [100, 100]}, 0.1, {"common": 980, "rare": 100}),
        ({"common": [1] * 9000, "rare": [500, 500]}, 0.1, {"common": 900, "rare": 500}),
        ({"common": [1] * 8000, "rare": [1000, 1000]}, 0.1, {"common": 800}),
        ({"common": [1] * 94, "rare": [2, 2, 2]}, 0.1, {"common": 9, "rare": 2}),
        ({label: [3] * 10 for label in "abcde"}, 0.1, dict.fromkeys("abcde", 3)),
    ],
)
def test_a_class_of_repeated_texts_gives_one_where_the_share_allows(rows_of, share, wanted):
    texts, labels = [], []
    for label, sizes in rows_of.items():
        for number, size in enumerate(sizes):
            texts += [f"{label} {number}"] * size
            labels += [label] * size
    assert Counter(labels[row] for row in hold_back(texts, labels, share)[1]) == wanted


@properties
@given(tables, shares)
def test_not_much_more_than_the_share_is_held_back(rows, share):
    texts, labels = zip(*rows, strict=True)
    assert len(hold_back(texts, labels, share)[1]) <= max(1.5 * share * len(rows), share * len(rows) + 1)


def test_a_text_with_several_labels_does_not_hinder_its_class():
    texts = ["both"] * 2 + [f"text {number}" for number in range(8)]
    labels = ["x", "y"] + ["x"] * 8
    for seed in range(12):
        kept, held = hold_back(texts, labels, 0.4, seed=seed)
        assert {labels[row] for row in kept} == {"x", "y"}
        assert len(held) == round(0.4 * 9)


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
