"""Computes curves, slices and the surest mistakes of a classifier of several labels. Knows arrays; no model."""

import numpy as np

from keras_bigmodel.evaluation.answer_details import check_columns, cut_text, slice_rows
from keras_bigmodel.evaluation.label_sets_scored import ScoredLabelSets
from keras_bigmodel.evaluation.roc import roc_curve

_MISTAKES = 50
_GRID = np.round(np.linspace(0.0, 1.0, 51), 2)


def label_set_details(targets, probabilities, labels, thresholds, texts, *, slices=None):
    """Computes what a report of several labels shows besides the metrics.

    Args:
        targets: array `(texts, labels)` of zeros and ones.
        probabilities: float array `(texts, labels)`.
        labels: list of str, in the order of the columns.
        thresholds: sequence of float, in the same order.
        texts: as in `answer_details`.
        slices: as in `answer_details`.

    Returns:
        dict of plain numbers and strings:
        `roc`: as in `answer_details`, each label against the texts without it;
        `thresholds`: label → `threshold`, `precision`, `recall`, `f1`: lists at 51 thresholds from 0 to 1 (precision is
        None where no text is predicted), for labels that a text has;
        `slices`: as in `answer_details`, where `accuracy` is the share of texts all of whose labels are right;
        `mistakes`: the 50 texts with the surest wrong label, with `text`, `text_pair` (pairs only), `labels` and
        `predicted` (lists), `label` (the one that is wrong) and `probability` (of that label).

    Raises:
        UserError: as `ScoredLabelSets`, or a list is not as long as the texts.
    """
    scored = ScoredLabelSets(targets, probabilities, labels, thresholds)
    slices, columns = slices or {}, check_columns(texts, slices or {}, len(scored))
    some = [number for number in range(len(labels)) if 0 < scored.targets[:, number].sum() < len(scored)]
    return {
        "roc": {
            scored.labels[number]: roc_curve(scored.targets[:, number], scored.probabilities[:, number])
            for number in some
        },
        "thresholds": {
            scored.labels[number]: _threshold_curve(scored.targets[:, number], scored.probabilities[:, number])
            for number in range(len(labels))
            if scored.targets[:, number].any()
        },
        "slices": [entry for by, column in slices.items() for entry in slice_rows(scored.right, by, column)],
        "mistakes": _mistakes(scored, columns),
    }


def _threshold_curve(targets, scores):
    reached = scores[:, None] >= _GRID  # (texts, thresholds)
    right, answered = (reached & targets[:, None]).sum(axis=0), reached.sum(axis=0)
    precision = [float(hits / texts) if texts else None for hits, texts in zip(right, answered, strict=True)]
    return {
        "threshold": _GRID.tolist(),
        "precision": precision,
        "recall": (right / targets.sum()).tolist(),
        "f1": (2 * right / (answered + targets.sum())).tolist(),
    }


def _mistakes(scored, columns):
    sureness = np.where(scored.answers, scored.probabilities, 1 - scored.probabilities)
    sureness = np.where(scored.answers != scored.targets, sureness, -1.0)
    worst = sureness.argmax(axis=1)
    surest = np.argsort(-sureness.max(axis=1), kind="stable")[: min(_MISTAKES, int((~scored.right).sum()))]
    names = lambda row: [label for label, has in zip(scored.labels, row, strict=True) if has]
    return [
        {
            **{name: cut_text(column[row]) for name, column in columns.items()},
            "labels": names(scored.targets[row]),
            "predicted": names(scored.answers[row]),
            "label": scored.labels[worst[row]],
            "probability": float(scored.probabilities[row, worst[row]]),
        }
        for row in surest.tolist()
    ]
