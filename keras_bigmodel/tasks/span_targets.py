"""Converts spans of texts, in the forms that people have, to arrays. Knows labels; no text and no model."""

import json

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.span_forms import sorted_spans

_EXAMPLE = 'e.g. [(0, 13, "PER")]'


class SpanEncoder:
    """Encodes the spans of texts, part by part.

    Args:
        names: `LabelNames`.
    """

    def __init__(self, names):
        self._numbers = {name: number for number, name in enumerate(names.names)}
        self._listed, self._rows = names.listed(), 0

    def __call__(self, targets):
        """Returns the spans of the next texts: list of int32 array `(spans, 3)`: start, end, position of the label.

        Args:
            targets: list with the spans of each text, which may be none: a list of `(start, end, label)`, of dicts with
                these names, or of `TextSpan`; or such a list as JSON.

        Raises:
            UserError: the targets have another form, a label is unknown, or spans overlap. The message says in which
                row.
        """
        rows = targets.tolist() if isinstance(targets, np.ndarray) else targets
        if isinstance(rows, (str, bytes)) or not hasattr(rows, "__iter__"):
            raise UserError(f"{targets!r:.60} came as the targets; wanted a list of spans for each text, {_EXAMPLE}.")
        found = []
        for row in rows:
            found.append(self._row(row))
            self._rows += 1
        return found

    def _row(self, row):
        row = _listed_in(row)
        if row is None or isinstance(row, (str, bytes, dict)) or not hasattr(row, "__iter__"):
            raise self._error(f"the spans {row!r:.60}; wanted a list, {_EXAMPLE}")
        try:
            spans = [(start, end, self._number(label)) for start, end, label in sorted_spans(row)]
        except UserError as error:
            raise self._error(error) from error
        return np.array(spans, "int32").reshape(-1, 3)

    def _number(self, label):
        label = label.decode("utf-8", "replace") if isinstance(label, bytes) else label
        if label not in self._numbers:
            raise UserError(f'a span of the label "{label!s:.60}", which is not one of {self._listed}')
        return self._numbers[label]

    def _error(self, what):
        return UserError(f"Row {self._rows} of the targets has {what}.")


def _listed_in(row):
    if isinstance(row, (str, bytes)):
        try:
            return json.loads(row)
        except ValueError:
            return None
    return row
