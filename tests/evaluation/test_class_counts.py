"""Counts by class, for all texts and for resamples; what is not defined, and the ends of intervals."""

import numpy as np
import pytest
from scipy import stats

from keras_bigmodel.evaluation.class_counts import ClassCounts, tally
from keras_bigmodel.evaluation.intervals import percentile_interval, proportion_interval


def test_many_rows_are_counted_as_each_alone():
    random = np.random.default_rng(0)
    targets, answers = random.integers(4, size=(2, 6, 30))
    together = ClassCounts.count(targets, answers, 4)
    for row in range(6):
        alone = ClassCounts.count(targets[row], answers[row], 4)
        for name, value in alone.figures().items():
            assert together.figures()[name][row] == value
        assert together.f1[row].tolist() == alone.f1.tolist()


def test_a_resample_says_nothing_of_a_class_that_it_lacks():
    figures = ClassCounts.count(np.array([0, 0, 1]), np.array([0, 1, 1]), 4).class_figures()
    for name, values in figures.items():
        assert np.isnan(values).tolist() == [False, False, True, True], name
    figures = ClassCounts.count(np.array([0, 1]), np.array([2, 2]), 3).class_figures()
    assert np.isnan(figures["precision"]).tolist() == [True, True, False]
    assert np.isnan(figures["recall"]).tolist() == [False, False, True]


def test_nothing_is_counted_as_none():
    assert tally(np.zeros(0, "int64"), 3).tolist() == [0, 0, 0]


def test_weights_are_summed():
    assert tally(np.array([[0, 1, 1]]), 3, np.array([[0.5, 1.0, 2.0]])).tolist() == [[0.5, 3.0, 0.0]]


@pytest.mark.parametrize("trials", [1, 2, 7, 30, 999])
def test_the_interval_of_a_proportion_is_scipys_and_ends_where_proportions_end(trials):
    for hits in {0, 1, trials // 2, trials}:
        wanted = stats.binomtest(hits, trials).proportion_ci(method="wilson")
        assert proportion_interval(hits, trials) == pytest.approx(list(wanted), abs=1e-9)
    assert proportion_interval(0, trials)[0] == 0.0
    assert proportion_interval(trials, trials)[1] == 1.0


def test_resamples_that_do_not_define_a_figure_do_not_count():
    assert percentile_interval(np.array([np.nan, 2.0, np.nan, 2.0])) == [2.0, 2.0]
    assert percentile_interval(np.array([np.nan])) is None
