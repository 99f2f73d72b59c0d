"""Finds texts that are nearly equal to earlier ones. Knows sets of shingles; no table."""

import math
import re
from collections import Counter, defaultdict

from keras_bigmodel.core.unicode_text import nearly_same_text

ALIKE = 0.85  # Jaccard of the shingles
_MOST_WORDS = 1000  # of one text
_MOST_COMPARED = 200  # texts of one template share every shingle; each is compared with so many of them at most
# A character is a word in scripts that put no space between words: kana, Han, Thai, Lao, Khmer, Myanmar. Elsewhere a
# word goes on to the next space, with its marks and symbols: `nearly_same_text` leaves nothing else between words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(f"[{_UNSPACED}]|[^\\s{_UNSPACED}]+")


def near_groups(texts, searched=None):
    """Puts texts that are nearly equal into groups.

    Nearly equal are texts that `nearly_same_text` writes alike, and texts whose runs of three words (of three
    characters, where no spaces stand between words) are the same for at least 85 % of all that either has. Two texts so
    alike share one of their rarest runs; each text is compared with all that do, at most 200, so nothing is missed but
    among hundreds of texts from one template. Groups join: a text may be like one of its group only.

    Args:
        texts: list of str.
        searched: iterable of int. The texts whose runs are compared, which takes long. Defaults to None: all of them.

    Returns:
        list of int: for each text the number of the first text of its group, its own where it is alone.

    >>> near_groups(["Where is order 12?", "thanks", "where is order 345"])
    [0, 1, 0]

    Source: Bayardo et al., 2007, "Scaling up all pairs similarity search"; Broder, 1997, for the shingles.
    """
    first = {}  # what nearly equal texts have in common → the first of them
    starts = [first.setdefault(nearly_same_text(text), number) for number, text in enumerate(texts)]
    chosen = None if searched is None else {starts[number] for number in searched}
    numbers = {}  # word → its number
    shingles = {number: _shingles(key, numbers) for key, number in first.items() if chosen is None or number in chosen}
    for number, other in _alike(shingles):
        one, two = _start(starts, number), _start(starts, other)
        starts[max(one, two)] = min(one, two)
    return [_start(starts, number) for number in range(len(texts))]


def _alike(shingles):
    """Yields pairs of numbers whose sets of shingles are alike."""
    frequency = Counter(shingle for of_text in shingles.values() for shingle in of_text)
    known = defaultdict(list)  # shingle → the texts so far that have it among their rarest
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
        starts[number] = starts[starts[number]]  # the way is shorter for the next who asks
        number = starts[number]
    return number


def _shingles(key, numbers):
    """Gives the runs of three words; a text of fewer words has none and equals only itself.

    A run is the hash of its words' numbers, which takes half the memory of the words and is the same in every process.
    """
    words = [numbers.setdefault(word, len(numbers)) for word in _WORD.findall(key)[:_MOST_WORDS]]
    return set(map(hash, zip(words, words[1:], words[2:], strict=False)))
