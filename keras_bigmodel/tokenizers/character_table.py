"""BERT's clean-up as arrays that a graph can index. Knows no TensorFlow and no vocabulary."""

import numpy as np

CODE_POINTS = 0x110000
PAGE_BITS = 8
# The low bits of an entry say what a character is; the bits above, by how much its code point moves.
KIND_BITS = 3
ORDINARY, DROPPED, SPACE, APART, SEVERAL = range(5)


class CharacterTable:
    """A two-level table over all code points, and the characters that become several.

    `entries[pages[code >> 8] * 256 + code % 256]` holds the kind in its three low bits (`ORDINARY`, `DROPPED`, `SPACE`,
    `APART`: a word of its own, `SEVERAL`) and above them the distance to the new code point; for `SEVERAL` the row of
    `several`, which lists up to three code points, zeros behind them. Most of the 4,352 pages are equal, so that the
    whole takes some 150 KB.

    Args:
        characters: a `BertCharacters`.
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
        return (ORDINARY if text == replacement else APART), ord(text) - code
