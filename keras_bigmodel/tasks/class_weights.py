"""How much each class counts in training. Knows label numbers; no names and no model."""

import numpy as np

from keras_bigmodel.core.errors import UserError


class ClassWeights:
    """Turns targets into the weights of their classes.

    Args:
        shares: float array `(labels,)`: the weight of each class.
    """

    def __init__(self, shares):
        self.shares = np.asarray(shares, "float32")

    def __call__(self, targets):
        """Returns float32 `(rows,)`.

        Args:
            targets: int array `(rows,)` of label numbers, or float array `(rows, labels)` of shares.

        Raises:
            UserError: the targets are of another kind.
        """
        if isinstance(targets, np.ndarray) and targets.ndim == 1 and targets.dtype.kind in "iu":
            return self.shares[targets]
        if isinstance(targets, np.ndarray) and targets.ndim == 2 and targets.shape[1] == len(self.shares):
            return targets @ self.shares
        raise UserError("class_weight works with one label a row. Leave it out, and give sample_weight instead.")
