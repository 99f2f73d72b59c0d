"""Compares, cleans and hashes texts, and checks labels. Knows Unicode; no table."""

import functools
import hashlib
import re
import sys
import unicodedata

from keras_bigmodel.core.errors import UserError

# Numbers that are likely those of orders, dates, accounts: of two digits and more, and no grade such as 85/100 or 85 %.
_NUMBERS = re.compile(r"(?<![\d/])\d{2,}(?!\d|/| ?%)")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_KEPT = {"Mn", "Mc", "Me", "So", "Sc", "Sm"}  # marks are parts of letters; symbols say something: 👍, €, +


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
    """Writes a text so that texts equal up to case, form, whitespace, punctuation and long numbers become equal.

    Kept are symbols (an emoji, a currency, `+`), the `#` of a name such as C#, numbers of one digit, grades such as
    85/100 or 85 %, and every number of a text that is mostly digits. A text without letters is left as it is.

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
    return _between().sub(" ", folded).strip()


@functools.cache
def _between():
    """The pattern of what stands between words. Made when first used: it asks for the category of every character."""
    kept = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in _KEPT]
    starts = [code for code, before in zip(kept, [-2, *kept], strict=False) if code != before + 1]
    ends = [code for code, after in zip(kept, [*kept[1:], -2], strict=True) if code + 1 != after]
    ranges = "".join(f"\\U{start:08x}-\\U{end:08x}" for start, end in zip(starts, ends, strict=True))
    return re.compile(rf"(?:[^\w#{ranges}]|_|(?<!\w)#)+")


def text_fractions(*texts, seed=0):
    """Gives two numbers in [0, 1) that depend on nothing but a row's texts, the same on every machine.

    Texts equal up to case, Unicode form and whitespace get the same; of a pair both texts count. The two are drawn
    independently: one may decide what is held back, the other what is looked at.

    Args:
        *texts: str: the texts of the row.
        seed: int. Another number gives other places.

    >>> text_fractions("Good  film") == text_fractions("good film") != text_fractions("good film", seed=1)
    True
    """
    key = "\n".join(map(same_words, texts))
    digest = hashlib.blake2b(f"{seed} {key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return _share(digest[:8]), _share(digest[8:])


def _share(number):
    return (int.from_bytes(number) >> 11) / (1 << 53)  # as many bits as a float holds: below 1


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def without_surrogates(text):
    r"""Returns a text with U+FFFD where a lone surrogate stood, which no UTF-8 can hold; decoders do so with bad bytes.

    >>> without_surrogates("caf\udce9")
    'caf\ufffd'
    """
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def check_label(label):
    """Refuses the name of a label that cannot be written to every file, or not be seen.

    Args:
        label: str.

    Raises:
        UserError: it is blank, or holds a NUL character or a lone surrogate.
    """
    why = "is blank" if not label.strip() else None
    why = "holds a NUL character, which ends a text in many programs" if "\0" in label else why
    why = "holds half of a surrogate pair, which no file in UTF-8 can hold" if _LONE_SURROGATE.search(label) else why
    if why is not None:
        raise UserError(f"The label {label!r:.60} {why}. Give it another name.")
