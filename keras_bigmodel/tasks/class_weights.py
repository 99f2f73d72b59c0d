"""Weights the classes in training. Knows label numbers and their names; no model."""

from collections.abc import Mapping

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number


class ClassWeights:
    """Computes the weights of rows from their targets and the weights of the classes.

    Args:
        shares: float array `(labels,)`. Weight of each class, in the order of the label numbers.
    """

    def __init__(self, shares):
        self.shares = np.asarray(shares, "float32")

    @classmethod
    def of(cls, class_weight, names):
        """Returns the class weights that a dict specifies; a label that it does not name has the weight 1.

        Args:
            class_weight: dict of label name or number → weight, a number of 0 or more.
            names: `LabelNames`.

        Returns:
            `ClassWeights`.

        Raises:
            UserError: `class_weight` is not a dict, names an unknown label, names a label twice, has a weight that is
                not a finite number of 0 or more, or gives every label the weight 0.
        """
        if not isinstance(class_weight, Mapping):
            raise UserError(
                f"class_weight={class_weight!r:.60} came; wanted a dict of label → weight, e.g. "
                f"{{{names.names[0]!r}: 2.0}}."
            )
        keys = list(class_weight)
        for key in keys:
            check_number(f"class_weight[{key!r:.40}]", class_weight[key], least=0)
        numbers, shares = names.numbers(keys), np.ones(len(names), "float32")
        for index, number in enumerate(numbers.tolist()):
            if number in numbers[:index]:
                raise UserError(f'class_weight gives the label "{names.names[number]}" two weights. Give it one.')
            shares[number] = class_weight[keys[index]]
        if not shares.any():
            raise UserError("class_weight gives every label 0, so nothing would count. Give at least one above 0.")
        return cls(shares)

    def __call__(self, targets):
        """Returns the weight of each row: float32 array `(rows,)`.

        Args:
            targets: int array `(rows,)` of label numbers, or float array `(rows, labels)` of soft labels, whose rows
                have the weighted sum of the class weights.

        Raises:
            UserError: the targets have another form.
        """
        if isinstance(targets, np.ndarray) and targets.ndim == 1 and targets.dtype.kind in "iu":
            return self.shares[targets]
        if isinstance(targets, np.ndarray) and targets.ndim == 2 and targets.shape[1] == len(self.shares):
            return targets @ self.shares
        raise UserError("class_weight works with one label a row. Leave it out, and give sample_weight instead.")
