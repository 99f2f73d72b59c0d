"""Whether a number is in its range, a switch on or off. Knows values; not what they mean."""

import math
import numbers

from keras_bigmodel.core.errors import UserError


def check_number(name, value, *, least=None, above=None, below=None, whole=False):
    """Refuses what is no number, no finite one, or outside of a range.

    Args:
        name: str. What the number is called.
        value: what came; None is passed.
        least: number. The smallest that is taken.
        above: number. What it must be larger than.
        below: number. What it must be smaller than.
        whole: bool. Whether only whole numbers are taken.

    Raises:
        UserError: the sentence says what came and what is wanted.

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
    """Refuses what is neither True nor False: "no" and "False" would mean yes.

    Raises:
        UserError: the sentence says what came.
    """
    if not (isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")):  # NumPy's too
        raise UserError(f"{name}={value!r:.40} came; wanted True or False.")


def is_number(text):
    """Tells whether a text is written as a finite number.

    >>> is_number("1.5"), is_number("nan"), is_number("one")
    (True, False, False)
    """
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
