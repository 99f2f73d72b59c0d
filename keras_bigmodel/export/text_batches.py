"""Texts in batches of like length, and their ids compared. Knows no model."""

import numpy as np

_BATCH = 64


def text_batches(columns):
    """Cuts texts into batches of like length; whoever compares computes the same batches: equal work, equal bits.

    Args:
        columns: dict of input name → list of str.

    Returns:
        list of dicts of input name → list of str.
    """
    names = list(columns)
    rows = sorted(zip(*columns.values(), strict=True), key=lambda row: sum(map(len, row)))
    parts = [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
    return [{name: [row[at] for row in part] for at, name in enumerate(names)} for part in parts]


def rows_alike(ours, theirs):
    """Says of each row of two arrays of ids whether they are equal, padding at the end aside.

    Args:
        ours: int array `(texts, length)`.
        theirs: int array `(texts, length)`; the lengths may differ.

    Returns:
        bool array `(texts,)`.
    """
    if ours.shape != theirs.shape:
        width = min(ours.shape[1], theirs.shape[1])
        rest = [np.any(array[:, width:] != 0, axis=1) for array in (ours, theirs)]
        return np.all(ours[:, :width] == theirs[:, :width], axis=1) & ~rest[0] & ~rest[1]
    return np.all(ours == theirs, axis=1)
