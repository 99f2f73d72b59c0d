"""Computes precision, recall and F1 from counts of each label in each text. Knows arrays; no kind of answer."""

import numpy as np

from keras_bigmodel.evaluation.intervals import mean_of_defined

BY_LABEL = ("precision", "recall", "f1")


class CountFigures:
    """Computes figures of weighted texts from what each text adds to them.

    Args:
        right: array `(texts, labels)`. How often each text got a label rightly.
        answered: array `(texts, labels)`. How often each text got a label.
        due: array `(texts, labels)`. How often each text has a label.
    """

    def __init__(self, right, answered, due):
        self._sums = [np.asarray(part, "float32") for part in (right, answered, due)]

    def _counts(self, weights):
        return [weights @ part for part in self._sums]  # (resamples, labels)

    def by_label(self, weights):
        """Returns precision, recall and F1 of each label: dict of name → float array `(resamples, labels)`.

        Args:
            weights: float32 array `(resamples, texts)`. Weight of each text.
        """
        return _figures(*self._counts(weights))

    def averages(self, weights):
        """Returns the micro, macro and weighted averages of these: dict of name → float array `(resamples,)`.

        A label that no text has does not count in the macro averages.

        Args:
            weights: as in `by_label`.
        """
        counts = self._counts(weights)
        by_label, due = _figures(*counts), counts[2]
        micro = _figures(*(part.sum(axis=1) for part in counts))
        found = {f"micro_{name}": values for name, values in micro.items()}
        for name, values in by_label.items():
            found[f"macro_{name}"] = mean_of_defined(np.where(due > 0, values, np.nan))
            found[f"weighted_{name}"] = _ratio((values * due).sum(axis=1), due.sum(axis=1))
        return found


def weighted_mean(weights, rows):
    """Returns the mean of a number a text, by the weights of the texts: float array `(resamples,)`.

    Args:
        weights: as in `CountFigures.by_label`.
        rows: array `(texts,)`.
    """
    return weights.astype("float64") @ np.asarray(rows, "float64") / weights.sum(axis=1)


def _figures(right, answered, due):
    right, answered, due = (part.astype("float64") for part in (right, answered, due))
    figures = {"precision": _ratio(right, answered), "recall": _ratio(right, due)}
    return {**figures, "f1": _ratio(2 * right, answered + due)}


def _ratio(part, whole):
    """Returns `part / whole`, 0 where `whole` is 0, as in scikit-learn."""
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=np.asarray(whole) > 0)
