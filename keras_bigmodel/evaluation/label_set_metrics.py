"""Computes the quality measures of a classifier of several labels and their intervals. Knows arrays; no model."""

import numpy as np

from keras_bigmodel.evaluation.count_figures import BY_LABEL, CountFigures, weighted_mean
from keras_bigmodel.evaluation.intervals import (
    class_intervals,
    is_flat,
    mean_of_defined,
    number_or_none,
    percentile_interval,
    proportion_interval,
)
from keras_bigmodel.evaluation.label_sets_scored import ScoredLabelSets
from keras_bigmodel.evaluation.ranking import Ranking
from keras_bigmodel.evaluation.resampled_rows import bootstrap_facts, resampled_intervals, row_weights

RANKED = ("roc_auc", "average_precision")


def label_set_metrics(targets, probabilities, labels, thresholds=0.5, *, resamples=1000, seed=0):
    """Computes the metrics of a classifier of several labels, each with a 95 % interval.

    Intervals are bootstrap percentiles over the texts. Where all resamples are equal: subset accuracy, precision,
    recall and F1 of a label have Wilson's interval, all others none (None).

    Args:
        targets: array `(texts, labels)` of zeros and ones.
        probabilities: float array `(texts, labels)`.
        labels: list of str, in the order of the columns.
        thresholds: float, or sequence of float in the order of the labels. Defaults to 0.5.
        resamples: int. Number of bootstrap resamples; 0 for no intervals. Areas of large tables have fewer, see
            `row_weights`. Defaults to 1000.
        seed: int. Seed of the resampling. Defaults to 0.

    Returns:
        dict of plain numbers: `texts`, `labels`, `micro_*`, `macro_*` and `weighted_*` of `precision`, `recall` and
        `f1`; `subset_accuracy` (share of the texts all of whose labels are right), `hamming_loss` (share of wrong
        labels), `log_loss` (mean over the labels); `roc_auc` and `average_precision`, means over the labels (None if no
        label has one); `intervals`: metric → `[low, high]` or None; `per_class`: label → `precision`, `recall`, `f1`,
        `roc_auc`, `average_precision`, `threshold`, `texts`, `predicted` (number of texts), `intervals`;
        `mean_labels` and `mean_predicted`, labels of a text; `bootstrap`. A label without texts does not count in the
        macro means.

    Raises:
        UserError: as `ScoredLabelSets`, or negative `resamples`.

    >>> measured = label_set_metrics([[1, 0], [1, 1]], [[0.9, 0.1], [0.8, 0.3]], ["sad", "angry"])
    >>> measured["subset_accuracy"], measured["micro_recall"], measured["per_class"]["angry"]["texts"]
    (0.5, 0.6666666666666666, 1)

    Source: scikit-learn's definitions; Efron and Tibshirani, 1993 (bootstrap); Wilson, 1927.
    """
    scored = ScoredLabelSets(targets, probabilities, labels, thresholds)
    parts = LabelSetFigures(scored)
    whole = np.ones((1, len(scored)), "float32")
    figures = {name: number_or_none(values[0]) for name, values in parts.figures(whole).items()}
    by_label = {name: values[0] for name, values in parts.by_label(whole).items()}
    areas = {name: values[0] for name, values in _areas(scored, [whole]).items()}
    figures |= {name: number_or_none(mean_of_defined(areas[name])) for name in RANKED}
    intervals, drawn = _intervals(scored, parts, resamples, seed) if resamples else ({}, {})
    return {
        "texts": len(scored),
        "labels": scored.labels,
        **figures,
        "mean_labels": float(scored.targets.sum(axis=1).mean()),
        "mean_predicted": float(scored.answers.sum(axis=1).mean()),
        "intervals": intervals,
        "per_class": _per_class(scored, {**by_label, **areas}, drawn),
        "bootstrap": bootstrap_facts(resamples, seed),
    }


def _intervals(scored, parts, resamples, seed):
    """Returns the intervals of the figures over all labels, and those of each label: two dicts."""
    how = {"rows": len(scored), "resamples": resamples, "seed": seed}
    intervals = resampled_intervals(lambda weights: parts.figures(weights) | parts.by_label(weights), **how)
    drawn = {name: intervals.pop(name) for name in BY_LABEL}
    resampled = _areas(scored, row_weights(**how, columns=len(scored.labels)))
    intervals |= {name: percentile_interval(mean_of_defined(values)) for name, values in resampled.items()}
    drawn |= {name: [percentile_interval(column) for column in values.T] for name, values in resampled.items()}
    intervals = {name: None if is_flat(interval) else interval for name, interval in intervals.items()}
    if intervals["subset_accuracy"] is None:
        intervals["subset_accuracy"] = proportion_interval(int(scored.right.sum()), len(scored))
    return intervals, drawn


class LabelSetFigures(CountFigures):
    """Computes figures of weighted texts from what each text adds to them.

    Args:
        scored: `ScoredLabelSets`.
    """

    def __init__(self, scored):
        super().__init__(scored.targets & scored.answers, scored.answers, scored.targets)
        self._scored = scored

    def figures(self, weights):
        """Returns the figures over all labels but the areas: dict of name → float array `(resamples,)`.

        Args:
            weights: as in `by_label`.
        """
        scored, found = self._scored, self.averages(weights)
        wrong = (scored.targets != scored.answers).mean(axis=1)
        for name, rows in (("subset_accuracy", scored.right), ("hamming_loss", wrong), ("log_loss", scored.losses)):
            found[name] = weighted_mean(weights, rows)
        return found


def _areas(scored, weights):
    """Returns the areas of each label: dict of `RANKED` name → float array `(resamples, labels)`."""
    rankings = [
        Ranking(scored.targets[:, label], scored.probabilities[:, label]) for label in range(len(scored.labels))
    ]
    found = [[ranking.areas(part) for ranking in rankings] for part in weights]  # [part][label][area](resamples)
    return {
        name: np.concatenate([np.stack([areas[at] for areas in part], axis=1) for part in found])
        for at, name in enumerate(RANKED)
    }


def _per_class(scored, figures, drawn):
    texts, predicted = scored.targets.sum(axis=0), scored.answers.sum(axis=0)
    right = (scored.targets & scored.answers).sum(axis=0)
    found = {}
    for number, label in enumerate(scored.labels):
        intervals = {name: values[number] for name, values in drawn.items()}
        if drawn:
            counts = (int(right[number]), int(texts[number]), int(predicted[number]))
            intervals = class_intervals(*counts, intervals)
            intervals |= {name: None for name in RANKED if is_flat(intervals[name])}
        found[label] = {
            **{name: number_or_none(values[number]) for name, values in figures.items()},
            "threshold": float(scored.thresholds[number]),
            "texts": int(texts[number]),
            "predicted": int(predicted[number]),
            "intervals": intervals,
        }
    return found
