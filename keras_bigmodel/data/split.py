"""Selects the rows that are held back from training. Knows texts and labels only."""

import hashlib
import math
from collections import Counter, defaultdict

from keras_bigmodel.core.unicode_text import same_words

_MOST_ABOVE = 1.5  # times the share: up to this total, a class with only frequent texts still contributes one


def hold_back(texts, labels, share, *, seed=0):
    """Splits rows so that each class is held back in proportion and equal texts are on the same side.

    Texts are equal up to case, Unicode form and whitespace; in pairs both texts must be equal. `share` is a share of
    the rows of all classes with at least two different texts. Each of these classes has a quota: its share of rows,
    rounded down, and one row more for those with the largest remainders. If the total is at least one row per class,
    each quota is at least one.

    All rows of a text are on the same side, so a text with more rows than its class's quota is not held back at first.
    A class with only such texts contributes its rarest text, as long as no more than 1.5 times the share is held back
    in total. At most half of a class's different texts, or its quota's share of them if that is more, are held back.
    The total is therefore below the share if the rarer texts do not fill the quotas.

    Args:
        texts: list of str, or dict of column → list of str.
        labels: list of str.
        share: float in (0, 1). The share to hold back.
        seed: int. Another seed gives another split. Defaults to 0.

    Returns:
        `(kept, held)`: two sorted lists of row indices, from 0. Each class keeps at least one text to train on.

    >>> kept, held = hold_back(["a", "b", "c", "d"], ["x", "x", "y", "y"], 0.5)
    >>> len(kept), len(held)
    (2, 2)
    """
    groups = _by_text(texts if isinstance(texts, dict) else {"text": texts})
    classes = defaultdict(list)  # label → the texts whose most frequent label it is
    for text, rows in groups.items():
        found = Counter(labels[row] for row in rows)
        classes[min(found, key=lambda label: (-found[label], label))].append(text)
    drawing = _Drawing(groups, labels)
    able = sorted((label for label, members in classes.items() if len(members) > 1), key=lambda one: _drawn(seed, one))
    parts = [
        _Class(sorted(classes[label], key=lambda text: _drawn(seed, text)), drawing, label=label) for label in able
    ]
    quotas = _quotas({part.label: part.rows for part in parts}, share, seed)
    for part in parts:
        part.give(quotas[part.label])
    _make_up(parts, drawing, share * sum(part.rows for part in parts))
    return [row for row in range(len(labels)) if row not in drawing.held], sorted(drawing.held)


def _by_text(columns):
    """Returns dict of text → its rows. A line break, which `same_words` removes from texts, joins those of a pair."""
    groups = defaultdict(list)
    for row, texts in enumerate(zip(*columns.values(), strict=True)):
        groups["\n".join(map(same_words, texts))].append(row)
    return groups


class _Drawing:
    """Holds the rows that are held back so far."""

    def __init__(self, groups, labels):
        self.groups, self.held = groups, set()
        self._labels, self._left = labels, Counter(labels)  # rows of each label that are not held back

    def take(self, text):
        """Holds a text's rows back and returns True, or returns False if one of its labels would keep no row."""
        taken = Counter(self._labels[row] for row in self.groups[text])
        if any(self._left[label] <= number for label, number in taken.items()):
            return False
        self._left.subtract(taken)
        self.held.update(self.groups[text])
        return True


class _Class:
    """Holds the texts of a class in the order in which they are drawn."""

    def __init__(self, texts, drawing, *, label):
        self.label, self._texts, self._drawing = label, texts, drawing
        self._sizes = {text: len(drawing.groups[text]) for text in texts}
        self.rows = sum(self._sizes.values())
        self.wanted = self.missing = self.most = 0

    def give(self, quota):
        """Holds back texts up to a number of rows, and skips texts with more rows than are still missing."""
        self.wanted = self.missing = quota
        # Limit on the number of texts: the quota's share of them, or half of them if that is more.
        share = -(-quota * len(self._texts) // self.rows)
        self.most = min(max(share, len(self._texts) // 2), len(self._texts) - 1)
        for text in self._texts:
            if 0 < self._sizes[text] <= self.missing and self.most:
                self.give_one(text)

    def give_one(self, text):
        """Holds back a text, and returns whether that was possible."""
        able = self._drawing.take(text)
        if able:
            self.missing -= self._sizes.pop(text)
            self.most -= 1
        return able

    def give_rarest(self, rows):
        """Holds back the rarest text that can be held back, if it has no more than a number of rows."""
        for text in sorted(self._sizes, key=self._sizes.get):
            if self._sizes[text] > rows or self.give_one(text):
                break

    @property
    def rarest(self):
        """Returns the number of rows of the rarest text that is not held back: int."""
        return min(self._sizes.values())


def _make_up(parts, drawing, wanted):
    """Holds back one more text of each class below its quota, first of the classes that contributed none."""
    short = [part for part in parts if part.missing > 0 and part.most > 0]
    none = [part for part in short if part.missing == part.wanted]
    for part in sorted(none, key=lambda part: part.rarest):
        part.give_rarest(_MOST_ABOVE * wanted - len(drawing.held))
    for part in short:
        if part not in none:
            part.give_rarest(min(2 * part.missing, wanted - len(drawing.held)))


def _quotas(sizes, share, seed):
    """Returns the rows to hold back of each class: shares rounded down, then one more for the largest remainders."""
    able = list(sizes)
    wanted = round(share * sum(sizes.values()))
    least = 1 if wanted >= len(able) else 0
    exact = {label: min(max(share * sizes[label], least), sizes[label] - 1) for label in able}
    quotas = {label: math.floor(exact[label]) for label in able}
    in_turn = sorted(able, key=lambda label: (quotas[label] - exact[label], _drawn(seed, label)))
    while (missing := wanted - sum(quotas.values())) > 0:
        growing = [label for label in in_turn if quotas[label] < sizes[label] - 1][:missing]
        if not growing:
            break
        quotas.update((label, quotas[label] + 1) for label in growing)
    while (extra := sum(quotas.values()) - wanted) > 0:  # small classes were raised to one: reduce the largest
        largest = sorted((label for label in able if quotas[label] > least), key=lambda label: -sizes[label])[:extra]
        if not largest:
            break
        quotas.update((label, quotas[label] - 1) for label in largest)
    return quotas


def _drawn(seed, text):
    """Returns a sort key for a pseudo-random order that is the same on every machine."""
    return hashlib.sha256(f"{seed} {text}".encode("utf-8", "surrogatepass")).digest()
