"""One answer of a classifier, for people and for JSON. Knows no model."""

from dataclasses import dataclass

from keras_bigmodel.core.errors import UserError


@dataclass(frozen=True)
class Prediction:
    """A text's label and how sure the model is.

    Args:
        label: str. The most probable label.
        probability: float. Its probability.
        probabilities: dict of label name → probability, the most probable first.
    """

    label: str
    probability: float
    probabilities: dict[str, float]

    @classmethod
    def from_row(cls, names, row, top_k=None):
        """Makes a prediction from one row of probabilities.

        Args:
            names: sequence of str, the labels in the row's order.
            row: float array `(labels,)`.
            top_k: int. How many labels to keep. Defaults to all.
        """
        if top_k is not None and top_k < 1:
            raise UserError(f"top_k={top_k} came; wanted 1 or more.")
        order = (-row).argsort(kind="stable")[:top_k]
        probabilities = {names[index]: float(row[index]) for index in order}
        label = names[order[0]]
        return cls(label, probabilities[label], probabilities)
