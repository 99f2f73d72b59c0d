"""When two runs of one output agree: equal, close, the same choice; padding aside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keras_bigmodel.export import Close, Equal, SameChoice, SameDirection

IDS = arrays("int32", st.tuples(st.integers(1, 4), st.integers(0, 5)), elements=st.integers(0, 3))


@given(IDS, st.integers(0, 3))
def test_ids_are_equal_to_themselves_and_to_themselves_with_zeros_behind(ids, more):
    wider = np.pad(ids, [(0, 0), (0, more)])
    assert not Equal().differences(ids, ids, None).any()
    assert not Equal().differences(ids, wider, None).any()
    assert not Equal().differences(wider, ids, None).any()


@given(IDS.filter(lambda ids: ids.size), st.data())
def test_one_other_id_is_found_in_its_row_and_no_other(ids, data):
    row, column = (data.draw(st.integers(0, size - 1)) for size in ids.shape)
    other = ids.copy()
    other[row, column] += 1
    found = Equal().differences(ids, other, None)
    assert np.flatnonzero(found).tolist() == [row]


@given(IDS.filter(lambda ids: ids.size), st.data())
def test_what_only_fills_a_batch_up_is_not_compared(ids, data):
    mask = data.draw(arrays("int32", ids.shape, elements=st.integers(0, 1)))
    noise = ids + np.where(mask == 0, 7, 0)
    assert not Equal("mask").differences(ids, noise, mask).any()
    assert not Close(mask="mask").differences(ids.astype("float32"), noise.astype("float32"), mask).any()
    deep = np.stack([ids, ids], axis=-1).astype("float32")  # (rows, length, 2)
    assert not Close(mask="mask").differences(deep, np.stack([noise, noise], axis=-1), mask).any()


def test_strings_are_compared_byte_by_byte():
    ours, theirs = np.array([b"a\0", b"b"], object), np.array([b"a", b"b"], object)
    assert Equal().differences(ours, theirs, None).tolist() == [1, 0]


@pytest.mark.parametrize("rule", [Equal(), Close(), SameDirection(0.9)])
def test_another_shape_never_agrees(rule):
    found = rule.differences(np.zeros((2, 3, 1)), np.zeros((2, 2, 1)), None)
    assert (found > rule.limit(1e-5)).all()


def test_numbers_above_1_are_compared_in_relation_to_their_size():
    found = Close().differences(np.array([[0.5], [1000.0]]), np.array([[0.501], [1001.0]]), None)
    np.testing.assert_allclose(found, [1e-3, 1e-3], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_never_agrees(bad):
    for ours, theirs in (([[1.0]], [[bad]]), ([[bad]], [[1.0]]), ([[bad]], [[bad]])):
        found = Close().differences(np.array(ours), np.array(theirs), None)
        assert not found[0] <= 1e30


def test_logarithms_see_small_probabilities():
    found = Close(logarithms=True).differences(np.array([[1e-3, 0.999]]), np.array([[2e-3, 0.998]]), None)
    assert found[0] == pytest.approx(np.log(2), rel=1e-6)


def test_a_choice_may_differ_where_the_best_are_as_good_as_equal():
    labels = np.array([b"x", b"x", b"x"], object), np.array([b"x", b"y", b"y"], object)
    among = np.array([[0.9, 0.1], [0.5000001, 0.4999999], [0.6, 0.4]])
    found = SameChoice("probabilities").differences(*labels, among)
    assert (found > 0).tolist() == [False, False, True]
    assert found[2] == pytest.approx(0.2)


def test_numbers_of_choices_are_compared_by_the_largest():
    ours, theirs = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.6, 0.4], [0.7, 0.3]])
    assert (SameChoice("probabilities").differences(ours, theirs, ours) > 0).tolist() == [False, True]


VECTORS = arrays("float32", st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.floats(0.125, 8, width=32))


@given(VECTORS, st.floats(0.01, 100))
def test_longer_vectors_have_the_same_direction(vectors, factor):
    rule = SameDirection(0.999)
    assert (rule.differences(vectors, vectors * np.float32(factor), None) < 1e-6).all()
    assert (rule.differences(vectors, -vectors, None) > 1.9).all()


def test_a_direction_may_differ_by_a_cosine():
    angles = np.array([0.0, 0.1, 0.2, np.pi / 2])
    ours = np.array([[3.0, 0.0]] * 4)
    theirs = 2.0 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    rule = SameDirection(0.99)
    found = rule.differences(ours, theirs, None)
    np.testing.assert_allclose(found, 1 - np.cos(angles), atol=1e-12)
    assert (found <= rule.limit(1e-5)).tolist() == [True, True, False, False]  # cosines 1, 0.995, 0.980, 0


def test_a_vector_without_a_direction_agrees_with_its_like_only():
    zero, some = [0.0, 0.0], [1.0, 0.0]
    found = SameDirection(0.9).differences(np.array([zero, zero, some]), np.array([zero, some, zero]), None)
    assert found.tolist() == [0.0, np.inf, np.inf]
    bad = SameDirection(0.9).differences(np.array([some, some]), np.array([[np.nan, 0.0], [np.inf, 0.0]]), None)
    assert np.isinf(bad).all()
