"""Computes the text that BERT's normalizer replaces a character by. Knows no vocabulary and no TensorFlow."""

import functools

from keras_bigmodel.tokenizers import unicode_classes

HANGUL_SYLLABLES = range(0xAC00, 0xD7A4)
SURROGATES = range(0xD800, 0xE000)
_TRAILING_VOWELS, _TRAILING_CONSONANTS = 21, 28


class BertCharacters:
    """Applies BERT's text clean-up to single characters: Hugging Face's `BertNormalizer` and `BertPreTokenizer`.

    Every rule looks at one character at a time, so the whole clean-up is one table over code points. The table is part
    of this package (`unicode_classes.py`), so the Unicode version of Python, ICU or a server cannot change a model's
    ids.

    Args:
        lowercase: bool. Whether to lower-case. Defaults to `True`.
        strip_accents: bool. Whether to decompose characters and drop nonspacing marks. Defaults to `True`.
        split_chinese: bool. Whether to make each Han character a separate word. Defaults to `True`.

    >>> characters = BertCharacters()
    >>> [characters.replacement(ord(character)) for character in "É!中"]
    ['e', ' ! ', ' 中 ']
    """

    def __init__(self, lowercase=True, *, strip_accents=True, split_chinese=True):
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.split_chinese = split_chinese

    def replacement(self, code):
        """Returns the text that replaces a character.

        Args:
            code: int. The code point of the character.

        Returns:
            str: empty (the character is dropped), a space, the character itself, one or more other characters, or one
            character between two spaces (a separate word).
        """
        if code in code_points("DROPPED") or code in SURROGATES:
            return ""
        if code in code_points("SPACES"):
            return " "
        text = self._fold(code)
        is_han = self.split_chinese and code in code_points("CHINESE")
        is_separate_word = is_han or (len(text) == 1 and ord(text) in code_points("PUNCTUATION"))
        return f" {text} " if is_separate_word else text

    def changed_code_points(self):
        """Returns the code points of the characters that are replaced by something else: set of int."""
        changed = code_points("DROPPED") | code_points("SPACES") | code_points("PUNCTUATION") | set(SURROGATES)
        if self.strip_accents:
            changed |= code_points("MARKS") | mapping("STRIPPED").keys() | set(HANGUL_SYLLABLES)
        if self.lowercase:
            changed |= mapping("LOWERED").keys()
        if self.split_chinese:
            changed |= code_points("CHINESE")
        return changed

    def _fold(self, code):
        text = chr(code)
        if self.strip_accents:
            text = decompose_hangul(code) if code in HANGUL_SYLLABLES else mapping("STRIPPED").get(code, text)
            text = "" if code in code_points("MARKS") else text
        if self.lowercase:
            text = "".join(mapping("LOWERED").get(ord(character), character) for character in text)
        return text


@functools.cache
def code_points(name):
    """Returns the code points of one class of `unicode_classes`, e.g. `"DROPPED"`: set of int."""
    return {code for word in getattr(unicode_classes, name).split() for code in _span(word)}


@functools.cache
def mapping(name):
    """Returns one mapping of `unicode_classes`, e.g. `"LOWERED"`: dict of code point → text."""
    pairs = {}
    for word in getattr(unicode_classes, name).split():
        if "=" in word:
            sources, targets = word.split("=")
            text = "".join(chr(int(target, 16)) for target in targets.split("."))
            pairs.update(dict.fromkeys(_span(sources), text))
        else:
            sign = "+" if "+" in word else "-"
            sources, distance = word.rsplit(sign, 1)
            pairs.update((code, chr(code + int(sign + distance, 16))) for code in _span(sources))
    return pairs


def decompose_hangul(code):
    """Returns a Hangul syllable as its two or three letters: str.

    Args:
        code: int. The code point of the syllable.

    Source: The Unicode Standard, section 3.12.
    """
    index = code - HANGUL_SYLLABLES.start
    block, tail = divmod(index, _TRAILING_CONSONANTS)
    lead, vowel = divmod(block, _TRAILING_VOWELS)
    return chr(0x1100 + lead) + chr(0x1161 + vowel) + (chr(0x11A7 + tail) if tail else "")


def _span(word):
    word, _, step = word.partition("/")
    first, _, last = word.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1, int(step or "1"))
