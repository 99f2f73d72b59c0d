"""Finds texts that are nearly equal to earlier ones. Knows sets of shingles; no table."""

import math
import re
from collections import Counter, defaultdict

from keras_bigmodel.core.unicode_text import nearly_same_text

ALIKE = 0.85  # least Jaccard similarity of the shingles
_MOST_WORDS = 1000  # of one text; the words after them are not compared
_MOST_COMPARED = 200  # texts of one template share every shingle; each is compared with at most this many of them
# A character is a word in scripts without spaces between words: kana, Han, Thai, Lao, Khmer, Myanmar. In others a word
# extends to the next space, with its marks and symbols: `nearly_same_text` leaves only spaces between words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(f"[{_UNSPACED}]|[^\\s{_UNSPACED}]+")


def near_groups(texts, searched=None):
    """Groups texts that are nearly equal.

    Two texts are nearly equal if `nearly_same_text` returns the same for both, or if their shingles have a Jaccard
    similarity of at least 0.85. A shingle is a run of three words, or of three characters in scripts without spaces
    between words. Two such texts share one of their rarest shingles. Each text is compared with at most 200 texts that
    share one, so pairs are missed only among hundreds of texts from one template. Groups that share a text are merged,
    so a text may be nearly equal to only one text of its group.

    Args:
        texts: list of str.
        searched: iterable of int. Indices of the texts whose shingles are compared, which takes long. Defaults to None:
            all texts.

    Returns:
        list of int: for each text the index of the first text of its group; its own index if it is the first or the
        only one.

    >>> near_groups(["Where is order 12?", "thanks", "where is order 345"])
    [0, 1, 0]

    Source: Bayardo et al., 2007, "Scaling up all pairs similarity search"; Broder, 1997, for the shingles.
    """
    first = {}  # result of nearly_same_text → index of the first text that has it
    starts = [first.setdefault(nearly_same_text(text), number) for number, text in enumerate(texts)]
    chosen = None if searched is None else {starts[number] for number in searched}
    numbers = {}  # word → its number
    shingles = {number: _shingles(key, numbers) for key, number in first.items() if chosen is None or number in chosen}
    for number, other in _alike(shingles):
        one, two = _start(starts, number), _start(starts, other)
        starts[max(one, two)] = min(one, two)
    return [_start(starts, number) for number in range(len(texts))]


def _alike(shingles):
    """Yields pairs of text indices whose sets of shingles have a similarity of at least `ALIKE`."""
    frequency = Counter(shingle for of_text in shingles.values() for shingle in of_text)
    known = defaultdict(list)  # shingle → the texts so far that have it among their rarest shingles
    for number, of_text in shingles.items():
        in_order = sorted(of_text, key=lambda shingle: (frequency[shingle], shingle))
        rarest = in_order[: len(in_order) - math.ceil(ALIKE * len(in_order)) + 1]
        for other in _sharing(rarest, known):
            there = shingles[other]
            if ALIKE * len(of_text) <= len(there) <= len(of_text) / ALIKE:
                shared = len(of_text & there)
                if shared >= ALIKE * (len(of_text) + len(there) - shared):
                    yield number, other
        for shingle in rarest:
            if frequency[shingle] > 1:
                known[shingle].append(number)


def _sharing(rarest, known):
    found = {}
    for shingle in rarest:
        found.update(dict.fromkeys(known.get(shingle, ())[:_MOST_COMPARED]))
    return list(found)[:_MOST_COMPARED]


def _start(starts, number):
    while starts[number] != number:
        starts[number] = starts[starts[number]]  # path halving: shortens the next search
        number = starts[number]
    return number


def _shingles(key, numbers):
    """Returns the shingles of a text; a text of fewer than three words has none and is similar to no other.

    A shingle is the hash of its words' numbers, which takes half the memory of the words and is the same in every
    process.
    """
    words = [numbers.setdefault(word, len(numbers)) for word in _WORD.findall(key)[:_MOST_WORDS]]
    return set(map(hash, zip(words, words[1:], words[2:], strict=False)))
