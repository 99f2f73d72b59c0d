"""Rows drawn by their texts: the same ones whatever the order, no more than may be held."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from keras_bigmodel.core.unicode_text import text_fractions
from keras_bigmodel.data import DrawnRows

places = st.lists(st.integers(0, 40).map(lambda number: number / 41), max_size=120)


def _drawn(places, **how):
    drawn = DrawnRows(how.pop("share", 0.5), **{"most_of_one": 100, "most_rows": 20, **how})
    for number, place in enumerate(places):
        drawn.offer(place, number, 10)
    return drawn


@given(places, st.randoms(use_true_random=False))
def test_what_is_held_does_not_depend_on_the_order(places, random):
    mixed = random.sample(places, len(places))
    held = [{place: len(rows) for place, rows in _drawn(order).groups.items()} for order in (places, mixed)]
    assert held[0] == held[1]


@given(places)
def test_all_rows_of_a_place_are_held_or_none(places):
    drawn, counts = _drawn(places), Counter(places)
    assert sum(map(len, drawn.groups.values())) <= 20
    assert {place: counts[place] for place in counts if drawn.holds(place)} == {
        place: len(rows) for place, rows in drawn.groups.items()
    }
    assert all(place < drawn.below <= 0.5 for place in drawn.groups)


def test_a_place_of_too_many_rows_is_left_out_or_holds_its_first():
    rows = [0.1, 0.2, 0.1, 0.1, 0.3]
    assert set(_drawn(rows, most_of_one=2, leave_out=True).groups) == {0.2, 0.3}
    assert not _drawn(rows, most_of_one=2, leave_out=True).holds(0.1)
    assert _drawn(rows, most_of_one=2).groups == {0.1: [0, 2], 0.2: [1], 0.3: [4]}


def test_long_texts_make_the_bar_sink_too():
    drawn = DrawnRows(1.0, most_of_one=5)
    for number in range(300):
        drawn.offer(number / 300, number, 100_000)
    assert len(drawn.groups) == 200
    assert drawn.below == 200 / 300


def test_texts_fall_evenly_and_by_what_they_say():
    found = [text_fractions(f"text {number}", seed=3) for number in range(4000)]
    for side in zip(*found, strict=True):
        assert 0.09 < sum(place < 0.1 for place in side) / 4000 < 0.11
    assert text_fractions("好的  ＯＫ") == text_fractions("好的 ok")
    assert text_fractions("a", "b") != text_fractions("b", "a") != text_fractions("b a")
