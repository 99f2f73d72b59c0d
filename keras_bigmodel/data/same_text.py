"""When two texts are the same one. Knows Unicode; no table."""

import re
import unicodedata

_DIGITS = re.compile(r"\d+")
_BETWEEN = re.compile(r"[\W_]+")


def same_text(text):
    """Writes a text so that texts equal up to Unicode form and whitespace become equal.

    >>> same_text("cafe\u0301  noir ") == same_text("caf\u00e9 noir")
    True
    """
    return " ".join(unicodedata.normalize("NFC", text).split()) if not text.isascii() else " ".join(text.split())


def same_words(text):
    """Writes a text so that texts equal up to case, Unicode form (width, too) and whitespace become equal.

    >>> same_words("ＯＫ,  thanks") == same_words("ok, Thanks")
    True
    """
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def nearly_same_text(text):
    """Writes a text so that texts equal up to case, form, whitespace, punctuation and numbers become equal.

    A text of nothing but punctuation is left as it is.

    >>> nearly_same_text("Order 1234: where is it?!") == nearly_same_text("order 99 where is it")
    True
    """
    folded = same_words(text)
    return _BETWEEN.sub(" ", _DIGITS.sub("0", folded)).strip() or folded
