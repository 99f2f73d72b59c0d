"""Computes 95 % intervals: bootstrap resamples, percentiles, Wilson's interval. Knows numbers only."""

import math

import numpy as np

from keras_bigmodel.core.errors import UserError

LEVEL = 0.95
_DEVIATIONS = 1.959963984540054  # standard deviations of the normal distribution to either side, for LEVEL


def percentile_interval(values):
    """Computes the bootstrap percentile interval of a resampled metric.

    Args:
        values: float array `(resamples,)`; NaN if a resample does not define the metric.

    Returns:
        `[low, high]`, or None if no resample defines it.

    >>> [round(end, 1) for end in percentile_interval(np.arange(101.0))]
    [2.5, 97.5]

    Source: Efron and Tibshirani, 1993, chapter 13.
    """
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None
    return np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()


def mean_of_defined(values):
    """Returns the mean over the last axis, ignoring NaN; it is NaN if all values are NaN.

    Args:
        values: float array `(…, values)`.
    """
    defined = ~np.isnan(values)
    number = defined.sum(axis=-1)
    return np.where(number > 0, np.nansum(values, axis=-1) / np.maximum(number, 1), np.nan)


def number_or_none(value):
    """Returns a metric as a plain number: float, or None for NaN, which is a metric that is not defined."""
    return None if np.isnan(value) else float(value)


def is_flat(interval):
    """Returns whether an interval has no width. All its resamples were equal, so it says nothing about other texts.

    Args:
        interval: `[low, high]` or None.

    >>> is_flat([0.1, 0.1]), is_flat([0.1, 0.2]), is_flat(None)
    (True, False, False)
    """
    return interval is not None and math.isclose(*interval)


def proportion_interval(hits, trials):
    """Computes Wilson's interval of a proportion. It is valid for few trials, and if none or all of them are hits.

    Args:
        hits: int, or float if a trial may be half a hit.
        trials: int or float. Without trials nothing is known: `[0.0, 1.0]`.

    Returns:
        `[low, high]`.

    >>> [round(end, 3) for end in proportion_interval(20, 20)]
    [0.839, 1.0]

    Source: Wilson, 1927.
    """
    if trials == 0:
        return [0.0, 1.0]
    share, square = hits / trials, _DEVIATIONS**2
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    reach = _DEVIATIONS / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    return [0.0 if hits == 0 else float(middle - reach), 1.0 if hits == trials else float(middle + reach)]


def class_intervals(right, texts, answered, intervals):
    """Replaces intervals of a class by Wilson's where its figures are 0 or 1.

    Args:
        right: int. Number of texts that have the label and got it.
        texts: int. Number of texts that have the label.
        answered: int. Number of texts that got the label.
        intervals: dict of `precision`, `recall` and `f1` → `[low, high]` or None, and any others.

    Returns:
        dict: the intervals, with these three replaced where needed.
    """
    intervals = dict(intervals)
    for name, trials in (("precision", answered), ("recall", texts), ("f1", texts + answered - right)):
        if right in (0, trials) or intervals[name] is None:
            low, high = proportion_interval(right, trials)
            # F1 is 2 J / (1 + J). J is a proportion: of the texts with this label or prediction, those with both.
            intervals[name] = [2 * low / (1 + low), 2 * high / (1 + high)] if name == "f1" else [low, high]
    return intervals


_NUMBERS_AT_ONCE = 2**22


def row_resamples(rows, resamples, *, seed=0):
    """Yields bootstrap resamples: as many row indices as there are rows, drawn with replacement.

    Args:
        rows: int. Number of rows.
        resamples: int. Number of resamples.
        seed: int. Defaults to 0.

    Yields:
        int64 arrays `(resamples at once, rows)` of row indices; together there are `resamples`.

    Raises:
        UserError: `resamples` is negative.

    >>> [drawn.shape for drawn in row_resamples(5, 3)]
    [(3, 5)]

    Source: Efron, 1979.
    """
    if resamples < 0:
        raise UserError(f"resamples={resamples} came; wanted how often to draw, e.g. 1000, or 0 for no intervals.")
    random = np.random.default_rng(seed)
    at_once = max(1, _NUMBERS_AT_ONCE // rows)
    for first in range(0, resamples, at_once):
        yield random.integers(rows, size=(min(at_once, resamples - first), rows))
