"""Summarizes the labels of rows that have numbers, several labels or spans. Knows labels and texts; no table."""

from collections import Counter, defaultdict

import numpy as np

_PERCENTS = (5, 25, 50, 75, 95)
_BINS = 20
_FIRST = 10


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


def span_conflicts(texts, spans):
    """Finds words that have different labels in different places.

    Args:
        texts: list of str.
        spans: list of tuples of `(start, end, label)`, one for each text.

    Returns:
        dict: `words`, the number of such words, and `first`, the most frequent ones: list of `text` and `labels`, a
        dict of label → number of spans.

    >>> span_conflicts(["Paris", "Paris"], [[(0, 5, "LOC")], [(0, 5, "PER")]])["first"]
    [{'text': 'Paris', 'labels': {'LOC': 1, 'PER': 1}}]
    """
    labels = defaultdict(Counter)
    for text, row in zip(texts, spans, strict=True):
        for start, end, label in row:
            labels[text[start:end]][label] += 1
    torn = [(words, counts) for words, counts in labels.items() if len(counts) > 1]
    torn.sort(key=lambda pair: -pair[1].total())
    first = [{"text": words, "labels": dict(counts.most_common())} for words, counts in torn[:_FIRST]]
    return {"words": len(torn), "first": first}
