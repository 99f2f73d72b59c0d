"""Measures a classifier that rejects texts it is not sure of, and chooses below which probability. Knows arrays."""

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.evaluation.intervals import proportion_interval
from keras_bigmodel.evaluation.scored_texts import ScoredTexts

_LARGEST_THRESHOLD = np.nextafter(np.float32(1), np.float32(0))
LEAST_KEPT = 20  # texts on which a threshold is chosen


def rejection_metrics(targets, probabilities, labels, below):
    """Computes how many texts are kept, and how many of these are right.

    Args:
        targets: int array `(texts,)`. Indices of the true labels.
        probabilities: float array `(texts, labels)`.
        labels: list of str, in the order of the columns.
        below: float. Texts whose highest probability is lower are rejected.

    Returns:
        dict of plain numbers: `below`, `kept` (texts), `share_kept`, `accuracy_kept` (None if none is kept), and
        `interval`, the 95 % interval of that accuracy.

    Raises:
        UserError: as `classification_metrics`.

    >>> measured = rejection_metrics([0, 0, 1], [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]], ["no", "yes"], 0.7)
    >>> measured["kept"], measured["accuracy_kept"]
    (2, 1.0)
    """
    scored = ScoredTexts(targets, probabilities, labels)
    kept = _confidence(scored) >= np.float32(below)
    right, number = int(scored.right[kept].sum()), int(kept.sum())
    return {
        "below": float(below),
        "kept": number,
        "share_kept": number / len(scored),
        "accuracy_kept": right / number if number else None,
        "interval": proportion_interval(right, number),
    }


def threshold_for(targets, probabilities, labels, accuracy):
    """Finds the lowest probability below which texts can be rejected so that the kept ones reach an accuracy.

    Args:
        targets: int array `(texts,)`. Indices of the true labels.
        probabilities: float array `(texts, labels)`.
        labels: list of str, in the order of the columns.
        accuracy: float in (0, 1]. Wanted share of the kept texts that are right.

    Returns:
        float: the probability; 0 if no text needs to be rejected.

    Raises:
        UserError: no threshold reaches the accuracy on 20 texts or more; the message says which is reached.

    >>> threshold_for([0] * 30, [[0.9, 0.1]] * 25 + [[0.4, 0.6]] * 5, ["no", "yes"], 0.99)
    0.75
    """
    confidence, reached, possible = _borders(ScoredTexts(targets, probabilities, labels))
    good = possible[reached[possible] >= accuracy]
    if not len(good):
        best = possible[reached[possible].argmax()]
        raise UserError(
            f"No threshold keeps an accuracy of {accuracy:.2%} on {LEAST_KEPT} or more of the {len(reached):,} texts; "
            f"the highest is {reached[best]:.2%}, on the {best + 1:,} with a probability of {confidence[best]:.4f} or "
            "more. Ask for less."
        )
    last = good[-1]
    if last == len(reached) - 1:
        return 0.0
    lowest, below = (float(number) for number in confidence[last : last + 2])
    middle = (lowest + below) / 2
    return middle if below < np.float32(middle) else lowest  # in float32 it may be the lower of two neighbours


def kept_curve(scored, *, points=200):
    """Computes the accuracy of the texts above each probability, the highest first.

    Args:
        scored: `ScoredTexts`.
        points: int. Largest number of points. Defaults to 200.

    Returns:
        dict of lists of float: `share` of the texts kept, their `accuracy`, and `below`, the lowest probability kept.
        Without the points that keep fewer than 20 texts.

    Source: El-Yaniv and Wiener, 2010.
    """
    confidence, reached, possible = _borders(scored)
    if len(possible) > points:
        possible = possible[np.linspace(0, len(possible) - 1, points).round().astype(int)]
    return {
        "share": ((possible + 1) / len(reached)).tolist(),
        "accuracy": reached[possible].tolist(),
        "below": confidence[possible].astype("float64").tolist(),
    }


def _borders(scored):
    """Returns probabilities from high to low, the accuracy down to each, and the indices where texts may be cut off.

    Texts of one probability are kept or not together, and at least 20 are kept, or all.
    """
    confidence = np.minimum(_confidence(scored), _LARGEST_THRESHOLD)
    order = np.argsort(-confidence, kind="stable")
    confidence, numbers = confidence[order], np.arange(1, len(scored) + 1)
    is_border = np.append(confidence[:-1] > confidence[1:], True) & (numbers >= min(LEAST_KEPT, len(scored)))
    return confidence, np.cumsum(scored.right[order]) / numbers, np.flatnonzero(is_border)


def _confidence(scored):
    """Returns the highest probability of each text as the graph compares it: float32 array `(texts,)`."""
    return scored.probabilities.max(axis=1).astype("float32")
