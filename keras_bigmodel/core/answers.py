"""What a model answers, one dataclass a kind, and how outputs are read as answers. Knows arrays; no model, no files."""

from dataclasses import dataclass

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number

_DIGITS = 6  # of probabilities in JSON


@dataclass(frozen=True)
class Prediction:
    """The label of a row and how sure the model is.

    Args:
        label: str. The most probable label.
        probability: float. Its probability.
        probabilities: dict of label name → probability, the most probable first.
    """

    label: str
    probability: float
    probabilities: dict[str, float]

    def as_json(self):
        """Returns a dict that JSON can hold, the same from the command line, the server and the edge."""
        return {
            "label": self.label,
            "probability": round(self.probability, _DIGITS),
            "probabilities": {label: round(value, _DIGITS) for label, value in self.probabilities.items()},
        }

    @classmethod
    def from_row(cls, names, row, top_k=None):
        """Returns the prediction of one row of probabilities.

        Args:
            names: sequence of str, the labels in the row's order.
            row: float array `(labels,)`.
            top_k: int. How many labels to keep. Defaults to all.
        """
        check_number("top_k", top_k, least=1, whole=True)
        order = (-row).argsort(kind="stable")[:top_k]
        probabilities = {names[index]: float(row[index]) for index in order}
        label = names[order[0]]
        return cls(label, probabilities[label], probabilities)


class PredictionReader:
    """Reads rows of probabilities as `Prediction`s.

    A reader is called with the outputs of one row, as arrays, and the row itself, and returns an answer: a frozen
    dataclass with `as_json()`; `nothing()` is the JSON of a row without a text. It needs NumPy alone, so that Python,
    the command line, servers and phones read alike.

    Args:
        labels: sequence of str, in the order of the outputs.
    """

    kind = "prediction"

    def __init__(self, labels):
        self.labels = list(labels)

    def __call__(self, outputs, row=None, *, top_k=None):
        """Returns the `Prediction` of float array `(labels,)`."""
        return Prediction.from_row(self.labels, outputs, top_k)

    def nothing(self):
        """Returns the JSON of a row that has nothing to be answered."""
        return {"label": None, "probability": None, "probabilities": None}

    def settings(self):
        """Returns the constructor's arguments, as a dict that JSON can hold."""
        return {"labels": self.labels}


# kind → the class of its reader; what reads a manifest finds its reader here.
READERS = {PredictionReader.kind: PredictionReader}


def describe_reader(reader):
    """Returns what a manifest says of how outputs are read: `{"kind": ..., and the reader's settings}`."""
    return {"kind": reader.kind, **reader.settings()}


def reader_of(described):
    """Returns the reader that `describe_reader` described.

    Raises:
        UserError: its kind is not known here.
    """
    settings = dict(described)
    kind = settings.pop("kind", None)
    if kind not in READERS:
        raise UserError(f'Answers of the kind "{kind}" came; this package reads {", ".join(READERS)}.')
    return READERS[kind](**settings)
