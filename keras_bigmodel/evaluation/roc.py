"""How well a class's probability ranks its texts above the others: ROC curves and the areas under them. Knows arrays.

A class has an area where some texts are of it and some are not; ties count half.
"""

import numpy as np

from keras_bigmodel.evaluation.class_counts import tally

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
