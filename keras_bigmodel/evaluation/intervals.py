"""Computes 95 % intervals of figures: bootstrap resamples, percentiles, Wilson's. Knows numbers only."""

import math

import numpy as np

from keras_bigmodel.core.errors import UserError

LEVEL = 0.95
_DEVIATIONS = 1.959963984540054  # of the normal distribution, to either side, for LEVEL


def percentile_interval(values):
    """Gives the bootstrap percentile interval of resampled figures.

    Args:
        values: float array `(resamples,)`; NaN where a resample does not define the figure.

    Returns:
        `[low, high]`, or None where no resample defines it.

    >>> [round(end, 1) for end in percentile_interval(np.arange(101.0))]
    [2.5, 97.5]

    Source: Efron and Tibshirani, 1993, chapter 13.
    """
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None
    return np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()


def is_flat(interval):
    """Tells whether an interval has no width: its resamples were all the same, which says nothing of other texts.

    >>> is_flat([0.1, 0.1]), is_flat([0.1, 0.2]), is_flat(None)
    (True, False, False)
    """
    return interval is not None and math.isclose(*interval)


def proportion_interval(hits, trials):
    """Gives Wilson's interval of a proportion; right for few trials and for none or all of them hits.

    Args:
        hits: int, or float where a trial may be half a hit.
        trials: int or float. Of none nothing is known: `[0.0, 1.0]`.

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


_NUMBERS_AT_ONCE = 2**22


def row_resamples(rows, resamples, *, seed=0):
    """Draws as many rows as there are, with replacement, over and over.

    Args:
        rows: int. How many there are.
        resamples: int. How often to draw.
        seed: int.

    Yields:
        int64 arrays `(resamples at once, rows)` of row numbers; together there are `resamples`.

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
