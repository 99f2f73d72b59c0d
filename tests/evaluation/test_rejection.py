"""A threshold keeps what was wanted, keeps as much as it can, and says when it cannot."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.evaluation import rejection_metrics, threshold_for

SCORED = st.lists(st.tuples(st.sampled_from([0.5, 0.6, 0.7, 0.8, 0.9]), st.booleans()), min_size=20, max_size=60)


def arrays(scored):
    probabilities = np.array([[share, 1 - share] for share, _ in scored])
    return np.array([0 if right else 1 for _, right in scored]), probabilities, ["no", "yes"]


@given(SCORED, st.sampled_from([0.3, 0.5, 0.8, 0.9, 1.0]))
def test_the_lowest_threshold_that_reaches_the_accuracy_is_chosen(scored, accuracy):
    # at a probability of 0.5 the first label is the answer
    given_ = arrays(scored)
    reached = {}
    for below in sorted({share for share, _ in scored}):
        kept = [right for share, right in scored if share >= below]
        if len(kept) >= 20:
            reached[below] = sum(kept) / len(kept)
    good = [below for below, share in reached.items() if share >= accuracy]
    if not good:
        with pytest.raises(UserError, match="No threshold keeps"):
            threshold_for(*given_, accuracy)
        return
    threshold = threshold_for(*given_, accuracy)
    measured = rejection_metrics(*given_, threshold)
    assert measured["accuracy_kept"] >= accuracy
    assert measured["kept"] == sum(share >= min(good) for share, _ in scored)
    assert measured["share_kept"] == measured["kept"] / len(scored)


@pytest.mark.parametrize("pair", [(1.0, 0.9), (0.50000006, 0.5), (0.99999994, 0.9999999)])
def test_of_neighbours_in_float32_the_lower_is_cut_off(pair):
    high, low = np.float32(pair[0]), np.float32(pair[1])
    assert high > low
    probabilities = np.array([[high, 1 - high]] * 20 + [[low, 1 - low]] * 20, "float32")
    targets = np.array([0] * 20 + [1] * 20)
    below = threshold_for(targets, probabilities, ["no", "yes"], 1.0)
    assert 0 < below < 1
    assert rejection_metrics(targets, probabilities, ["no", "yes"], below)["kept"] == 20


def test_nothing_kept_has_no_accuracy():
    measured = rejection_metrics([0, 1], [[0.6, 0.4], [0.3, 0.7]], ["no", "yes"], 0.9)
    assert (measured["kept"], measured["accuracy_kept"]) == (0, None)
    assert measured["interval"] == [0.0, 1.0]
