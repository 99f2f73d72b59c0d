"""Converts a table's cells to texts, labels and weights. Knows the values that a cell may hold; no file."""

import math
import re
from collections import defaultdict

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import is_number
from keras_bigmodel.core.unicode_text import check_label, same_words, without_surrogates

_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?")
_BOOLEANS = {"true", "false"}
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]")
_NOTHING = {"nan", "none", "null", "nil", "n/a", "na", "#n/a", "<na>", "nat"}
_SHOWN = 3


def cell_text(cell):
    """Returns a cell's value as text, or None if the cell has no value.

    Args:
        cell: str, None, or a value of a typed table: bool, int, float, date or bytes.

    Returns:
        str; or None for None and NaN.

    Raises:
        UserError: the cell is a list, a tuple, a dict, or bytes that are not UTF-8. The message begins with the kind of
            value.

    >>> cell_text("007"), cell_text(True), cell_text(float("nan"))
    ('007', 'true', None)
    """
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"  # spelled as in JSON, for every format
    if isinstance(cell, list | dict | tuple):
        kind = "an object" if isinstance(cell, dict) else "a list"
        raise UserError(f"{kind}; wanted one value. Write it as a text, or take another column.")
    if isinstance(cell, bytes):
        try:
            return cell.decode()
        except UnicodeDecodeError as error:
            raise UserError("bytes that are no UTF-8; wanted a text. Take another column.") from error
    return None if cell != cell else str(cell)  # only NaN differs from itself


def cell_input(cell):
    """Returns a cell's value as a text for a model, an empty one if the cell has no value.

    Args:
        cell: as in `cell_text`.

    Returns:
        str. Lone surrogates become U+FFFD.

    Raises:
        UserError: as `cell_text`; or the text holds a NUL character, as JSON and Parquet allow.
    """
    text = cell_text(cell) or ""
    if "\0" in text:
        raise UserError("a NUL character, which no text has. Remove it.")
    return without_surrogates(text)  # JSON may hold half of a surrogate pair


def cell_label(cell):
    """Returns a cell's value as a label, without the spaces around it.

    Args:
        cell: as in `cell_text`.

    Returns:
        str; empty or None if the cell holds no label.

    Raises:
        UserError: as `cell_text`; or the value is not a valid label, see `check_label`.
    """
    label = cell_text(cell)
    label = label and label.strip()
    if label:
        try:
            check_label(label)
        except UserError as error:
            raise UserError(f"a label that cannot be one. {error}") from error
    return label


def cell_weight(cell):
    """Returns a cell's value as a weight.

    Args:
        cell: as in `cell_text`.

    Returns:
        float: finite, 0 or more.

    Raises:
        UserError: as `cell_text`; or the value is not such a number. The message begins with the value.

    >>> cell_weight("0.5")
    0.5
    """
    text = cell_text(cell)
    try:
        weight = float(text) if text is not None and not isinstance(cell, bool) else math.nan
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight >= 0):
        came = "nothing" if text is None or not text.strip() else f'"{text:.40}"'
        raise UserError(f"{came}; wanted a number, 0 or more. Fill or correct it, or leave --weight out.")
    return weight


def label_notes(labels):
    """Returns notes on labels that may not be meant as class names.

    These are labels that are all numbers, booleans or dates, labels that differ only in case, spaces or Unicode form,
    and labels that programs write for a missing value, such as `nan`.

    Args:
        labels: collection of str.

    Returns:
        list of str: one sentence for each kind found.

    >>> label_notes({"1", "2"})
    ['The labels are numbers (1, 2); they are taken as names of classes.']
    """
    return [*_kind_of(labels), *_look_alike(labels), *_stand_for_nothing(labels)]


def _kind_of(labels):
    kinds = {
        "numbers": is_number,
        "booleans": lambda label: label.casefold() in _BOOLEANS,
        "dates": lambda label: _DATE.fullmatch(label) is not None,
    }
    for kind, fits in kinds.items():
        if labels and all(map(fits, labels)):
            shown = sorted(set(labels), key=float) if kind == "numbers" else sorted(set(labels))
            more = ", …" if len(shown) > _SHOWN else ""
            return [f"The labels are {kind} ({', '.join(shown[:_SHOWN])}{more}); they are taken as names of classes."]
    return []


def stands_for_nothing(label):
    """Returns whether a label is what programs write for a missing value.

    >>> stands_for_nothing("NaN"), stands_for_nothing("nothing")
    (True, False)
    """
    return label.casefold() in _NOTHING


def _stand_for_nothing(labels):
    found = sorted(filter(stands_for_nothing, set(labels)))
    if not found:
        return []
    shown = " and ".join(f'"{label}"' for label in found[:_SHOWN])
    one = len(found) == 1
    return [
        f"The label{'s' * (not one)} {shown} {'is' if one else 'are'} what programs write where there is no value; "
        f"{'it is' if one else 'they are'} taken as {'a class' if one else 'classes'}. Empty those cells to leave "
        "their rows out."
    ]


def _look_alike(labels):
    groups = defaultdict(list)
    for label in sorted(set(labels)):
        groups[same_words(_UNSEEN.sub("", label))].append(label)
    alike = [group for group in groups.values() if len(group) > 1]
    if not alike:
        return []
    cased = all(len(set(map(str.casefold, group))) == 1 for group in alike)
    shown = "; ".join(" and ".join(f'"{_visible(label)}"' for label in group) for group in alike[:_SHOWN])
    more = f" and {len(alike) - _SHOWN} more" if len(alike) > _SHOWN else ""
    how = "case" if cased else "case, spaces or Unicode form"
    return [f"The labels {shown}{more} differ only in {how}; they are taken as different classes."]


def _visible(label):
    """Returns a label with invisible characters escaped: a zero-width space would not be seen."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in label)
