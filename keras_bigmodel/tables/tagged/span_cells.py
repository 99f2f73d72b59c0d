"""Reads the spans of a text from a cell, and checks them against the text. Knows the values of cells; no file."""

import json

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.span_forms import FORM, sorted_spans
from keras_bigmodel.tables.cells import cell_label, cell_text


def cell_spans(cell):
    """Returns the spans in a cell: tuple of `(start, end, label)`, in the order of the text; None if it has no value.

    Args:
        cell: list of lists `[start, end, label]`, or of objects with these names; or such a list as JSON.

    Raises:
        UserError: the cell holds something else, or spans that overlap. The message begins with it.
    """
    if not isinstance(cell, (list, tuple)):
        text = cell_text(cell)
        if text is None or not text.strip():
            return None
        try:
            cell = json.loads(text)
        except (ValueError, RecursionError):
            cell = None
        if not isinstance(cell, list):
            raise UserError(f'"{text:.40}"; {FORM}.')
    try:
        spans = sorted_spans(cell)
    except UserError as error:
        raise UserError(f"{error}.") from error
    return tuple((start, end, _label(start, end, label)) for start, end, label in spans)


def _label(start, end, label):
    label = cell_label(label)
    if not label:
        raise UserError(f"a span from {start} to {end} without a label. Name its label.")
    return label


def check_spans(spans, text):
    """Checks that spans lie in their text and hold more than spaces.

    Args:
        spans: tuple of `(start, end, label)`.
        text: str.

    Raises:
        UserError: they do not. The message begins with what is wrong.
    """
    for start, end, label in spans:
        if end > len(text):
            raise UserError(
                f"the span {start} to {end} ({label}), and its text has {len(text)} characters. Count characters (code "
                "points), not bytes."
            )
        if not text[start:end].strip():
            raise UserError(f"the span {start} to {end} ({label}), which holds spaces only. Correct its places.")
