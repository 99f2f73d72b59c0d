"""Plans batches of texts of similar length, so that little is padded. Knows lengths only."""

import heapq
from collections.abc import Sequence

import numpy as np

WINDOW = 50  # batches that are sorted by length together in training: little padding, yet epochs have different batches


class _Plan(Sequence):
    """Holds batches as slices of one array of text indices: ten million texts need no million small arrays."""

    def __init__(self, order, bounds, sequence=None):
        self._order, self._bounds = order, np.asarray(bounds)
        self._sequence = np.arange(len(self._bounds) - 1) if sequence is None else sequence

    def __len__(self):
        return len(self._sequence)

    def __getitem__(self, place):
        batch = self._sequence[place]
        return self._order[self._bounds[batch] : self._bounds[batch + 1]]


def plan_batches(lengths, *, batch_size=None, tokens_per_batch=None, rng=None):
    """Plans batches of texts of similar length.

    Args:
        lengths: int array `(texts,)`. Number of tokens of each text.
        batch_size: int. Number of texts in a batch. Either this or `tokens_per_batch` is given.
        tokens_per_batch: int. Maximum number of padded tokens in a batch. A longer text is a batch of one.
        rng: `numpy.random.Generator`. The texts are shuffled, then sorted within windows of 50 batches, then the
            batches are shuffled. Defaults to None: all texts are sorted, the longest first, so that the first batch
            allocates the memory of all.

    Returns:
        sequence of int arrays: the text indices of each batch. Each text is in exactly one batch. The sequence takes
        four bytes per text and some per batch.

    >>> [rows.tolist() for rows in plan_batches(np.array([3, 9, 4]), batch_size=2)]
    [[1, 2], [0]]

    Source: "group_by_length" of fairseq and Hugging Face transformers.
    """
    lengths = np.asarray(lengths)
    if rng is None:
        order = np.argsort(-lengths.astype("int32"), kind="stable").astype("int32")
        return _Plan(order, _bounds(order, lengths, batch_size, tokens_per_batch))
    order = rng.permutation(np.arange(len(lengths), dtype="int32"))
    rows = batch_size or max(1, tokens_per_batch // max(1, int(lengths.mean()) if len(lengths) else 1))
    bounds = [0]
    for start in range(0, len(order), WINDOW * rows):
        window = order[start : start + WINDOW * rows]
        window[:] = window[np.argsort(-lengths[window].astype("int32"), kind="stable")]
        bounds += [start + bound for bound in _bounds(window, lengths, batch_size, tokens_per_batch)[1:]]
    return _Plan(order, bounds, rng.permutation(len(bounds) - 1))


def _bounds(order, lengths, batch_size, tokens_per_batch):
    """Returns the start of each batch in an order sorted by length, and the end of the last batch: list of int."""
    if tokens_per_batch is None:
        return [*range(0, len(order), batch_size), len(order)] if len(order) else [0]
    bounds = [0]
    while bounds[-1] < len(order):
        rows = max(1, tokens_per_batch // max(1, int(lengths[order[bounds[-1]]])))  # the first is the longest
        bounds.append(min(bounds[-1] + rows, len(order)))
    return bounds


def with_batch_count(plan, count):
    """Returns a plan with a fixed number of batches: halves the largest batches, or joins the smallest.

    Keras assumes that every epoch is as long as the first, but the length of a plan by tokens varies between epochs.

    Args:
        plan: sequence of int arrays, as `plan_batches` returns it.
        count: int. Number of batches, from 1 to the number of texts.

    Returns:
        list of int arrays.

    >>> [rows.tolist() for rows in with_batch_count([np.array([0, 1, 2]), np.array([3])], 3)]
    [[0], [1, 2], [3]]
    """
    parts = [[rows] for rows in plan]
    fullest = [(-len(rows), number) for number, rows in enumerate(plan)]
    heapq.heapify(fullest)
    for _ in range(count - len(plan)):
        _, number = heapq.heappop(fullest)
        rows = max(parts[number], key=len)
        at = next(place for place, part in enumerate(parts[number]) if part is rows)
        parts[number][at : at + 1] = [rows[: len(rows) // 2], rows[len(rows) // 2 :]]
        heapq.heappush(fullest, (-max(map(len, parts[number])), number))
    batches = [rows for part in parts for rows in part]
    while len(batches) > count:
        least, second = sorted(sorted(range(len(batches)), key=lambda number: len(batches[number]))[:2])
        batches[least] = np.concatenate([batches[least], batches.pop(second)])
    return batches


def padding_share(lengths, plan):
    """Computes the share of padding in all tokens that are fed.

    Args:
        lengths: int array `(texts,)`. Number of tokens of each text.
        plan: sequence of int arrays, as `plan_batches` returns it.

    Returns:
        float in [0, 1); 0.0 for no tokens.
    """
    fed = sum(len(rows) * int(lengths[rows].max(initial=0)) for rows in plan)
    return 1.0 - float(lengths.sum()) / fed if fed else 0.0
