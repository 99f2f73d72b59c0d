"""Stores true labels with a model's probabilities, after checking both. Knows arrays; no model and no metric."""

import numpy as np

from keras_bigmodel.core.errors import UserError


class ScoredTexts:
    """Stores the true labels and the predicted probabilities of texts.

    Args:
        targets: int array `(texts,)`. Indices of the true labels.
        probabilities: float array `(texts, labels)`.
        labels: list of str, in the order of the columns.

    Attributes:
        labels: list of str.
        targets: int64 array `(texts,)`.
        probabilities: float64 array `(texts, labels)`, unchanged: texts are ranked by these values.
        shares: float64 array `(texts, labels)`. The probabilities, normalized so that every row sums to 1.
        answers: int array `(texts,)`. Index of the most probable label; the first one if several are equal.
        confidence: float64 array `(texts,)`. The normalized probability of the answer.
        right: bool array `(texts,)`. Whether the answer is the true label.
        losses: float64 array `(texts,)`. Negative logarithm of the true label's share, clipped as in scikit-learn.

    Raises:
        UserError: no texts, shapes that do not fit, a label index out of range, or values that are not probabilities.
    """

    def __init__(self, targets, probabilities, labels):
        self.labels = [str(label) for label in labels]
        self.probabilities = np.asarray(probabilities, "float64")
        self.targets = _checked_targets(targets, len(self.labels))
        _check_probabilities(self.probabilities, len(self.targets), len(self.labels))
        # Rows computed in float32 do not sum to 1 exactly.
        self.shares = self.probabilities / self.probabilities.sum(axis=1, keepdims=True)
        self.answers = self.probabilities.argmax(axis=1)
        rows = np.arange(len(self))
        self.confidence = self.shares[rows, self.answers]
        self.right = self.answers == self.targets
        least = np.finfo("float64").eps
        self.losses = -np.log(np.clip(self.shares[rows, self.targets], least, 1 - least))

    def __len__(self):
        return len(self.targets)


def _checked_targets(targets, classes):
    targets = np.asarray(targets)
    if targets.ndim == 1 and not len(targets):
        raise UserError("No texts came, so there is nothing to measure. Give at least one text with its label.")
    if targets.ndim != 1 or targets.dtype.kind not in "iub":
        raise UserError(
            f"Targets of shape {targets.shape} and type {targets.dtype} came; wanted one label number a text. "
            "Turn names into numbers with task.encode_targets(labels)."
        )
    bad = targets[(targets < 0) | (targets >= classes)]
    if len(bad):
        raise UserError(f"The label number {bad[0]} came; wanted 0 to {classes - 1}, a number for each label.")
    return targets.astype("int64")


def _check_probabilities(probabilities, texts, classes):
    if probabilities.shape != (texts, classes):
        raise UserError(
            f"Probabilities of shape {probabilities.shape} came for {texts} texts and {classes} labels; wanted "
            f"({texts}, {classes}): a row for each text, a column for each label."
        )
    usable = np.isfinite(probabilities).all(axis=1) & (probabilities >= 0).all(axis=1)
    usable &= probabilities.sum(axis=1) > 0
    if not usable.all():
        raise UserError(
            f"{(~usable).sum()} of {texts} texts got no probabilities (the first is text {np.argmin(usable)}: "
            f"{probabilities[np.argmin(usable)][:5]}). The model's numbers overflowed in training: train it again with "
            "a lower learning rate."
        )
