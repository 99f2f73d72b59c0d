"""Checks that a number is in its range and that a switch is True or False. Knows values; not what they mean."""

import math
import numbers

from keras_bigmodel.core.errors import UserError

_MOST_CLASSES = 10  # different numbers with fractions that may name classes


def check_number(name, value, *, least=None, above=None, below=None, whole=False):
    """Checks that a value is a finite number in a range.

    Args:
        name: str. Name of the number in the message.
        value: the value to check. None is accepted; a bool is not a number.
        least: number. Smallest accepted value. Defaults to no limit.
        above: number. The value must be greater than this. Defaults to no limit.
        below: number. The value must be less than this. Defaults to no limit.
        whole: bool. Whether only whole numbers are accepted. Defaults to False.

    Raises:
        UserError: the value is not such a number; the message says what came and what is wanted.

    >>> check_number("dropout", 0.1, least=0, below=1)
    """
    if value is None:
        return
    is_number = isinstance(value, numbers.Integral if whole else numbers.Real) and not isinstance(value, bool)
    in_range = is_number and math.isfinite(value)
    if in_range:
        in_range = (least is None or value >= least) and (above is None or value > above)
        in_range = in_range and (below is None or value < below)
    if not in_range:
        words = [f"{least} or more"] * (least is not None) + [f"above {above}"] * (above is not None)
        words += [f"below {below}"] * (below is not None)
        kind = "whole number" if whole else "number"
        raise UserError(f"{name}={value!r:.40} came; wanted a {kind}{', ' * bool(words)}{' and '.join(words)}.")


def check_switch(name, value):
    """Checks that a value is True or False; the texts "no" and "False" would count as true.

    Args:
        name: str. Name of the switch in the message.
        value: the value to check.

    Raises:
        UserError: the value is neither; the message says what came.
    """
    if not (isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")):  # NumPy's bool too
        raise UserError(f"{name}={value!r:.40} came; wanted True or False.")


def look_like_scores(texts):
    """Returns whether different texts are numbers on a scale: all numbers, some with fractions, and more than ten.

    Half stars from 0.5 to 5 are ten classes; more are a scale.

    Args:
        texts: collection of different str.

    >>> look_like_scores([str(number / 2) for number in range(1, 11)]), look_like_scores(map(str, range(99)))
    (False, False)
    """
    texts = list(texts)
    return len(texts) > _MOST_CLASSES and all(map(is_number, texts)) and any(float(text) % 1 for text in texts)


def is_number(text):
    """Returns whether a text is written as a finite number.

    >>> is_number("1.5"), is_number("nan"), is_number("one")
    (True, False, False)
    """
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
