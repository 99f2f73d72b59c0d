"""True labels beside a model's probabilities, checked. Knows arrays; no model and no figure."""

import numpy as np

from keras_bigmodel.core.errors import UserError


class ScoredTexts:
    """What a model said of texts whose labels are known.

    Args:
        targets: int array `(texts,)`: the true label numbers.
        probabilities: float array `(texts, labels)`.
        labels: list of str, in the order of the columns.

    Attributes:
        targets: int64 array `(texts,)`.
        probabilities: float64 array `(texts, labels)`, as given: what texts are ranked by.
        shares: float64 array `(texts, labels)`: the same with every row summing to 1.
        answers: int array `(texts,)`: the number of the most probable label; the first of equals.
        confidence: float64 array `(texts,)`: the share of the answer.
        right: bool array `(texts,)`.
        losses: float64 array `(texts,)`: minus the logarithm of the true label's share, as scikit-learn cuts it off.

    Raises:
        UserError: no text, shapes that do not fit, a label number out of range, or something that is no probability.
    """

    def __init__(self, targets, probabilities, labels):
        self.labels = [str(label) for label in labels]
        self.probabilities = np.asarray(probabilities, "float64")
        self.targets = _checked_targets(targets, len(self.labels))
        _check_probabilities(self.probabilities, len(self.targets), len(self.labels))
        # float32 rows do not sum to 1 exactly.
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
