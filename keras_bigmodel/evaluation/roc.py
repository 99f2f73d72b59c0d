"""Computes ROC curves, the areas under them, and intervals of these areas. Knows arrays.

A class has an area if some texts belong to it and some do not. Ties count half.
"""

import numpy as np

from keras_bigmodel.evaluation.class_counts import tally
from keras_bigmodel.evaluation.intervals import is_flat, percentile_interval, proportion_interval

_MOST_PAIRED = 4096  # texts: beyond, comparing all pairs in each resample takes more time than the exact area is worth


def placements(targets, probabilities):
    """Returns the placement values of each text: its rank among the texts on the other side of each class.

    Args:
        targets: int array `(texts,)`. Indices of the true labels.
        probabilities: float array `(texts, classes)`.

    Returns:
        float array `(texts, classes)`. For a text of the class: the fraction of the other texts ranked below it. For
        any other text: the fraction of the class's texts ranked above it. NaN in the column of a class without an area.

    Source: DeLong et al., 1988.
    """
    places = np.full(probabilities.shape, np.nan)
    for number, scores in enumerate(probabilities.T):
        inside = targets == number
        if inside.any() and not inside.all():
            own, others = scores[inside], scores[~inside]
            places[inside, number] = _share_below(own, others)
            places[~inside, number] = 1 - _share_below(others, own)
    return places


def _share_below(scores, others):
    others = np.sort(others)
    return (np.searchsorted(others, scores, "left") + np.searchsorted(others, scores, "right")) / (2 * len(others))


def areas(targets, places):
    """Computes the area under the ROC curve of each class.

    Args:
        targets: int array `(texts,)`. Indices of the true labels.
        places: float array `(texts, classes)` from `placements`.

    Returns:
        float array `(classes,)`, NaN for a class without an area.
    """
    own = np.take_along_axis(places, targets[:, None], axis=1)[:, 0]
    texts = tally(targets, places.shape[1])
    sums = tally(targets, places.shape[1], np.nan_to_num(own))
    return np.where(np.isnan(places).all(axis=0), np.nan, sums / np.maximum(texts, 1))


def resampled_areas(targets, probabilities, places, rows):
    """Computes the areas in bootstrap resamples.

    Up to 4,096 texts, the area of each resample is exact. Beyond, its projection approximates it: the two means of the
    placements (texts of the class, other texts), each computed exactly. The omitted term shrinks as 1 / texts.

    Args:
        targets: int array `(texts,)`. Indices of the true labels.
        probabilities: float array `(texts, classes)`.
        places: float array `(texts, classes)` from `placements`.
        rows: int array `(resamples, texts)` of row indices.

    Returns:
        float array `(resamples, classes)`, NaN if a resample does not define the area.

    Source: the projection: Hoeffding, 1948; DeLong et al., 1988.
    """
    weights = tally(rows, len(targets))
    of_class = tally(targets[rows], places.shape[1])
    counts = (of_class, rows.shape[1] - of_class)
    if len(targets) <= _MOST_PAIRED:
        return _paired_areas(targets, probabilities, weights.astype("float32"), counts)
    return _projected_areas(targets, places, weights.astype("float64"), counts)


def _paired_areas(targets, probabilities, weights, counts):
    # float32 is exact here: the sums are multiples of 0.5, and smaller than 2**24.
    sums = np.zeros(counts[0].shape)
    for number, scores in enumerate(probabilities.T):
        inside = np.flatnonzero(targets == number)
        if len(inside):
            own = scores[inside, None]
            above = (own > scores).astype("float32") + np.float32(0.5) * (own == scores)  # (texts of the class, texts)
            above[:, inside] = 0
            below = weights @ above.T  # (resamples, texts of the class)
            sums[:, number] = np.einsum("rt,rt->r", weights[:, inside], below, dtype="float64")
    return _ratio(sums, counts[0] * counts[1])


def _projected_areas(targets, places, weights, counts):
    inside = targets[:, None] == np.arange(places.shape[1])
    known = np.nan_to_num(places)
    own, others = weights @ np.where(inside, known, 0), weights @ np.where(inside, 0, known)
    projected = _ratio(own, counts[0]) + _ratio(others, counts[1]) - areas(targets, places)
    return np.clip(projected, 0, 1)


def _ratio(part, whole):
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def trials(texts):
    """Counts the independent trials that the area of each class contains at least.

    It is the smaller of the number of the class's texts and the number of the other texts: that many pairs of a text of
    the class and another text can be formed without using a text twice. If an area is A, all these pairs are in order
    with probability A to the power of their number, and all possible pairs with at most this probability.

    Args:
        texts: int array `(classes,)`. Number of texts of each class.

    Returns:
        int array `(classes,)`.

    >>> trials(np.array([3, 20])).tolist()
    [3, 3]
    """
    return np.minimum(texts, texts.sum() - texts)


def trials_of_mean(texts):
    """Counts the trials that the mean of the areas contains at least: half the classes times the smallest class.

    A text of the smallest class that ranks below all others lowers the area of its class by 1 / texts, and the other
    areas together by at most as much. It lowers their mean by at most 2 / (classes · texts).

    Args:
        texts: int array `(classes,)`. Number of texts of each class; classes without texts do not count.

    Returns:
        float.

    >>> trials_of_mean(np.array([3, 20])), trials_of_mean(np.array([10, 10, 10, 10]))
    (3.0, 20.0)
    """
    present = texts[texts > 0]
    return len(present) * float(trials(present).min()) / 2


def area_interval(area, resampled, trials):
    """Returns the interval of an area or of a mean of areas: percentiles of its resamples, or Wilson's interval.

    Wilson's interval is used if the resamples have no spread (all pairs in order, or all scores equal), if no resample
    has an area, and for a class of one text, because each resample repeats the same text.

    Args:
        area: float; NaN if there is none.
        resampled: float array `(resamples,)`. Areas in the resamples.
        trials: float. Number of trials; see `trials` and `trials_of_mean`.

    Returns:
        `[low, high]`, or None if there is no area.

    >>> [round(end, 3) for end in area_interval(1.0, np.ones(100), 10)]
    [0.722, 1.0]
    """
    if np.isnan(area):
        return None
    interval = percentile_interval(resampled)
    if interval is None or is_flat(interval) or trials <= 1:
        return proportion_interval(area * trials, trials)
    return interval


def roc_curve(inside, scores, *, most=200):
    """Computes the points of a class's ROC curve, thinned evenly along the curve.

    Args:
        inside: bool array `(texts,)`. Whether a text belongs to the class; some must and some must not.
        scores: float array `(texts,)`.
        most: int. Maximum number of points; the first and the last are always included. Defaults to 200.

    Returns:
        dict: `false_positive_rate`, `true_positive_rate`: lists from 0.0 to 1.0.

    >>> roc_curve(np.array([True, False]), np.array([0.9, 0.2]))
    {'false_positive_rate': [0.0, 0.0, 1.0], 'true_positive_rate': [0.0, 1.0, 1.0]}
    """
    order = np.argsort(-scores, kind="stable")
    inside, scores = inside[order], scores[order]
    last = np.append(np.diff(scores) != 0, True)  # texts with the same score are one step of the curve
    rates = []
    for passed in (~inside, inside):
        rates.append(np.append(0.0, np.cumsum(passed)[last] / passed.sum()))
    if len(rates[0]) > most:
        way = rates[0] + rates[1]
        kept = np.unique(np.searchsorted(way, np.linspace(0, way[-1], most)))
        rates = [rate[kept] for rate in rates]
    return {"false_positive_rate": rates[0].tolist(), "true_positive_rate": rates[1].tolist()}
