"""Summarizes the lengths of texts in figures. Knows token counts; no text."""

import numpy as np

_PERCENTS = (5, 25, 50, 75, 95, 99)
_BINS = 30


def length_summary(lengths, max_length=None, unknown=None):
    """Summarizes the lengths of texts.

    Args:
        lengths: int array `(texts,)`. Number of tokens of each text, before truncation.
        max_length: int or None. Number of tokens at which texts are truncated. Defaults to None.
        unknown: int array `(texts,)` or None. Number of unknown tokens of each text. Defaults to None.

    Returns:
        dict: `min`, `5%`, … `99%`, `max`, `mean`, `truncated_rows`, `truncated_share` (both None without `max_length`),
        `unknown_share` (of the tokens; None without `unknown`), and `histogram` with `edges` (one more than counts) and
        `counts`. The bins have equal width up to the 99th percentile; one last bin holds longer texts. None if there
        are no texts.

    >>> length_summary(np.array([3, 4, 4, 9]), max_length=8)["truncated_rows"]
    1
    """
    lengths = np.asarray(lengths)
    if not len(lengths):
        return None
    low, high = int(lengths.min()), int(lengths.max())
    percentiles = {f"{percent}%": int(np.percentile(lengths, percent, method="nearest")) for percent in _PERCENTS}
    longer = None if max_length is None else int((lengths > max_length).sum())
    width = max(1, -(-(percentiles["99%"] - low + 1) // _BINS))
    edges = list(range(low, percentiles["99%"] + width + 1, width))
    if high >= edges[-1]:
        edges.append(high + 1)
    return {
        "min": low,
        **percentiles,
        "max": high,
        "mean": round(float(lengths.mean()), 2),
        "truncated_rows": longer,
        "truncated_share": None if longer is None else longer / len(lengths),
        "unknown_share": None if unknown is None else float(np.sum(unknown) / lengths.sum()),
        "histogram": {"edges": edges, "counts": np.histogram(lengths, edges)[0].tolist()},
    }
