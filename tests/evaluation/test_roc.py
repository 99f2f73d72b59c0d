"""Curves and areas against scikit-learn's, and the short way to resampled areas against the long one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from keras_bigmodel.evaluation import roc
from keras_bigmodel.evaluation.intervals import row_resamples
from tests.evaluation.simulated import drawn


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_a_curve_is_scikit_learns(rows):
    inside, scores = (np.array(column) for column in zip(*rows, strict=True))
    if inside.all() or not inside.any():
        return
    false_positive, true_positive, _ = metrics.roc_curve(inside, scores, drop_intermediate=False)
    found = roc.roc_curve(inside, scores.astype("float64"))
    assert found["false_positive_rate"] == pytest.approx(false_positive)
    assert found["true_positive_rate"] == pytest.approx(true_positive)


def test_a_long_curve_is_thinned_and_keeps_its_ends_and_its_area():
    targets, probabilities = drawn(5000, 2)
    found = roc.roc_curve(targets == 1, probabilities[:, 1])
    points = list(zip(found["false_positive_rate"], found["true_positive_rate"], strict=True))
    assert 150 <= len(points) <= 200
    assert (points[0], points[-1]) == ((0.0, 0.0), (1.0, 1.0))
    assert points == sorted(points)
    area = np.trapezoid(found["true_positive_rate"], found["false_positive_rate"])
    assert area == pytest.approx(metrics.roc_auc_score(targets, probabilities[:, 1]), abs=2e-4)


def test_the_projection_agrees_with_comparing_all_pairs(monkeypatch):
    targets, probabilities = drawn(1500, 4, seed=2)
    targets[:1470][targets[:1470] == 3] = 0  # a class of a few texts
    places = roc.placements(targets, probabilities)
    (rows,) = row_resamples(1500, 300)
    paired = roc.resampled_areas(targets, probabilities, places, rows)
    monkeypatch.setattr(roc, "_MOST_PAIRED", 0)
    projected = roc.resampled_areas(targets, probabilities, places, rows)
    spread = np.nanstd(paired, axis=0)
    assert (np.nanmax(np.abs(projected - paired), axis=0) < 0.5 * spread).all()
    ends = [np.nanquantile(areas, [0.025, 0.975], axis=0) for areas in (paired, projected)]
    assert (np.abs(ends[0] - ends[1]) < 0.15 * spread).all()


@pytest.mark.parametrize("most", [roc._MOST_PAIRED, 0], ids=["pairs", "projection"])
def test_a_resample_without_a_class_has_no_area(monkeypatch, most):
    monkeypatch.setattr(roc, "_MOST_PAIRED", most)
    targets, probabilities = np.array([0, 1, 1]), np.array([[0.7, 0.3], [0.4, 0.6], [0.8, 0.2]])
    found = roc.resampled_areas(
        targets, probabilities, roc.placements(targets, probabilities), np.array([[1, 2, 1], [0, 0, 1]])
    )
    assert np.isnan(found[0]).all()
    assert found[1].tolist() == [1.0, 1.0]
