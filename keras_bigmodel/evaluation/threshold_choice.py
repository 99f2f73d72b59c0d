"""Chooses the threshold of each label on validation rows. Knows arrays; no model."""

import numpy as np

_FEWEST = 5  # rows with a label from which on its own threshold is chosen; one row would decide it otherwise
_DIGITS = 6


def label_thresholds(targets, probabilities):
    """Finds for each label the threshold with the highest F1 on some rows.

    A label with fewer than five rows gets the one threshold that has the highest micro F1 over all labels. Of equally
    good thresholds the middle of the widest gap between probabilities is taken.

    Args:
        targets: array `(texts, labels)` of zeros and ones.
        probabilities: float array `(texts, labels)`.

    Returns:
        list of float, one for each label, rounded to 6 decimal places where that crosses no probability.

    >>> label_thresholds([[1], [1], [1], [1], [1], [0]], [[0.9], [0.8], [0.7], [0.4], [0.3], [0.1]])
    [0.2]

    Source: Lipton et al., 2014, "Optimal thresholding of classifiers to maximize F1 measure".
    """
    # As the graph compares them: in float32.
    targets, probabilities = np.asarray(targets, bool), np.asarray(probabilities, "float32").astype("float64")
    shared = _best(targets.ravel(), probabilities.ravel())
    return [
        shared if targets[:, label].sum() < _FEWEST else _best(targets[:, label], probabilities[:, label])
        for label in range(targets.shape[1])
    ]


def _best(targets, scores):
    """Returns the threshold with the highest F1, 0.5 if no row has the label."""
    if not targets.any():
        return 0.5
    order = np.argsort(-scores, kind="stable")
    ranked, right = scores[order], np.cumsum(targets[order])
    f1 = 2 * right / (np.arange(1, len(right) + 1) + targets.sum())
    below = np.append(ranked[1:], 0.0)  # a threshold between this score and the next lower one
    apart = ranked > below
    f1 = np.where(apart, f1, -1.0)
    best = np.flatnonzero(f1 >= f1.max() - 1e-12)
    widest = best[np.argmax(ranked[best] - below[best])]
    return _between(below[widest], ranked[widest])


def _between(low, high):
    """Returns the middle of two scores, in few digits where these lie between them; above `low` in float32, too."""
    middle = (low + high) / 2
    return next(float(one) for one in (np.round(middle, _DIGITS), middle, high) if low < np.float32(one) <= high)
