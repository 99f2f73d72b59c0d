"""Computes the quality measures of a regressor and their intervals. Knows arrays; no model."""

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.evaluation.intervals import is_flat, number_or_none
from keras_bigmodel.evaluation.resampled_rows import bootstrap_facts, resampled_intervals


def regression_metrics(targets, predictions, *, resamples=1000, seed=0):
    """Computes the metrics of a regressor, each with a 95 % interval.

    Intervals are bootstrap percentiles over the texts, None where all resamples are equal.

    Args:
        targets: float array `(texts,)`.
        predictions: float array `(texts,)`.
        resamples: int. Number of bootstrap resamples; 0 for no intervals. Large tables have fewer, see `row_weights`.
            Defaults to 1000.
        seed: int. Seed of the resampling. Defaults to 0.

    Returns:
        dict of plain numbers: `texts`, `pearson` and `spearman` (correlations; None if all targets or all predictions
        are equal), `rmse`, `mean_squared_error`, `mean_absolute_error`, `r2` (share of the targets' variance that is
        explained; None if all targets are equal), `intervals`: metric → `[low, high]` or None; `target_mean`,
        `target_deviation`, `target_range`; `bootstrap`.

    Raises:
        UserError: no texts, shapes that do not fit, values that are not finite, or negative `resamples`.

    >>> measured = regression_metrics([1.0, 2.0, 4.0], [1.0, 3.0, 4.0])
    >>> measured["spearman"], round(measured["r2"], 3)
    (1.0, 0.786)

    Source: scikit-learn's and SciPy's definitions; Efron and Tibshirani, 1993 (bootstrap).
    """
    targets, predictions = checked_pair(targets, predictions)
    parts = PairedNumbers(targets, predictions)
    figures = {name: number_or_none(values[0]) for name, values in parts.figures(np.ones((1, len(targets)))).items()}
    intervals = resampled_intervals(parts.figures, len(targets), resamples, seed=seed)
    return {
        "texts": len(targets),
        **figures,
        "intervals": {name: None if is_flat(interval) else interval for name, interval in intervals.items()},
        "target_mean": float(targets.mean()),
        "target_deviation": float(targets.std()),
        "target_range": [float(targets.min()), float(targets.max())],
        "bootstrap": bootstrap_facts(resamples, seed),
    }


def checked_pair(targets, predictions):
    """Checks targets and predictions and returns them as two float64 arrays `(texts,)`.

    Args:
        targets: as in `regression_metrics`.
        predictions: as in `regression_metrics`.

    Raises:
        UserError: as `regression_metrics`.
    """
    targets, predictions = np.asarray(targets, "float64"), np.asarray(predictions, "float64")
    if targets.ndim != 1 or predictions.shape != targets.shape:
        raise UserError(f"Numbers of shapes {targets.shape} and {predictions.shape} came; wanted (texts,) of both.")
    if not len(targets):
        raise UserError("No texts came, so there is nothing to measure. Give at least one text with its number.")
    if not np.isfinite(targets).all():
        raise UserError(f"The target of text {np.argmin(np.isfinite(targets))} is no finite number.")
    if not np.isfinite(predictions).all():
        raise UserError(
            f"The prediction for text {np.argmin(np.isfinite(predictions))} is no finite number. The model's numbers "
            "overflowed in training: train it again with a lower learning rate."
        )
    return targets, predictions


class PairedNumbers:
    """Holds targets and predictions, and computes figures of weighted texts.

    Args:
        targets: float64 array `(texts,)`.
        predictions: float64 array `(texts,)`.
    """

    def __init__(self, targets, predictions):
        self._targets, self._predictions = targets, predictions
        self._ranks = [_WeightedRanks(targets), _WeightedRanks(predictions)]

    def figures(self, weights):
        """Returns the figures of resamples: dict of name → float64 array `(resamples,)`, NaN where not defined.

        Args:
            weights: float array `(resamples, texts)`. Weight of each text.
        """
        weights = weights.astype("float64")
        total = weights.sum(axis=1)
        apart = self._predictions - self._targets
        squared = weights @ apart**2 / total
        mean = weights @ self._targets / total
        # Not the difference of two large sums: it loses the digits of a small variance.
        spread = np.sum(weights * (self._targets - mean[:, None]) ** 2, axis=1) / total
        with np.errstate(invalid="ignore", divide="ignore"):
            explained = np.where(spread > 0, 1 - squared / spread, np.nan)
        ranks = [part.of(weights) for part in self._ranks]
        return {
            "pearson": _correlations(self._targets, self._predictions, weights),
            "spearman": _correlations(*ranks, weights),
            "rmse": np.sqrt(squared),
            "mean_squared_error": squared,
            "mean_absolute_error": weights @ np.abs(apart) / total,
            "r2": explained,
        }


class _WeightedRanks:
    """Computes the ranks of numbers of which each stands there as often as its weight says; equal ones share a rank."""

    def __init__(self, values):
        self._order = np.argsort(values, kind="stable")
        ranked = values[self._order]
        new = np.append(True, ranked[1:] != ranked[:-1])
        self._starts, self._group = np.flatnonzero(new), np.cumsum(new) - 1

    def of(self, weights):
        """Returns the ranks: float64 array `(resamples, values)`."""
        sizes = np.add.reduceat(weights[:, self._order], self._starts, axis=1)
        ends = np.cumsum(sizes, axis=1)
        ranks = np.empty_like(weights)
        ranks[:, self._order] = (ends - (sizes - 1) / 2)[:, self._group]
        return ranks


def _correlations(first, second, weights):
    """Returns Pearson's correlation of weighted numbers: float64 array `(resamples,)`, NaN if one has no spread."""
    total = weights.sum(axis=1, keepdims=True)
    centred = [part - np.sum(weights * part, axis=1, keepdims=True) / total for part in (first, second)]
    covariance = np.sum(weights * centred[0] * centred[1], axis=1)
    squares = [np.sum(weights * part**2, axis=1) for part in centred]
    flat = [
        square <= 1e-24 * np.sum(weights * part**2, axis=1)
        for square, part in zip(squares, (first, second), strict=True)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.clip(covariance / np.sqrt(squares[0] * squares[1]), -1.0, 1.0)
    return np.where(flat[0] | flat[1], np.nan, found)
