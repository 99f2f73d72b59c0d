"""Computes bootstrap intervals of measures that are functions of weighted rows. Knows arrays; no measure."""

import numpy as np

from keras_bigmodel.evaluation.intervals import LEVEL, number_or_none, percentile_interval, row_resamples

_MOST_NUMBERS = 50_000_000  # of rows times resamples that are computed for one measure


def row_weights(rows, resamples, *, seed=0, columns=1):
    """Yields how often each row is drawn in bootstrap resamples.

    Args:
        rows: int. Number of rows.
        resamples: int. Number of resamples; fewer are yielded, but 100 at least, if `rows * columns` is so large that
            they would take minutes.
        seed: int. Defaults to 0.
        columns: int. How many measures of this size are computed with each. Defaults to 1.

    Yields:
        float32 arrays `(resamples at once, rows)`, each row of which sums to `rows`.

    Source: Efron, 1979.
    """
    resamples = min(resamples, max(100, _MOST_NUMBERS // max(rows * columns, 1)))
    for drawn in row_resamples(rows, resamples, seed=seed):
        places = drawn + rows * np.arange(len(drawn))[:, None]
        yield np.bincount(places.ravel(), minlength=drawn.size).reshape(drawn.shape).astype("float32")


def resampled_intervals(measures, rows, resamples, *, seed=0):
    """Computes the 95 % intervals of measures.

    Args:
        measures: function of weights, float32 `(resamples, rows)` → dict of name → float array `(resamples, ...)`, NaN
            where a measure is not defined.
        rows: int. Number of rows.
        resamples: int. Number of resamples; 0 for no intervals.
        seed: int. Defaults to 0.

    Returns:
        dict of name → `[low, high]`, or None if no resample defines the measure; of a measure `(resamples, n)` a list
        of these. Empty without resamples.
    """
    if not resamples:
        return {}
    parts = [measures(weights) for weights in row_weights(rows, resamples, seed=seed)]
    drawn = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {name: _intervals(values) for name, values in drawn.items()}


def paired_figures(first, second, names, rows, resamples, *, seed=0):
    """Computes some measures of two models on the same rows, and their differences with 95 % intervals.

    Args:
        first: object with `figures(weights)`, as `measures` in `resampled_intervals`, of the first model.
        second: the same of the second model.
        names: sequence of str. The measures that are compared.
        rows: int. Number of rows.
        resamples: int. As in `resampled_intervals`; the same rows are drawn for both models.
        seed: int. Defaults to 0.

    Returns:
        dict of `first`, `second` and `difference` (second minus first), each a dict of name → float or None, and
        `intervals` of the differences.
    """

    def figures(weights):
        of_first, of_second = first.figures(weights), second.figures(weights)
        return [{name: of[name] for name in names} for of in (of_first, of_second)]

    def difference(weights):
        of_first, of_second = figures(weights)
        return {name: of_second[name] - of_first[name] for name in names}

    whole = np.ones((1, rows), "float32")
    found = {**dict(zip(("first", "second"), figures(whole), strict=True)), "difference": difference(whole)}
    plain = {key: {name: number_or_none(of[name][0]) for name in names} for key, of in found.items()}
    return {**plain, "intervals": resampled_intervals(difference, rows, resamples, seed=seed)}


def bootstrap_facts(resamples, seed):
    """Returns how intervals were computed, as reports show it: dict of `resamples`, `seed` and `level`."""
    return {"resamples": resamples, "seed": seed, "level": LEVEL}


def _intervals(values):
    if values.ndim == 1:
        return percentile_interval(values)
    return [percentile_interval(column) for column in values.T]
