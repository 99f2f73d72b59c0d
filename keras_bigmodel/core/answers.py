"""Defines the answers of a model, one class per kind, and reads outputs as answers. Knows arrays; no model, no file."""

from dataclasses import dataclass

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number
from keras_bigmodel.core.tags import TagsReader

_DIGITS = 6  # decimal places of probabilities in JSON


@dataclass(frozen=True)
class Prediction:
    """Holds the predicted label of a row and the probabilities.

    Args:
        label: str. The most probable label; `""` if the row is rejected.
        probability: float. Probability of the most probable label.
        probabilities: dict of label name → probability, the most probable first.
        rejected: bool, whether `probability` is too low for an answer. Defaults to None: the model rejects nothing.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    rejected: bool | None = None

    def as_json(self):
        """Returns the answer as a dict for JSON, with probabilities rounded to 6 decimal places.

        The command line, the server and the edge use the same form.
        """
        rejected = {} if self.rejected is None else {"rejected": self.rejected}
        return {
            "label": self.label,
            **rejected,
            "probability": round(self.probability, _DIGITS),
            "probabilities": {label: round(value, _DIGITS) for label, value in self.probabilities.items()},
        }

    @classmethod
    def from_row(cls, names, row, top_k=None, reject_below=None):
        """Returns the prediction of one row of probabilities.

        Args:
            names: sequence of str. The labels in the row's order.
            row: float array `(labels,)`.
            top_k: int. Number of labels to keep, the most probable first. Defaults to all.
            reject_below: float. A row whose highest probability is lower is rejected. Defaults to None: none is.

        Returns:
            `Prediction`.

        Raises:
            UserError: `top_k` is not a whole number of 1 or more.
        """
        check_number("top_k", top_k, least=1, whole=True)
        order = (-row).argsort(kind="stable")[:top_k]
        probabilities = {names[index]: float(row[index]) for index in order}
        label = names[order[0]]
        if reject_below is None:
            return cls(label, probabilities[label], probabilities)
        rejected = not row[order[0]] >= row.dtype.type(reject_below)  # as the graph compares, in float32
        return cls("" if rejected else label, probabilities[label], probabilities, rejected)


class PredictionReader:
    """Reads rows of probabilities as `Prediction`s.

    A reader is called with the outputs of one row, as arrays, and the row itself. It returns an answer: a frozen
    dataclass with `as_json()`. `empty_json()` returns the JSON of a row without a text. A reader needs only NumPy, so
    Python, the command line, servers and phones read outputs in the same way.

    Args:
        labels: sequence of str, in the order of the outputs.
        reject_below: float. A row whose highest probability is lower is rejected. Defaults to None: none is.
    """

    kind, label_kind = "prediction", "one"

    def __init__(self, labels, reject_below=None):
        self.labels = list(labels)
        self.reject_below = reject_below

    def __call__(self, outputs, row=None, *, top_k=None):
        """Returns the answer for the outputs of one row.

        Args:
            outputs: float array `(labels,)`. Probabilities.
            row: the row itself. This reader does not use it.
            top_k: int. Number of labels to keep. Defaults to all.

        Returns:
            `Prediction`.
        """
        return Prediction.from_row(self.labels, outputs, top_k, self.reject_below)

    def empty_json(self):
        """Returns the JSON of a row without an answer: a dict in which each value is None."""
        rejected = {} if self.reject_below is None else {"rejected": None}
        return {"label": None, **rejected, "probability": None, "probabilities": None}

    def settings(self):
        """Returns the constructor's arguments as a dict for JSON."""
        return {"labels": self.labels} | ({} if self.reject_below is None else {"reject_below": self.reject_below})


@dataclass(frozen=True)
class LabelSet:
    """Holds the predicted labels of a row, none or several, and the probability of each label.

    Args:
        labels: tuple of str. The labels whose probability reaches their threshold, the most probable first.
        probabilities: dict of label name → probability, the most probable first. They need not sum to 1.
    """

    labels: tuple[str, ...]
    probabilities: dict[str, float]

    def as_json(self):
        """Returns the answer as a dict for JSON, with probabilities rounded to 6 decimal places."""
        shown = {label: round(value, _DIGITS) for label, value in self.probabilities.items()}
        return {"labels": list(self.labels), "probabilities": shown}


