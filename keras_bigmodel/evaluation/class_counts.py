"""Counts what accuracy, precision, recall and F1 are computed from. Knows label indices; no probability."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassCounts:
    """Holds the numbers of texts, of predictions and of correct predictions of each class, once or once per resample.

    The same formulas compute a metric and its resamples. A class without texts does not count in the macro means. A
    ratio with denominator 0 is 0.

    Args:
        texts: int array `(…, classes)`. Texts with this true label.
        answered: int array `(…, classes)`. Texts with this predicted label.
        right: int array `(…, classes)`. Texts with this label as both.

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
        """Counts the true and the predicted labels.

        Args:
            targets: int array `(…, texts)`. Indices of the true labels.
            answers: int array of the same shape. Indices of the predicted labels.
            classes: int. Number of classes.

        Returns:
            `ClassCounts`.
        """
        right = np.where(targets == answers, targets, classes)  # errors are counted in an additional class
        return cls(tally(targets, classes), tally(answers, classes), tally(right, classes + 1)[..., :classes])

    @property
    def precision(self):
        """Returns the precision of each class: float array `(…, classes)`."""
        return _ratio(self.right, self.answered)

    @property
    def recall(self):
        """Returns the recall of each class: float array `(…, classes)`."""
        return _ratio(self.right, self.texts)

    @property
    def f1(self):
        """Returns the F1 of each class, the harmonic mean of precision and recall: float array `(…, classes)`."""
        return _ratio(2 * self.right, self.texts + self.answered)

    @property
    def accuracy(self):
        """Returns the accuracy: float array `(…)`."""
        return self.right.sum(axis=-1) / self.texts.sum(axis=-1)

    def figures(self):
        """Computes accuracy, and the macro and weighted means of precision, recall and F1.

        Returns:
            dict of name → float array `(…)`.
        """
        figures = {"accuracy": self.accuracy}
        for mean, weight in (("macro", self.texts > 0), ("weighted", self.texts)):
            for name in ("precision", "recall", "f1"):
                figures[f"{mean}_{name}"] = (getattr(self, name) * weight).sum(axis=-1) / weight.sum(axis=-1)
        return figures

    def class_figures(self):
        """Computes precision, recall and F1 of each class.

        Returns:
            dict of name → float array `(…, classes)`. Recall and F1 are NaN for a class without texts, and precision is
            NaN for a class without predictions.
        """
        return {
            "precision": np.where(self.answered > 0, self.precision, np.nan),
            "recall": np.where(self.texts > 0, self.recall, np.nan),
            "f1": np.where(self.texts > 0, self.f1, np.nan),
        }


def tally(numbers, kinds, weights=None):
    """Counts how often each number occurs along the last axis, or sums the weights of each number.

    Args:
        numbers: int array `(…, items)`, from 0 to `kinds` - 1.
        kinds: int. Number of different numbers.
        weights: float array `(…, items)`, or None to count.

    Returns:
        array `(…, kinds)`: int, or float with weights.

    >>> tally(np.array([[0, 0, 2], [1, 1, 1]]), 3).tolist()
    [[2, 0, 1], [0, 3, 0]]
    """
    rows = numbers.reshape(math.prod(numbers.shape[:-1]), numbers.shape[-1])  # not -1: the array may be empty
    places = rows + kinds * np.arange(len(rows))[:, None]
    weights = None if weights is None else weights.ravel()
    counts = np.bincount(places.ravel(), weights, minlength=kinds * len(rows))
    return counts.reshape(*numbers.shape[:-1], kinds)


def _ratio(part, whole):
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
