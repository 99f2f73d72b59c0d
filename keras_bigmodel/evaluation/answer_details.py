"""Computes curves, slices and the most confident errors of a classifier. Knows arrays and texts; no model."""

import re

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.evaluation.calibration import reliability
from keras_bigmodel.evaluation.intervals import proportion_interval
from keras_bigmodel.evaluation.rejection import kept_curve
from keras_bigmodel.evaluation.roc import roc_curve
from keras_bigmodel.evaluation.scored_texts import ScoredTexts

_MISTAKES = 50
_CHARACTERS = 500


def answer_details(targets, probabilities, labels, texts, *, slices=None):
    """Computes ROC curves, calibration bins, the accuracy of slices and the most confident errors of a classifier.

    Args:
        targets: int array `(texts,)`. Indices of the true labels.
        probabilities: float array `(texts, labels)`.
        labels: list of str, in the order of the columns.
        texts: list of str, or dict of column → list of str.
        slices: dict of criterion → list of str, the slice of each text; see `length_slices`. Defaults to no slices.

    Returns:
        dict of plain numbers and strings:
        `roc`: label → `false_positive_rate` and `true_positive_rate`, 200 points at most, for classes with a curve;
        `reliability`: see `calibration.reliability`; `kept`: see `rejection.kept_curve`;
        `slices`: one dict per slice, with `by`, `slice`, `texts`, `accuracy` and `interval` (Wilson's, 95 %), in the
        order of `slices`, and within a criterion in natural order (`9–16` before `10–20`, numbers before words);
        `mistakes`: the 50 most confident errors, the most confident first, with `text`, `text_pair` (pairs only),
        `label`, `answer` (the predicted label), `probability` (of the answer) and `probability_of_label`; texts are
        truncated at 500 characters.

    Raises:
        UserError: as `ScoredTexts`, or a list is not as long as the texts.
    """
    scored = ScoredTexts(targets, probabilities, labels)
    slices, columns = slices or {}, check_columns(texts, slices or {}, len(scored))
    return {
        "roc": _curves(scored),
        "reliability": reliability(scored),
        "kept": kept_curve(scored),
        "slices": [entry for by, column in slices.items() for entry in slice_rows(scored.right, by, column)],
        "mistakes": _mistakes(scored, columns),
    }


def check_columns(texts, slices, rows):
    """Checks that texts and slices have an entry for each row, and returns the columns of the texts.

    Args:
        texts: list of str, or dict of column → list of str.
        slices: dict of criterion → list of str.
        rows: int.

    Returns:
        dict of column → list of str.

    Raises:
        UserError: a list has another length.
    """
    columns = texts if isinstance(texts, dict) else {"text": texts}
    for name, column in {**{f"{name}s": column for name, column in columns.items()}, **slices}.items():
        if len(column) != rows:
            raise UserError(f"{len(column)} {name} came for {rows} labels; wanted one for each.")
    return columns


def _curves(scored):
    curves = {}
    for number, label in enumerate(scored.labels):
        inside = scored.targets == number
        if inside.any() and not inside.all():
            curves[label] = roc_curve(inside, scored.probabilities[:, number])
    return curves


def slice_rows(right, by, column):
    """Yields the entries of the slices of one criterion; see `answer_details`.

    Args:
        right: bool array `(texts,)`. Whether a text is answered right.
        by: str. The criterion.
        column: list of str. The slice of each text.
    """
    rights = {}
    for name, is_right in zip(column, right.tolist(), strict=True):
        rights.setdefault(str(name), []).append(is_right)
    for name in sorted(rights, key=natural_sort_key):
        hits, texts = sum(rights[name]), len(rights[name])
        yield {
            "by": by,
            "slice": name,
            "texts": texts,
            "accuracy": hits / texts,
            "interval": proportion_interval(hits, texts),
        }


def natural_sort_key(name):
    """Returns a sort key: the numbers in a name are sorted by value, and before words.

    Args:
        name: str.
    """
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.findall(r"\d+|\D+", name)]


def _mistakes(scored, columns):
    wrong = np.flatnonzero(~scored.right)
    surest = wrong[np.argsort(-scored.confidence[wrong], kind="stable")][:_MISTAKES]
    return [
        {
            **{name: cut_text(column[row]) for name, column in columns.items()},
            "label": scored.labels[scored.targets[row]],
            "answer": scored.labels[scored.answers[row]],
            "probability": float(scored.confidence[row]),
            "probability_of_label": float(scored.shares[row, scored.targets[row]]),
        }
        for row in surest.tolist()
    ]


def cut_text(text):
    """Returns a text of 500 characters at most, an ellipsis at the end of a longer one: str.

    Args:
        text: str.
    """
    text = str(text)
    return text if len(text) <= _CHARACTERS else text[: _CHARACTERS - 1] + "…"


_SHORTEST = 8


def length_slices(lengths, max_length):
    """Returns the slice of each text by its length: `1–8`, `9–16`, `17–32` and so on, or `truncated`.

    The upper end of each slice is twice that of the slice before it; the last one ends at `max_length`.

    Args:
        lengths: sequence of int. Tokens of each text before truncation, special tokens included.
        max_length: int or None. Maximum number of tokens that the model reads; None if there is no limit.

    Returns:
        list of str, one for each text.

    >>> length_slices([3, 8, 9, 40, 64, 65], 64)
    ['1–8', '1–8', '9–16', '33–64', '33–64', 'truncated']
    """
    limit = max(map(int, lengths), default=0) * 2 if max_length is None else int(max_length)
    return [_slice(int(length), limit) for length in lengths]


def _slice(length, max_length):
    if length > max_length:
        return "truncated"
    first, last = 1, _SHORTEST
    while length > last:
        first, last = last + 1, 2 * last
    return f"{first}–{min(last, max_length)}"
