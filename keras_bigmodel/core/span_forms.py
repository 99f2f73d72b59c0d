"""Reads spans of texts in the forms that people and JSON have. Knows values; no text and no labels."""

import itertools

from keras_bigmodel.core.errors import UserError

FORM = 'wanted a list of spans, e.g. [[0, 13, "PER"]]'
_KEYS = (("start", "begin", "start_offset"), ("end", "stop", "end_offset"), ("label", "type", "tag", "entity"))


def is_span(value):
    """Returns whether a value has the parts of a span: bool."""
    return _parts(value) is not None


def span_of(value):
    """Returns the start, the end and the label of a span.

    Args:
        value: `(start, end, label)`, as list, tuple or array; dict with these names; or object with these attributes.

    Returns:
        `(int, int, label as given)`.

    Raises:
        UserError: it is none. The message begins with what the value is.

    >>> span_of({"start": "0", "end": 3, "label": "PER"})
    (0, 3, 'PER')
    """
    parts = _parts(value)
    if parts is None:
        raise UserError(f"the span {value!r:.60}; {FORM}")
    *bounds, label = parts
    start, end = map(_whole, bounds)
    if start is None or end is None or not 0 <= start < end:
        raise UserError(f"a span from {bounds[0]!r:.20} to {bounds[1]!r:.20}; wanted whole numbers, 0 <= start < end")
    return start, end, label


def sorted_spans(values):
    """Returns spans in the order of their text: list of `(start, end, label)`.

    Args:
        values: iterable of values, as `span_of` takes them.

    Raises:
        UserError: as `span_of`; or two spans share a character.
    """
    spans = sorted(map(span_of, values), key=lambda span: span[:2])
    for (start, end, _), (begin, stop, _) in itertools.pairwise(spans):
        if begin < end:
            raise UserError(
                f"the spans {start} to {end} and {begin} to {stop}, which overlap; wanted spans that share no "
                "character. Leave one out"
            )
    return spans


def _parts(value):
    if isinstance(value, dict):
        found = [next((value[key] for key in keys if key in value), None) for keys in _KEYS]
        return None if None in found else found
    if hasattr(value, "label") and hasattr(value, "start"):
        return value.start, value.end, value.label
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__") or len(value) != 3:
        return None
    return tuple(value)


def _whole(value):
    """Returns a number as int, or None if it is no whole number; tables hold numbers as texts."""
    if isinstance(value, (bool, float)):
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
