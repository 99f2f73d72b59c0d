"""Stores true sets of labels with a model's probabilities, after checking both. Knows arrays; no measure."""

import numpy as np

from keras_bigmodel.core.errors import UserError


class ScoredLabelSets:
    """Stores the true and the predicted sets of labels of texts.

    Args:
        targets: array `(texts, labels)` of zeros and ones.
        probabilities: float array `(texts, labels)`.
        labels: list of str, in the order of the columns.
        thresholds: float, or sequence of float in the order of the labels. A text has the labels whose probability is
            not lower.

    Attributes:
        labels: list of str.
        targets: bool array `(texts, labels)`.
        probabilities: float64 array `(texts, labels)`.
        thresholds: float32 array `(labels,)`.
        answers: bool array `(texts, labels)`.
        right: bool array `(texts,)`. Whether all labels of a text are predicted and no others.
        losses: float64 array `(texts,)`. Mean over the labels of the negative logarithm of what is true, clipped as in
            scikit-learn.

    Raises:
        UserError: no texts, shapes that do not fit, targets that are not zeros and ones, or values that are not
            probabilities.
    """

    def __init__(self, targets, probabilities, labels, thresholds=0.5):
        self.labels = [str(label) for label in labels]
        targets, probabilities = np.asarray(targets), np.asarray(probabilities)
        _check(targets, probabilities, self.labels)
        self.targets = targets.astype(bool)
        self.probabilities = probabilities.astype("float64")
        self.thresholds = np.broadcast_to(np.asarray(thresholds, "float32"), (len(self.labels),))
        self.answers = probabilities.astype("float32") >= self.thresholds  # as the exported graph compares
        self.right = (self.answers == self.targets).all(axis=1)
        least = np.finfo("float64").eps
        of_truth = np.where(self.targets, self.probabilities, 1 - self.probabilities)
        self.losses = -np.log(np.clip(of_truth, least, 1 - least)).mean(axis=1)

    def __len__(self):
        return len(self.targets)


def _check(targets, probabilities, labels):
    if targets.ndim != 2 or targets.shape[1:] != (len(labels),):
        raise UserError(
            f"Targets of shape {targets.shape} came for {len(labels)} labels; wanted zeros and ones (texts, labels). "
            "Turn names into them with task.encode_targets(labels)."
        )
    if not len(targets):
        raise UserError("No texts came, so there is nothing to measure. Give at least one text with its labels.")
    if not np.isin(targets, (0, 1)).all():
        raise UserError("The targets hold other values than 0 and 1; measures need to know which labels a text has.")
    if probabilities.shape != targets.shape:
        raise UserError(f"Probabilities of shape {probabilities.shape} came for targets of shape {targets.shape}.")
    usable = (np.isfinite(probabilities) & (probabilities >= 0) & (probabilities <= 1)).all(axis=1)
    if not usable.all():
        raise UserError(
            f"{(~usable).sum()} of {len(targets)} texts got no probabilities (the first is text {np.argmin(usable)}). "
            "The model's numbers overflowed in training: train it again with a lower learning rate."
        )