class LabelSetReader:
    """Reads rows of probabilities, one of each label, as `LabelSet`s; see `PredictionReader`.

    Args:
        labels: sequence of str, in the order of the outputs.
        thresholds: sequence of float, in the same order. A row has the labels whose probability is not lower.
    """

    kind, label_kind = "label_set", "several"

    def __init__(self, labels, thresholds):
        self.labels, self.thresholds = list(labels), list(thresholds)

    def __call__(self, outputs, row=None, *, top_k=None):
        """Returns the answer for the outputs of one row.

        Args:
            outputs: float array `(labels,)`. Probabilities.
            row: the row itself. This reader does not use it.
            top_k: int. Number of probabilities to keep, the highest first. Defaults to all.

        Returns:
            `LabelSet`.

        Raises:
            UserError: `top_k` is not a whole number of 1 or more.
        """
        check_number("top_k", top_k, least=1, whole=True)
        order = (-outputs).argsort(kind="stable")
        least = [outputs.dtype.type(threshold) for threshold in self.thresholds]  # as the graph compares, in float32
        chosen = tuple(self.labels[index] for index in order if outputs[index] >= least[index])
        return LabelSet(chosen, {self.labels[index]: float(outputs[index]) for index in order[:top_k]})

    def empty_json(self):
        """Returns the JSON of a row without an answer: a dict in which each value is None."""
        return {"labels": None, "probabilities": None}

    def settings(self):
        """Returns the constructor's arguments as a dict for JSON."""
        return {"labels": self.labels, "thresholds": self.thresholds}


@dataclass(frozen=True)
class Score:
    """Holds the predicted number of a row.

    Args:
        score: float, in the units of the targets that the model was trained on.
    """

    score: float

    def as_json(self):
        """Returns the answer as a dict for JSON, rounded to 6 significant digits: more are not those of float32."""
        return {"score": float(f"{self.score:.{_DIGITS}g}")}


class ScoreReader:
    """Reads one number a row as `Score`s; see `PredictionReader`."""

    kind, label_kind = "score", "number"

    def __call__(self, outputs, row=None):
        """Returns the answer for the output of one row.

        Args:
            outputs: float array `()` or `(1,)`.
            row: the row itself. This reader does not use it.

        Returns:
            `Score`.
        """
        return Score(float(outputs.reshape(-1)[0]))

    def empty_json(self):
        """Returns the JSON of a row without an answer: a dict in which each value is None."""
        return {"score": None}

    def settings(self):
        """Returns the constructor's arguments as a dict for JSON: an empty one."""
        return {}


# kind → class of its reader; `reader_of` looks up here the kind that a manifest names.
READERS = {reader.kind: reader for reader in (PredictionReader, LabelSetReader, ScoreReader, TagsReader)}


def label_kind_of(described):
    """Returns what a label of a table is for the answers that a manifest describes; see `tables.LabelCells`.

    Args:
        described: dict that `describe_reader` returned.

    Returns:
        str: `"one"`, which is also that of unknown kinds, `"several"`, `"number"` or `"spans"`.
    """
    return getattr(READERS.get(described.get("kind")), "label_kind", "one")


def describe_reader(reader):
    """Returns the description of a reader, as a manifest holds it.

    Args:
        reader: object with `kind` and `settings()`, such as `PredictionReader`.

    Returns:
        dict: `"kind"` and the reader's settings.
    """
    return {"kind": reader.kind, **reader.settings()}


def reader_of(described):
    """Returns the reader that a description names.

    Args:
        described: dict that `describe_reader` returned.

    Returns:
        The reader, such as a `PredictionReader`.

    Raises:
        UserError: the kind is unknown.
    """
    settings = dict(described)
    kind = settings.pop("kind", None)
    if kind not in READERS:
        raise UserError(f'Answers of the kind "{kind}" came; this package reads {", ".join(READERS)}.')
    return READERS[kind](**settings)
