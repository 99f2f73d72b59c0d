"""Which rows are held back from training. Knows texts and labels only."""

import hashlib
import math
from collections import Counter, defaultdict

from keras_bigmodel.data.same_text import same_words


def hold_back(texts, labels, share, *, seed=0):
    """Splits rows so that every class keeps its share and one text stays on one side.

    Texts equal up to case, Unicode form and whitespace are one text. The share is a share of the different texts
    and comes out right over all classes of two texts or more: each gives the whole part of its share, and those with
    the largest remainders one more. Where that is enough for one text of every such class, each gives at least one.

    Args:
        texts: list of str.
        labels: list of str.
        share: float in (0, 1). The share to hold back.
        seed: int. Another number gives another split.

    Returns:
        `(kept, held)`: two sorted lists of row numbers. A class keeps at least one text to train on.

    >>> kept, held = hold_back(["a", "b", "c", "d"], ["x", "x", "y", "y"], 0.5)
    >>> len(kept), len(held)
    (2, 2)
    """
    groups = defaultdict(list)  # text → its rows
    for row, text in enumerate(texts):
        groups[same_words(text)].append(row)
    classes = defaultdict(list)  # label → the texts that most often have it
    for text, rows in groups.items():
        found = [labels[row] for row in rows]
        classes[min(set(found), key=lambda label: (-found.count(label), label))].append(text)
    quotas = _quotas({label: len(members) for label, members in classes.items()}, share, seed)
    left = Counter(labels)  # rows of each label that are not held back
    held = set()
    for label, quota in quotas.items():
        for text in sorted(classes[label], key=lambda text: _drawn(seed, text)):
            if quota == 0:
                break
            taken = Counter(labels[row] for row in groups[text])
            # One text may have several labels, and each must keep a row.
            if all(left[label] > number for label, number in taken.items()):
                left.subtract(taken)
                held.update(groups[text])
                quota -= 1
    return [row for row in range(len(texts)) if row not in held], sorted(held)


def _quotas(sizes, share, seed):
    """Shares a number of texts out among classes: whole parts first, then the largest remainders."""
    able = [label for label, size in sizes.items() if size > 1]
    wanted = round(share * sum(sizes[label] for label in able))
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
