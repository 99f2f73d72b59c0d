"""Finds the script in which a text is written. Knows the Unicode names of letters; no language."""

import functools
import unicodedata
from collections import Counter

NO_LETTERS = "no letters"
# First word of a letter's Unicode name → script, if they differ. Texts mix Hiragana and Katakana: both are Kana.
_SCRIPTS = {
    "CJK": "Han",
    "HIRAGANA": "Kana",
    "KATAKANA": "Kana",
    "KATAKANA-HIRAGANA": "Kana",
    "IDEOGRAPHIC": "Han",
    "MATHEMATICAL": "Latin",
    "FEMININE": "Latin",
    "MASCULINE": "Latin",
    "MICRO": "Greek",
    "OHM": "Greek",
    "ANGSTROM": "Latin",
    "KELVIN": "Latin",
    "SCRIPT": "Latin",
    "DOUBLE-STRUCK": "Latin",
    "BLACK-LETTER": "Latin",
}
_WIDTHS = ("FULLWIDTH", "HALFWIDTH", "MODIFIER")


@functools.lru_cache(maxsize=1 << 16)
def _script(letter):
    if not letter.isalpha():
        return None
    words = unicodedata.name(letter, "").split()
    if len(words) > 1 and words[0] in _WIDTHS:
        words = words[1:]
    return _SCRIPTS.get(words[0], words[0].capitalize()) if words else None


def dominant_script(text):
    """Returns the script of most letters of a text.

    Args:
        text: str.

    Returns:
        str: `"Latin"`, `"Han"`, `"Kana"`, `"Cyrillic"`, …, or `"no letters"`. Of two equally frequent scripts, the one
        that occurs first.

    >>> dominant_script("这家酒店 very 不错"), dominant_script("Привет"), dominant_script("12:30 👍")
    ('Han', 'Cyrillic', 'no letters')

    Source: the names in the Unicode Character Database.
    """
    if text.isascii():
        return "Latin" if any(map(str.isalpha, text)) else NO_LETTERS
    scripts = Counter()
    for letter, number in Counter(text).items():
        script = _script(letter)
        if script is not None:
            scripts[script] += number
    return scripts.most_common(1)[0][0] if scripts else NO_LETTERS
