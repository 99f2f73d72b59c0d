"""Summarizes the labels of rows that have numbers or several labels. Knows labels; no text."""

from collections import Counter

import numpy as np

_PERCENTS = (5, 25, 50, 75, 95)
_BINS = 20


def number_summary(numbers):
    """Summarizes the numbers that a regressor learns.

    Args:
        numbers: sequence of float.

    Returns:
        dict: `min`, `5%`, `25%`, `50%`, `75%`, `95%`, `max`, `mean`, `deviation` and `histogram`, with `edges` (one
        more than counts) and `counts` of bins of equal width. None if there are no numbers.

    >>> number_summary([1.0, 2.0, 2.0, 5.0])["50%"]
    2.0
    """
    numbers = np.asarray(numbers, "float64")
    if not len(numbers):
        return None
    counts, edges = np.histogram(numbers, _BINS)
    return {
        "min": float(numbers.min()),
        **{f"{percent}%": float(np.percentile(numbers, percent)) for percent in _PERCENTS},
        "max": float(numbers.max()),
        "mean": float(numbers.mean()),
        "deviation": float(numbers.std()),
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }


def labels_a_row(label_sets):
    """Counts the rows with no label, with one, two and more.

    Args:
        label_sets: list of tuples of str.

    Returns:
        dict of the number of labels, as str for JSON, → number of rows, in ascending order.

    >>> labels_a_row([("joy",), (), ("joy", "love"), ("joy",)])
    {'0': 1, '1': 2, '2': 1}
    """
    counts = Counter(map(len, label_sets))
    return {str(number): counts[number] for number in sorted(counts)}
