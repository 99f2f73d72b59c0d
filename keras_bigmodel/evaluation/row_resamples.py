"""Rows drawn again and again for the bootstrap, so many at a time that memory stays flat. Knows numbers only."""

import numpy as np

from keras_bigmodel.core.errors import UserError

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
