"""What accuracy, precision, recall and F1 are made of: three counts a class. Knows label numbers; no probability."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassCounts:
    """Texts of each class, how often it was answered, and how often rightly; once, or once for each resample.

    One formula serves the figure and its resamples. A class without texts does not count in macro means; what would be
    divided by zero is 0.

    Args:
        texts: int array `(…, classes)`: texts whose label it is.
        answered: int array `(…, classes)`: texts for which it was answered.
        right: int array `(…, classes)`: both.

    >>> counts = ClassCounts.count(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    >>> counts.precision.tolist(), counts.recall.tolist(), round(float(counts.figures()["macro_f1"]), 4)
    ([1.0, 0.5], [0.5, 1.0], 0.6667)

    Source: scikit-learn's definitions, with `zero_division=0`.
    """

    texts: np.ndarray
    answered: np.ndarray
    right: np.ndarray

    @classmethod
    def count(cls, targets, answers, classes):
        """Counts.

        Args:
            targets: int array `(…, texts)` of true label numbers.
            answers: int array of the same shape.
            classes: int.
        """
        right = np.where(targets == answers, targets, classes)  # the wrong ones fall into a class of their own
        return cls(tally(targets, classes), tally(answers, classes), tally(right, classes + 1)[..., :classes])

    @property
    def precision(self):
        """Float array `(…, classes)`: the share of its answers that are right."""
        return _ratio(self.right, self.answered)

    @property
    def recall(self):
        """Float array `(…, classes)`: the share of its texts that are found."""
        return _ratio(self.right, self.texts)

    @property
    def f1(self):
        """Float array `(…, classes)`: the harmonic mean of both."""
        return _ratio(2 * self.right, self.texts + self.answered)

    @property
    def accuracy(self):
        """Float array `(…)`: the share of right answers."""
        return self.right.sum(axis=-1) / self.texts.sum(axis=-1)

    def figures(self):
        """Gives accuracy, and precision, recall and F1 over all classes: dict of name → float array `(…)`."""
        figures = {"accuracy": self.accuracy}
        for mean, weight in (("macro", self.texts > 0), ("weighted", self.texts)):
            for name in ("precision", "recall", "f1"):
                figures[f"{mean}_{name}"] = (getattr(self, name) * weight).sum(axis=-1) / weight.sum(axis=-1)
        return figures

    def class_figures(self):
        """Gives precision, recall and F1 of each class, NaN where the class has no texts (precision: no answers)."""
        return {
            "precision": np.where(self.answered > 0, self.precision, np.nan),
            "recall": np.where(self.texts > 0, self.recall, np.nan),
            "f1": np.where(self.texts > 0, self.f1, np.nan),
        }


def tally(numbers, kinds, weights=None):
    """Counts how often each number stands in the last axis, or sums weights: array `(…, kinds)`.

    >>> tally(np.array([[0, 0, 2], [1, 1, 1]]), 3).tolist()
    [[2, 0, 1], [0, 3, 0]]
    """
    rows = numbers.reshape(math.prod(numbers.shape[:-1]), numbers.shape[-1])  # not -1: there may be no numbers
    places = rows + kinds * np.arange(len(rows))[:, None]
    weights = None if weights is None else weights.ravel()
    counts = np.bincount(places.ravel(), weights, minlength=kinds * len(rows))
    return counts.reshape(*numbers.shape[:-1], kinds)


def _ratio(part, whole):
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
