"""Which rows are held back from training. Knows texts and labels only."""

import hashlib
import math
from collections import Counter, defaultdict

from keras_bigmodel.core.unicode_text import same_words

_MOST_ABOVE = 1.5  # times the share: what a class whose texts all stand many times may add to be there at all


def hold_back(texts, labels, share, *, seed=0):
    """Splits rows so that every class keeps its share and one text stays on one side.

    Texts equal up to case, Unicode form and whitespace are one text; of pairs both texts count. The share is one of
    the rows of all classes of two texts or more: each gives the whole part of its share, and those with the largest
    remainders one more. Where that is enough for one row of every such class, each gives at least one.

    A text stands on one side with all its rows, so one that stands more often than its class has rows to give is never
    held back. A class that has no other gives its rarest, as long as no more than 1.5 times the share is held back in
    all. Less than the share is held back where rarer texts do not make it up: half a class's different texts stay.

    Args:
        texts: list of str, or dict of column → list of str.
        labels: list of str.
        share: float in (0, 1). The share to hold back.
        seed: int. Another number gives another split.

    Returns:
        `(kept, held)`: two sorted lists of row numbers. A class keeps at least one text to train on.

    >>> kept, held = hold_back(["a", "b", "c", "d"], ["x", "x", "y", "y"], 0.5)
    >>> len(kept), len(held)
    (2, 2)
    """
    groups = _by_text(texts if isinstance(texts, dict) else {"text": texts})
    classes = defaultdict(list)  # label → the texts that most often have it
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
    """Gives text → its rows; a pair is one text, its halves parted by what stands in none."""
    groups = defaultdict(list)
    for row, texts in enumerate(zip(*columns.values(), strict=True)):
        groups["\n".join(map(same_words, texts))].append(row)
    return groups


class _Drawing:
    """The rows that are held back so far."""

    def __init__(self, groups, labels):
        self.groups, self.held = groups, set()
        self._labels, self._left = labels, Counter(labels)  # rows of each label that are not held back

    def take(self, text):
        """Holds a text's rows back, unless one of its labels would keep none: a text may have several."""
        taken = Counter(self._labels[row] for row in self.groups[text])
        if any(self._left[label] <= number for label, number in taken.items()):
            return False
        self._left.subtract(taken)
        self.held.update(self.groups[text])
        return True


class _Class:
    """The texts of a class, in the order in which they are drawn."""

    def __init__(self, texts, drawing, *, label):
        self.label, self._texts, self._drawing = label, texts, drawing
        self._sizes = {text: len(drawing.groups[text]) for text in texts}
        self.rows = sum(self._sizes.values())
        self.wanted = self.missing = self.most = 0

    def give(self, quota):
        """Holds texts back up to a number of rows, but no text of more rows than are left of it."""
        self.wanted = self.missing = quota
        # In texts: no more than the quota's share of them, or half where that does not make up the rows.
        share = -(-quota * len(self._texts) // self.rows)
        self.most = min(max(share, len(self._texts) // 2), len(self._texts) - 1)
        for text in self._texts:
            if 0 < self._sizes[text] <= self.missing and self.most:
                self.give_one(text)

    def give_one(self, text):
        """Holds a text back; gives whether it could be."""
        able = self._drawing.take(text)
        if able:
            self.missing -= self._sizes.pop(text)
            self.most -= 1
        return able

    def give_rarest(self, rows):
        """Holds back the rarest text that can be, if it stands in so many rows at most."""
        for text in sorted(self._sizes, key=self._sizes.get):
            if self._sizes[text] > rows or self.give_one(text):
                break

    @property
    def rarest(self):
        """How many rows the rarest text has that is not held back."""
        return min(self._sizes.values())


def _make_up(parts, drawing, wanted):
    """Lets classes give one more text where whole texts did not make up their rows; those that gave none come first."""
    short = [part for part in parts if part.missing > 0 and part.most > 0]
    none = [part for part in short if part.missing == part.wanted]
    for part in sorted(none, key=lambda part: part.rarest):
        part.give_rarest(_MOST_ABOVE * wanted - len(drawing.held))
    for part in short:
        if part not in none:
            part.give_rarest(min(2 * part.missing, wanted - len(drawing.held)))


def _quotas(sizes, share, seed):
    """Shares a number of rows out among classes: whole parts first, then the largest remainders."""
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
    while (extra := sum(quotas.values()) - wanted) > 0:  # the smallest classes were given one: the largest give it
        largest = sorted((label for label in able if quotas[label] > least), key=lambda label: -sizes[label])[:extra]
        if not largest:
            break
        quotas.update((label, quotas[label] - 1) for label in largest)
    return quotas


def _drawn(seed, text):
    """The same pseudo-random order on every machine."""
    return hashlib.sha256(f"{seed} {text}".encode("utf-8", "surrogatepass")).digest()
