"""Converts positions in a text from characters to units of UTF-16 or bytes. Knows no TensorFlow and no tokens."""

import itertools

from keras_bigmodel.core.errors import UserError

UNITS = ("characters", "utf16", "bytes")
FIRST_OF_TWO = 0x10000  # code points from here on are two units of UTF-16
_REPLACEMENT = "\ufffd"  # stands for each sequence of bytes that is not UTF-8
_LONGEST = 4  # bytes of a character


def check_unit(unit):
    """Raises `UserError` if a unit is not one of `UNITS`."""
    if unit not in UNITS:
        raise UserError(f'unit="{unit}" came; known are {", ".join(UNITS)}.')


def unit_positions(text, typed, unit):
    r"""Returns where each character of a text begins, and at last where the text ends: list of int.

    Args:
        text: str.
        typed: str, the text itself; or the bytes that `text` was decoded from.
        unit: str. `"utf16"` or `"bytes"`.

    >>> unit_positions("a😀", "a😀", "utf16"), unit_positions("a\ufffd", b"a\xff", "bytes")
    ([0, 1, 3], [0, 1, 2])
    """
    if unit == "utf16":
        widths = [1 + (ord(character) >= FIRST_OF_TWO) for character in text]
    elif isinstance(typed, str):
        widths = [len(character.encode("utf-8", "surrogatepass")) for character in text]
    else:
        return _byte_positions(text, typed)
    return [0, *itertools.accumulate(widths)]


def _byte_positions(text, typed):
    positions = [0]
    for character in text:
        start = positions[-1]
        width = len(character.encode())
        if character == _REPLACEMENT:
            try:
                typed[start : start + _LONGEST].decode()
            except UnicodeDecodeError as error:
                width = error.end if error.start == 0 else width
        positions.append(start + width)
    return positions
