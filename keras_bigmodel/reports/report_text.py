"""Formats texts, labels and numbers for a report; texts may hold any character. Knows no metric."""

import math
import numbers
import re
import unicodedata

_BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}  # they change the direction of a line
_SPACES = {"\n": "⏎ ", "\r\n": "⏎ ", "\r": "⏎ ", "\t": " ", "\u2028": "⏎ ", "\u2029": "⏎ "}
_MARKS = 4  # combining marks in a row that occur in writing (Thai, Tibetan, Hebrew); more overlap other lines
_NO_BREAK = "\u00a0"
_MISSING = "–"
_LANGUAGES = (  # the first script found determines the language; HTML uses "" for an unknown language
    ("ja", re.compile(r"[\u3041-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]")),
)


def visible(text, limit=600):
    r"""Returns a text in a form that a page can display: every character is visible and none has an effect.

    Line breaks become `⏎`, tabs become spaces, and other ASCII control characters become their Unicode pictures.
    Characters that are invisible or change the direction of a line become their code points. Characters that XML does
    not allow become U+FFFD. Combining marks after the fourth in a row are removed. A text longer than `limit` is
    truncated, and its length is appended.

    Args:
        text: str, or any object; it is converted with `str`.
        limit: int. Maximum number of characters shown. Defaults to 600.

    Returns:
        str.

    >>> visible("a\x00b\nc\u202ed")
    'a␀b⏎ c⟨U+202E⟩d'
    >>> visible("x" * 5000, limit=4), visible("  "), visible("")
    ('xxxx… (5,000 characters)', '␠␠', '⟨empty⟩')
    """
    text = str(text)
    if not text.strip():
        return "␠" * len(text[:limit]) or "⟨empty⟩"
    kept = text[:limit]
    kept = re.sub(r"\r\n|[\n\r\t\u2028\u2029]", lambda found: _SPACES[found.group()], kept)
    shown, marks = [], 0
    for character in kept:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= _MARKS:
            shown.append(_visible_character(character))
    if len(text) > limit:
        shown.append(f"… ({len(text):,} characters)")
    return "".join(shown)


def _visible_character(character):
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code in _BIDI or 0x7F <= code < 0xA0 or code in (0xFEFF, 0xAD) or 0xE0000 <= code < 0xE0080:
        return f"⟨U+{code:04X}⟩"
    if 0xD800 <= code < 0xE000 or 0xFDD0 <= code < 0xFDF0 or code & 0xFFFE == 0xFFFE:
        return "\ufffd"
    return character


def shorten(text, columns):
    """Truncates a label in the middle, because labels differ least there, to a number of terminal columns.

    Args:
        text: str.
        columns: int. Maximum width in terminal columns; see `width`.

    Returns:
        str: the text unchanged if it fits, otherwise its start, `…` and its end.

    >>> shorten("card_payment_wrong_exchange_rate", 20)
    'card_paymen…nge_rate'
    >>> shorten("财经新闻与股票", 8)
    '财经…票'
    """
    if width(text) <= columns:
        return text
    head, tail = "", ""
    while width(head + text[len(head)]) <= (columns - 1) * 3 / 5:
        head += text[len(head)]
    while width(text[-1 - len(tail)] + tail) <= columns - 1 - width(head):
        tail = text[-1 - len(tail)] + tail
    return f"{head}…{tail}"


def width(text):
    """Counts the columns of a text in a terminal: two for a Chinese character, none for a combining mark."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def language(text):
    """Infers the language of a text from its script, for HTML's `lang`: `"zh"`, `"ja"`, `"ko"` or `""` (unknown).

    Browsers choose the font of Chinese characters, and screen readers the pronunciation, by this value.
    """
    return next((code for code, script in _LANGUAGES if script.search(str(text))), "")


def percent(share, digits=1):
    r"""Formats a fraction as a percentage.

    Args:
        share: float from 0 to 1, or None.
        digits: int. Digits after the decimal point. Defaults to 1.

    Returns:
        str; `–` if the value is missing or not finite.

    >>> percent(0.9231), percent(None)
    ('92.3\xa0%', '–')
    """
    return _MISSING if not _is_number(share) else f"{100 * share:.{digits}f}{_NO_BREAK}%"


def count(number):
    """Formats a whole number of items with thousands separators.

    Args:
        number: int or float, or None.

    Returns:
        str; `–` if the number is missing or not finite.

    >>> count(12345)
    '12,345'
    """
    return _MISSING if not _is_number(number) else f"{number:,.0f}"


def decimal(number, digits=3):
    """Formats a number that is not a fraction.

    Args:
        number: float or None.
        digits: int. Digits after the decimal point. Defaults to 3.

    Returns:
        str; `–` if the number is missing or not finite.

    >>> decimal(0.98765)
    '0.988'
    """
    return f"{number:.{digits}f}" if _is_number(number) else _MISSING


def scientific(number):
    """Formats a number of any magnitude with two significant digits.

    Args:
        number: float or None.

    Returns:
        str; `–` if the number is missing or not finite.

    >>> scientific(3.347e-06), scientific(0)
    ('3.3e-06', '0')
    """
    return f"{number:.2g}" if _is_number(number) else _MISSING


def between(interval, write=percent):
    r"""Formats an interval; returns an empty str if there is none.

    Args:
        interval: `[low, high]` or None.
        write: function that formats one end. Defaults to `percent`.

    Returns:
        str. A percent sign is written once, at the end.

    >>> between([0.912, 0.934])
    '91.2\xa0–\xa093.4\xa0%'
    """
    if not interval or not all(map(_is_number, interval)):
        return ""
    low, high = (write(end) for end in interval)
    unit = f"{_NO_BREAK}%"
    low = low.removesuffix(unit) if high.endswith(unit) else low
    return f"{low}{_NO_BREAK}–{_NO_BREAK}{high}"


def things(number, name, plural=None):
    """Formats a number with its noun in the singular or the plural.

    Args:
        number: int.
        name: str. The noun in the singular.
        plural: str or None. Defaults to the singular with `s`.

    Returns:
        str.

    >>> things(1, "text"), things(2000, "class", "classes")
    ('1 text', '2,000 classes')
    """
    return f"{count(number)} {name if number == 1 else plural or name + 's'}"


def _is_number(value):
    return isinstance(value, numbers.Real) and math.isfinite(value)
