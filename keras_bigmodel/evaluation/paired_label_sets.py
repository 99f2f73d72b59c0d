"""Compares two classifiers of several labels on the same texts, and tests the difference. Knows arrays; no model."""

import numpy as np

from keras_bigmodel.evaluation.label_set_metrics import LabelSetFigures
from keras_bigmodel.evaluation.label_sets_scored import ScoredLabelSets
from keras_bigmodel.evaluation.paired_comparison import mcnemar
from keras_bigmodel.evaluation.resampled_rows import bootstrap_facts, paired_figures

COMPARED = ("subset_accuracy", "micro_f1", "macro_f1", "log_loss")


def paired_label_sets(targets, first, second, labels, thresholds, *, resamples=2000, seed=0):
    """Compares two models that predicted the labels of the same texts.

    Args:
        targets: array `(texts, labels)` of zeros and ones.
        first: float array `(texts, labels)`. Probabilities of the first model.
        second: float array `(texts, labels)`. Probabilities of the second model.
        labels: list of str, in the order of the columns of both.
        thresholds: two sequences of float, those of the first and of the second model.
        resamples: int. Number of bootstrap resamples, the same for both models; 0 for no intervals. Defaults to 2000.
        seed: int. Seed of the resampling. Defaults to 0.

    Returns:
        dict as from `paired_comparison`, with `subset_accuracy`, `micro_f1`, `macro_f1` and `log_loss`. A text is
        predicted correctly if all its labels are, and no others. `changed_rows` are the rows with other labels of which
        at least one model predicts some wrongly; `answers` has the predicted labels of both: two lists of lists of str.

    Raises:
        UserError: as `label_set_metrics`.

    Source: McNemar, 1947; Efron and Tibshirani, 1993 (paired bootstrap).
    """
    both = zip((first, second), thresholds, strict=True)
    scored = [ScoredLabelSets(targets, answers, labels, border) for answers, border in both]
    rights, changed = [one.right for one in scored], (scored[0].answers != scored[1].answers).any(axis=1)
    fixed, broken = ~rights[0] & rights[1], rights[0] & ~rights[1]
    rows = np.flatnonzero(changed).tolist()
    return {
        "texts": len(scored[0]),
        "labels": scored[0].labels,
        **paired_figures(*map(LabelSetFigures, scored), COMPARED, len(scored[0]), resamples, seed=seed),
        "fixed": int(fixed.sum()),
        "broken": int(broken.sum()),
        "both_wrong": int((changed & ~rights[0] & ~rights[1]).sum()),
        "changed_rows": rows,
        "answers": [[_names(one, row) for row in rows] for one in scored],
        "mcnemar": mcnemar(int(fixed.sum()), int(broken.sum())),
        "bootstrap": bootstrap_facts(resamples, seed),
    }


def _names(scored, row):
    return [label for label, has in zip(scored.labels, scored.answers[row], strict=True) if has]
