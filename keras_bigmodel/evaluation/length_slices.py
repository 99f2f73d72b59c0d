"""Texts by their length, so that a report can say which lengths a model is bad at. Knows numbers only."""

_SHORTEST = 8


def length_slices(lengths, max_length):
    """Gives the slice of each text: `1–8`, `9–16`, `17–32` and so on, each twice as wide, and `truncated`.

    Args:
        lengths: sequence of int: tokens of each text before it is cut, the special ones included.
        max_length: int. Tokens that the model reads at most.

    Returns:
        list of str, one for each text.

    >>> length_slices([3, 8, 9, 40, 64, 65], 64)
    ['1–8', '1–8', '9–16', '33–64', '33–64', 'truncated']
    """
    return [_slice(int(length), int(max_length)) for length in lengths]


def _slice(length, max_length):
    if length > max_length:
        return "truncated"
    first, last = 1, _SHORTEST
    while length > last:
        first, last = last + 1, 2 * last
    return f"{first}–{min(last, max_length)}"
