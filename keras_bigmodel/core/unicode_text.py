"""Normalizes, cleans and hashes texts, and checks labels. Knows Unicode; no table."""

import functools
import hashlib
import re
import sys
import unicodedata

from keras_bigmodel.core.errors import UserError

# Numbers that are likely those of orders, dates or accounts: two or more digits, but not a grade (85/100 or 85 %).
_NUMBERS = re.compile(r"(?<![\d/])\d{2,}(?!\d|/| ?%)")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_KEPT = {"Mn", "Mc", "Me", "So", "Sc", "Sm"}  # marks are parts of letters; symbols have a meaning: 👍, €, +


def same_text(text):
    """Normalizes a text so that texts that differ only in Unicode form and whitespace become equal.

    >>> same_text("cafe\u0301  noir ") == same_text("caf\u00e9 noir")
    True
    """
    return " ".join(unicodedata.normalize("NFC", text).split()) if not text.isascii() else " ".join(text.split())


def same_words(text):
    """Normalizes a text so that texts that differ only in case, Unicode form (also width) and whitespace become equal.

    >>> same_words("ＯＫ,  thanks") == same_words("ok, Thanks")
    True
    """
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def nearly_same_text(text):
    """Normalizes a text so that texts that differ only in case, form, spaces, punctuation, long numbers become equal.

    "Form" is the Unicode form; a long number has two or more digits. Symbols (an emoji, a currency sign, `+`), the `#`
    of a name such as C#, one-digit numbers and grades such as 85/100 or 85 % are kept. All numbers are kept in a text
    with more than twice as many digits as letters. A text without letters keeps its punctuation and its numbers.

    >>> nearly_same_text("Order 1234: where is it?!") == nearly_same_text("order 99 where is it")
    True
    >>> nearly_same_text("I rate it 1/5") == nearly_same_text("I rate it 5/5")
    False
    """
    folded = _UNSEEN.sub("", same_words(text))
    if not any(map(str.isalpha, folded)):
        return folded
    if _NUMBERS.search(folded) and sum(map(str.isdigit, folded)) <= 2 * sum(map(str.isalpha, folded)):
        folded = _NUMBERS.sub("0", folded)
    return _separator_pattern().sub(" ", folded).strip()


@functools.cache
def _separator_pattern():
    """Returns the pattern of what separates words; built on first use, as it looks up every character's category."""
    kept = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in _KEPT]
    starts = [code for code, before in zip(kept, [-2, *kept], strict=False) if code != before + 1]
    ends = [code for code, after in zip(kept, [*kept[1:], -2], strict=True) if code + 1 != after]
    ranges = "".join(f"\\U{start:08x}-\\U{end:08x}" for start, end in zip(starts, ends, strict=True))
    return re.compile(rf"(?:[^\w#{ranges}]|_|(?<!\w)#)+")


def text_fractions(*texts, seed=0):
    """Returns two numbers in [0, 1) that depend only on the texts of a row and the seed, the same on every machine.

    Texts that differ only in case, Unicode form and whitespace have the same numbers. Both texts of a pair count. The
    two numbers are independent: one can decide which rows are held back, the other which rows are examined.

    Args:
        *texts: str. The texts of the row.
        seed: int. Another seed draws other numbers. Defaults to 0.

    Returns:
        `(float, float)`.

    >>> text_fractions("Good  film") == text_fractions("good film") != text_fractions("good film", seed=1)
    True
    """
    key = "\n".join(map(same_words, texts))
    digest = hashlib.blake2b(f"{seed} {key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return _share(digest[:8]), _share(digest[8:])


def _share(number):
    return (int.from_bytes(number) >> 11) / (1 << 53)  # 53 bits, as many as a float holds, so that it stays below 1


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def without_surrogates(text):
    r"""Returns a text with U+FFFD in place of each lone surrogate, which UTF-8 cannot hold.

    Decoders replace invalid bytes in the same way.

    >>> without_surrogates("caf\udce9")
    'caf\ufffd'
    """
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def check_label(label):
    """Checks that the name of a label is visible and can be written to every file.

    Args:
        label: str.

    Raises:
        UserError: the label is blank, or holds a NUL character or a lone surrogate.
    """
    why = "is blank" if not label.strip() else None
    why = "holds a NUL character, which ends a text in many programs" if "\0" in label else why
    why = "holds half of a surrogate pair, which no file in UTF-8 can hold" if _LONE_SURROGATE.search(label) else why
    if why is not None:
        raise UserError(f"The label {label!r:.60} {why}. Give it another name.")
