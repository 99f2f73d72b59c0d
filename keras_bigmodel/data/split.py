"""Which rows are held back from training. Knows texts and labels only."""

import hashlib
from collections import Counter, defaultdict


def hold_back(texts, labels, share, *, seed=0):
    """Splits rows so that every class keeps its share and equal texts stay on one side.

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
        groups[text].append(row)
    classes = defaultdict(list)  # label → the texts whose first row has it
    for text, rows in groups.items():
        classes[labels[rows[0]]].append(text)
    left = Counter(labels)  # rows of each label that are not held back
    held = []
    for members in classes.values():
        members.sort(key=lambda text: hashlib.sha256(f"{seed} {text}".encode("utf-8", "surrogatepass")).digest())
        for text in members[: min(round(len(members) * share), len(members) - 1)]:
            taken = Counter(labels[row] for row in groups[text])
            if all(left[label] > number for label, number in taken.items()):  # one text may have several labels
                left -= taken
                held += groups[text]
    held_rows = set(held)
    return [row for row in range(len(texts)) if row not in held_rows], sorted(held)
