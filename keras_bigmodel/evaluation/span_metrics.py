"""Computes the quality measures of found spans and their intervals. Knows positions and labels; no model."""

from collections import Counter

import numpy as np

from keras_bigmodel.evaluation.count_figures import BY_LABEL, CountFigures, weighted_mean
from keras_bigmodel.evaluation.intervals import class_intervals, is_flat, number_or_none, proportion_interval
from keras_bigmodel.evaluation.resampled_rows import bootstrap_facts, resampled_intervals
from keras_bigmodel.evaluation.scored_spans import OUTCOMES, ScoredSpans

NO_SPAN = "no span"


def span_metrics(targets, answers, labels, *, resamples=1000, seed=0):
    """Computes the metrics of found spans, each with a 95 % interval.

    A span is found if its start, its end and its label are right. Intervals are bootstrap percentiles over the texts;
    where all resamples are equal, precision, recall and F1 of a label and the share of right texts have Wilson's.

    Args:
        targets: list with the spans of each text: tuples `(start, end, label)`.
        answers: the same of the model.
        labels: list of str. All labels.
        resamples: int. Number of bootstrap resamples; 0 for no intervals. Defaults to 1000.
        seed: int. Seed of the resampling. Defaults to 0.

    Returns:
        dict of plain numbers: `texts`, `labels`, `spans` and `predicted` (their numbers); `micro_*`, `macro_*` and
        `weighted_*` of `precision`, `recall` and `f1`; `place_f1` (micro F1 of starts and ends, whatever the label);
        `text_accuracy` (share of the texts whose spans are all right, and no other); `intervals`: metric →
        `[low, high]` or None; `per_class`: label → `precision`, `recall`, `f1`, `spans`, `predicted`, `intervals`;
        `outcomes`: what became of spans (`scored_spans.OUTCOMES`) → number; `confusion_matrix` and `matrix_labels`:
        spans by label due and label found in the same place, `NO_SPAN` where there is none; `bootstrap`. A label
        without spans does not count in the macro averages.

    Raises:
        UserError: as `ScoredSpans`, or negative `resamples`.

    >>> measured = span_metrics([[(0, 3, "PER"), (8, 12, "LOC")]], [[(0, 3, "PER")]], ["PER", "LOC"])
    >>> measured["micro_precision"], measured["micro_recall"], measured["outcomes"]["missed"]
    (1.0, 0.5, 1)

    Source: Tjong Kim Sang and De Meulder, 2003 (CoNLL-2003); equal to seqeval's strict IOB2 on repaired tags.
    """
    scored = ScoredSpans(targets, answers, labels)
    parts, whole = SpanFigures(scored), np.ones((1, len(scored)), "float32")
    figures = {name: number_or_none(values[0]) for name, values in parts.figures(whole).items()}
    intervals, drawn = _intervals(scored, parts, resamples, seed) if resamples else ({}, {})
    outcomes = [outcome for row in range(len(scored)) for outcome in scored.outcomes(row)]
    counts = Counter(name for name, _, _ in outcomes)
    return {
        "texts": len(scored),
        "labels": scored.labels,
        "spans": int(scored.due.sum()),
        "predicted": int(scored.answered.sum()),
        **figures,
        "intervals": intervals,
        "per_class": _per_class(scored, parts.by_label(whole), drawn),
        "outcomes": {name: counts[name] for name in OUTCOMES},
        "confusion_matrix": _matrix(scored),
        "matrix_labels": [*scored.labels, NO_SPAN],
        "bootstrap": bootstrap_facts(resamples, seed),
    }


class SpanFigures(CountFigures):
    """Computes figures of weighted texts from their spans.

    Args:
        scored: `ScoredSpans`.
    """

    def __init__(self, scored):
        super().__init__(scored.hits, scored.answered, scored.due)
        self._places, self._right = CountFigures(*scored.places()), scored.right

    def figures(self, weights):
        """Returns the figures over all labels: dict of name → float array `(resamples,)`.

        Args:
            weights: as in `CountFigures.by_label`.
        """
        places = self._places.by_label(weights)["f1"][:, 0]
        return {**self.averages(weights), "place_f1": places, "text_accuracy": weighted_mean(weights, self._right)}


def _intervals(scored, parts, resamples, seed):
    """Returns the intervals of the figures over all labels, and those of each label: two dicts."""
    measures = lambda weights: parts.figures(weights) | parts.by_label(weights)
    intervals = resampled_intervals(measures, len(scored), resamples, seed=seed)
    drawn = {name: intervals.pop(name) for name in BY_LABEL}
    intervals = {name: None if is_flat(interval) else interval for name, interval in intervals.items()}
    if intervals["text_accuracy"] is None:
        intervals["text_accuracy"] = proportion_interval(int(scored.right.sum()), len(scored))
    return intervals, drawn


def _per_class(scored, figures, drawn):
    due, answered, hits = (part.sum(axis=0) for part in (scored.due, scored.answered, scored.hits))
    found = {}
    for number, label in enumerate(scored.labels):
        intervals = {name: values[number] for name, values in drawn.items()}
        if drawn:
            intervals = class_intervals(int(hits[number]), int(due[number]), int(answered[number]), intervals)
        found[label] = {
            **{name: number_or_none(values[0, number]) for name, values in figures.items()},
            "spans": int(due[number]),
            "predicted": int(answered[number]),
            "intervals": intervals,
        }
    return found


def _matrix(scored):
    numbers = {label: number for number, label in enumerate([*scored.labels, NO_SPAN])}
    matrix = np.zeros((len(numbers), len(numbers)), "int64")
    for due, found in zip(scored.targets, scored.answers, strict=True):
        due, found = ({span[:2]: span[2] for span in spans} for spans in (due, found))
        for place in {*due, *found}:
            matrix[numbers[due.get(place, NO_SPAN)], numbers[found.get(place, NO_SPAN)]] += 1
    return matrix.tolist()
