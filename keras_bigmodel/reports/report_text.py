"""How texts, labels and figures are written in a report, hostile ones too. Knows no measure."""

import math
import numbers
import re
import unicodedata

_BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}  # what can turn a line around
_SPACES = {"\n": "⏎ ", "\r\n": "⏎ ", "\r": "⏎ ", "\t": " ", "\u2028": "⏎ ", "\u2029": "⏎ "}
_MARKS = 4  # combining marks in a row that still are writing (Thai, Tibetan, Hebrew); more climb out of their line
_NO_BREAK = "\u00a0"
_MISSING = "–"
_LANGUAGES = (  # the first script found names the language; "" is HTML's own word for an unknown one
    ("ja", re.compile(r"[\u3041-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]")),
)


def visible(text, limit=600):
    r"""Gives a text as a page can show it: every character seen, none acting.

    Control characters become their pictures, characters that turn the direction of a line become their numbers, what
    XML cannot hold becomes U+FFFD, a pile of combining marks is cut, and so is a text longer than `limit`.

    Args:
        text: str, or anything with a `str`.
        limit: int. Characters kept.

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
    """Cuts a label in its middle, where its neighbours differ least, to so many columns of a terminal.

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
    """Counts the columns that a text takes in a terminal: two for a Chinese character, none for a combining mark."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def language(text):
    """Names the language of a text as HTML wants it, as far as its script tells: `"zh"`, `"ja"`, `"ko"` or `""`.

    Fonts draw Chinese characters as that language writes them, and screen readers read them.
    """
    return next((code for code, script in _LANGUAGES if script.search(str(text))), "")


def percent(share, digits=1):
    r"""Writes a share as per cent.

    >>> percent(0.9231), percent(None)
    ('92.3\xa0%', '–')
    """
    return _MISSING if not _is_number(share) else f"{100 * share:.{digits}f}{_NO_BREAK}%"


def count(number):
    """Writes a number of things.

    >>> count(12345)
    '12,345'
    """
    return _MISSING if not _is_number(number) else f"{number:,.0f}"


def decimal(number, digits=3):
    """Writes a figure that is no share.

    >>> decimal(0.98765)
    '0.988'
    """
    return f"{number:.{digits}f}" if _is_number(number) else _MISSING


def scientific(number):
    """Writes a figure of any size.

    >>> scientific(3.347e-06), scientific(0)
    ('3.3e-06', '0')
    """
    return f"{number:.2g}" if _is_number(number) else _MISSING


def between(interval, write=percent):
    r"""Writes an interval, or nothing where there is none.

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
    """Writes a number with its noun.

    >>> things(1, "text"), things(2000, "class", "classes")
    ('1 text', '2,000 classes')
    """
    return f"{count(number)} {name if number == 1 else plural or name + 's'}"


def _is_number(value):
    return isinstance(value, numbers.Real) and math.isfinite(value)
