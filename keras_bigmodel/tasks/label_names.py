"""The names of a classifier's answers and their numbers. Knows no model."""

import numpy as np

from keras_bigmodel.core.errors import UserError


class LabelNames:
    """Turns label names into numbers and back.

    Args:
        names: sequence of str, in the order of the model's outputs.

    Raises:
        UserError: fewer than two names, a name twice, or a name that is no string.
    """

    def __init__(self, names):
        if isinstance(names, str) or not hasattr(names, "__iter__"):
            raise UserError(f'labels={names!r} came; wanted a list of names, e.g. labels=["negative", "positive"].')
        if isinstance(names, (set, frozenset)):
            raise UserError("The labels came as a set, which has no order. Write sorted(labels).")
        names = list(names)
        for name in names:
            if not isinstance(name, str):
                raise UserError(
                    f"The label {name!r} is of type {type(name).__name__}; wanted a string. Write labels=["
                    + ", ".join(f'"{label}"' for label in names[:3])
                    + (", ...]." if len(names) > 3 else "].")
                )
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UserError(f'The label "{twice[0]}" is given twice in labels. Give every label once.')
        if len(names) < 2:
            raise UserError(f"{len(names)} label came ({names}); a classifier needs at least two.")
        self.names = names
        self._numbers = {name: number for number, name in enumerate(names)}

    def __len__(self):
        return len(self.names)

    def numbers(self, labels):
        """Gives the numbers of labels.

        Args:
            labels: list, array or column of label names or of numbers; or a float array `(texts, labels)` of shares
                (one-hot, say), which is handed on as it is.

        Returns:
            int32 array `(texts,)`, or the float32 array `(texts, labels)`.

        Raises:
            UserError: an unknown name or number; the sentence says which and lists the known.
        """
        array = np.asarray(labels.to_pylist() if hasattr(labels, "to_pylist") else labels)
        if array.ndim == 2 and array.shape[1] == len(self.names) and array.dtype.kind in "fiub":
            return array.astype("float32")
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.dtype.kind == "O" and array.ndim == 1 and all(isinstance(label, (int, np.integer)) for label in array):
            array = array.astype("int64")
        if array.ndim != 1:
            raise UserError(f"Labels of shape {array.shape} came; wanted one label a text.")
        if array.dtype.kind in "iub" or (array.dtype.kind == "f" and np.all(array == np.floor(array))):
            if self._named_by_other_numbers:
                raise UserError(
                    f"Labels came as numbers, and the names ({self._listed()}) are other numbers than their places. "
                    "Hand in the names, as strings: [str(label) for label in labels]."
                )
            return self._checked(array.astype("int64"))
        return np.array([self._number(label, index) for index, label in enumerate(array.tolist())], "int32")

    @property
    def _named_by_other_numbers(self):
        """Whether 1 could be a name or a place."""
        return all(name.isdecimal() for name in self.names) and any(
            int(name) != number for number, name in enumerate(self.names)
        )

    def _checked(self, numbers):
        bad = np.flatnonzero((numbers < 0) | (numbers >= len(self.names)))
        if len(bad):
            raise UserError(
                f"Row {bad[0]} has the label {numbers[bad[0]]}; wanted 0 to {len(self.names) - 1} "
                f"({self._listed()}), or the names themselves."
            )
        return numbers.astype("int32")

    def _number(self, label, index):
        label = label.decode("utf-8", "replace") if isinstance(label, bytes) else label
        if label not in self._numbers:
            raise UserError(
                f"Row {index} has the label {label!r}, which is not one of {self._listed()}. Name it in labels= when "
                "the task is created, or drop such rows."
            )
        return self._numbers[label]

    def _listed(self):
        shown = ", ".join(self.names[:10])
        return shown + (f", … ({len(self.names)} in all)" if len(self.names) > 10 else "")
