"""Stores BERT's text clean-up as arrays that a graph can index. Knows no TensorFlow and no vocabulary."""

import numpy as np

CODE_POINTS = 0x110000
PAGE_BITS = 8
# The low bits of an entry hold the kind of a character; the higher bits hold the shift of its code point.
KIND_BITS = 3
ORDINARY, DROPPED, SPACE, SEPARATE_WORD, SEVERAL = range(5)


class CharacterTable:
    """Stores a two-level table over all code points, and the characters that become several.

    `entries[pages[code >> 8] * 256 + code % 256]` holds the kind in its three low bits: `ORDINARY`, `DROPPED`, `SPACE`,
    `SEPARATE_WORD` or `SEVERAL`. The higher bits hold the distance to the new code point. For `SEVERAL` they hold
    the row of `several`, which lists up to three code points, padded with zeros. Most of the 4,352 pages are
    equal, so the table takes about 150 KB.

    Args:
        characters: `BertCharacters`.
    """

    def __init__(self, characters):
        entries = np.zeros(CODE_POINTS, np.int32)
        several = []
        for code in characters.changed_code_points():
            kind, moved = self._entry(code, characters.replacement(code), several)
            entries[code] = (moved << KIND_BITS) | kind
        by_page = entries.reshape(-1, 1 << PAGE_BITS)
        distinct, pages = np.unique(by_page, axis=0, return_inverse=True)
        self.pages = pages.reshape(-1).astype(np.int32)
        self.entries = distinct.reshape(-1)
        width = max(map(len, several), default=1)
        self.several = np.array([[*row, *[0] * (width - len(row))] for row in several], np.int32).reshape(-1, width)
        self.several_lengths = np.array([len(row) for row in several], np.int32)

    @staticmethod
    def _entry(code, replacement, several):
        if replacement == "":
            return DROPPED, 0
        if replacement == " ":
            return SPACE, 0
        text = replacement.strip(" ")
        if len(text) > 1:
            several.append([ord(character) for character in text])
            return SEVERAL, len(several) - 1
        return (ORDINARY if text == replacement else SEPARATE_WORD), ord(text) - code
