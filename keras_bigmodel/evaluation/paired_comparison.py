"""Compares two models on the same texts and tests the difference for significance. Knows arrays; no model."""

import numpy as np

from keras_bigmodel.evaluation.class_counts import ClassCounts
from keras_bigmodel.evaluation.intervals import LEVEL, percentile_interval, row_resamples
from keras_bigmodel.evaluation.scored_texts import ScoredTexts

EXACT, APPROXIMATE = "exact", "chi-squared"
_FEW = 1000  # discordant texts up to which McNemar's test is exact


def paired_comparison(targets, first, second, labels, *, resamples=2000, seed=0):
    """Compares two models that predicted the same texts.

    Args:
        targets: int array `(texts,)`. Indices of the true labels.
        first: float array `(texts, labels)`. Probabilities of the first model.
        second: float array `(texts, labels)`. Probabilities of the second model.
        labels: list of str, in the order of the columns of both.
        resamples: int. Number of bootstrap resamples, the same for both models; 0 for no intervals. Defaults to 2000.
        seed: int. Seed of the resampling. Defaults to 0.

    Returns:
        dict of plain numbers: `texts`, `labels`; `first` and `second`: `accuracy`, `macro_f1`, `log_loss`;
        `difference`: the same metrics, second minus first, and `intervals` of it (bootstrap percentiles, 95 %);
        `fixed` (number of texts that only the second model predicts correctly), `broken` (only the first), `both_wrong`
        (both wrong, with different labels), `changed_rows`: the row indices of all these texts; `mcnemar`: `fixed`,
        `broken`, `p_value` and `method` (`"exact"`, or beyond 1,000 texts `"chi-squared"`, with continuity correction);
        `bootstrap`: `resamples`, `seed` and `level`.

    Raises:
        UserError: as `classification_metrics`.

    >>> sure, unsure = [[0.9, 0.1], [0.1, 0.9]], [[0.9, 0.1], [0.6, 0.4]]
    >>> compared = paired_comparison([0, 1], unsure, sure, ["no", "yes"])
    >>> compared["difference"]["accuracy"], compared["fixed"], compared["mcnemar"]["p_value"]
    (0.5, 1, 1.0)

    Source: McNemar, 1947; Edwards, 1948 (correction); Efron and Tibshirani, 1993 (paired bootstrap).
    """
    models = {"first": ScoredTexts(targets, first, labels), "second": ScoredTexts(targets, second, labels)}
    figures = {name: _figures(scored) for name, scored in models.items()}
    fixed, broken, both_wrong = _changes(models["first"], models["second"])
    return {
        "texts": len(models["first"]),
        "labels": models["first"].labels,
        **{name: {figure: float(value) for figure, value in of.items()} for name, of in figures.items()},
        "difference": {name: float(figures["second"][name] - value) for name, value in figures["first"].items()},
        "intervals": _intervals(models, resamples, seed) if resamples else {},
        "fixed": int(fixed.sum()),
        "broken": int(broken.sum()),
        "both_wrong": int(both_wrong.sum()),
        "changed_rows": np.flatnonzero(fixed | broken | both_wrong).tolist(),
        "mcnemar": mcnemar(int(fixed.sum()), int(broken.sum())),
        "bootstrap": {"resamples": resamples, "seed": seed, "level": LEVEL},
    }


def _changes(first, second):
    changed = first.answers != second.answers
    return ~first.right & second.right, first.right & ~second.right, changed & ~first.right & ~second.right


def _figures(scored, rows=...):
    """Returns the metrics of all texts, or of resamples: dict of name → float array `(…)`."""
    figures = ClassCounts.count(scored.targets[rows], scored.answers[rows], len(scored.labels)).figures()
    return {**{name: figures[name] for name in ("accuracy", "macro_f1")}, "log_loss": scored.losses[rows].mean(axis=-1)}


def _intervals(models, resamples, seed):
    parts = []
    for rows in row_resamples(len(models["first"]), resamples, seed=seed):
        first, second = (_figures(scored, rows) for scored in models.values())
        parts.append({name: second[name] - first[name] for name in first})
    return {name: percentile_interval(np.concatenate([part[name] for part in parts])) for name in parts[0]}


def mcnemar(fixed, broken):
    """Tests with McNemar's test whether two models are correct equally often.

    Args:
        fixed: int. Number of texts that only the second model predicts correctly.
        broken: int. Number of texts that only the first model predicts correctly.

    Returns:
        dict: `fixed`, `broken`, `p_value` (two-sided), `method`: `"exact"` (binomial) or `"chi-squared"`.

    >>> round(mcnemar(31, 12)["p_value"], 4)
    0.0054
    """
    from scipy import stats  # imported late: slow to load, and used nowhere else here

    changed = fixed + broken
    if changed <= _FEW:
        p_value = stats.binomtest(fixed, changed).pvalue if changed else 1.0
    else:
        p_value = stats.chi2.sf(max(abs(fixed - broken) - 1, 0) ** 2 / changed, 1)
    method = EXACT if changed <= _FEW else APPROXIMATE
    return {"fixed": fixed, "broken": broken, "p_value": float(p_value), "method": method}
