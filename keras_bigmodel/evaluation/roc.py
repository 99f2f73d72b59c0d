"""How well a class's probability ranks its texts above the others: ROC curves and the areas under them. Knows arrays.

A class has an area where some texts are of it and some are not; ties count half.
"""

import numpy as np

from keras_bigmodel.evaluation.class_counts import tally
from keras_bigmodel.evaluation.intervals import is_flat, percentile_interval, proportion_interval

_MOST_PAIRED = 4096  # texts: beyond, comparing all pairs in each resample costs more than it tells


def placements(targets, probabilities):
    """Gives each text's place among the texts that it is to be told from, class by class.

    Args:
        targets: int array `(texts,)`.
        probabilities: float array `(texts, classes)`.

    Returns:
        float array `(texts, classes)`: for a text of the class, the share of the others ranked below it; for any
        other text, the share of the class's texts ranked above it. NaN in the column of a class without an area.

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
    """Gives the area of each class, from `placements`: float array `(classes,)`, NaN where there is none."""
    own = np.take_along_axis(places, targets[:, None], axis=1)[:, 0]
    texts = tally(targets, places.shape[1])
    sums = tally(targets, places.shape[1], np.nan_to_num(own))
    return np.where(np.isnan(places).all(axis=0), np.nan, sums / np.maximum(texts, 1))


def resampled_areas(targets, probabilities, places, rows):
    """Gives the areas in resamples.

    Up to 4,096 texts each resample's area is exact. Beyond, it is the area's projection: the two means of placements
    (texts of the class, other texts), each taken exactly; what is left out shrinks as 1 / texts.

    Args:
        targets: int array `(texts,)`.
        probabilities: float array `(texts, classes)`.
        places: what `placements` gives of both.
        rows: int array `(resamples, texts)` of row numbers.

    Returns:
        float array `(resamples, classes)`, NaN where a resample does not define it.

    Source: the projection: Hoeffding, 1948; DeLong et al., 1988.
    """
    weights = tally(rows, len(targets))
    of_class = tally(targets[rows], places.shape[1])
    counts = (of_class, rows.shape[1] - of_class)
    if len(targets) <= _MOST_PAIRED:
        return _paired_areas(targets, probabilities, weights.astype("float32"), counts)
    return _projected_areas(targets, places, weights.astype("float64"), counts)


def _paired_areas(targets, probabilities, weights, counts):
    # float32 is exact here: the sums are halves, and smaller than 2**24.
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
    """Counts the independent trials that a class's area holds at least: the fewer of its texts and of the others.

    So many pairs of a text of the class and another can be formed without using a text twice. If an area is A, all of
    them are in order with probability A to the power of their number, and all pairs at most as often.

    Args:
        texts: int array `(classes,)`: texts of each class.

    Returns:
        int array `(classes,)`.

    >>> trials(np.array([3, 20])).tolist()
    [3, 3]
    """
    return np.minimum(texts, texts.sum() - texts)


def trials_of_mean(texts):
    """Counts the trials that the mean of the areas holds at least: half the classes times the smallest class.

    A text of the smallest class that ranks below all others takes 1 / texts from its own area, and at most as much
    from the others' together: of their mean, 2 / (classes · texts).

    Args:
        texts: int array `(classes,)`; classes without texts do not count.

    >>> trials_of_mean(np.array([3, 20])), trials_of_mean(np.array([10, 10, 10, 10]))
    (3.0, 20.0)
    """
    present = texts[texts > 0]
    return len(present) * float(trials(present).min()) / 2


def area_interval(area, resampled, trials):
    """Gives the interval of an area or of a mean of areas: the percentiles of its resamples, or Wilson's.

    Wilson's where resamples show no spread (all pairs in order, all scores equal), where no resample has an area, and
    where a class of one text is drawn as the same text over and over.

    Args:
        area: float; NaN where there is none.
        resampled: float array `(resamples,)`.
        trials: float; see `trials` and `trials_of_mean`.

    Returns:
        `[low, high]`, or None where there is no area.

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
    """Gives the points of a class's ROC curve, thinned evenly along it.

    Args:
        inside: bool array `(texts,)`: whether a text is of the class; some are and some are not.
        scores: float array `(texts,)`.
        most: int. Points at most; the first and the last are kept.

    Returns:
        dict: `false_positive_rate`, `true_positive_rate`: lists from 0.0 to 1.0.

    >>> roc_curve(np.array([True, False]), np.array([0.9, 0.2]))
    {'false_positive_rate': [0.0, 0.0, 1.0], 'true_positive_rate': [0.0, 1.0, 1.0]}
    """
    order = np.argsort(-scores, kind="stable")
    inside, scores = inside[order], scores[order]
    last = np.append(np.diff(scores) != 0, True)  # texts of the same score are passed in one step
    rates = []
    for passed in (~inside, inside):
        rates.append(np.append(0.0, np.cumsum(passed)[last] / passed.sum()))
    if len(rates[0]) > most:
        way = rates[0] + rates[1]
        kept = np.unique(np.searchsorted(way, np.linspace(0, way[-1], most)))
        rates = [rate[kept] for rate in rates]
    return {"false_positive_rate": rates[0].tolist(), "true_positive_rate": rates[1].tolist()}
