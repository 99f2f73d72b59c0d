"""Compares two regressors on the same texts, and tests the difference. Knows arrays; no model."""

import numpy as np

from keras_bigmodel.evaluation.paired_comparison import mcnemar
from keras_bigmodel.evaluation.regression_metrics import PairedNumbers, checked_pair
from keras_bigmodel.evaluation.resampled_rows import bootstrap_facts, resampled_intervals

COMPARED = ("pearson", "spearman", "rmse", "mean_absolute_error")
_MOST_ROWS = 1000


def paired_numbers(targets, first, second, *, resamples=2000, seed=0):
    """Compares two models that predicted a number for the same texts.

    Args:
        targets: float array `(texts,)`.
        first: float array `(texts,)`. Predictions of the first model.
        second: float array `(texts,)`. Predictions of the second model.
        resamples: int. Number of bootstrap resamples, the same for both models; 0 for no intervals. Defaults to 2000.
        seed: int. Seed of the resampling. Defaults to 0.

    Returns:
        dict of plain numbers: `texts`; `first` and `second`: `pearson`, `spearman`, `rmse`, `mean_absolute_error` (None
        where not defined); `difference`: the same, second minus first, and `intervals` of it (bootstrap percentiles,
        95 %); `closer`: `first` and `second`, the numbers of texts on which each is closer to the target, and `p_value`
        and `method` of the sign test, as from `mcnemar`; `changed_rows`: up to 1,000 row indices, those whose error
        changes most first; `bootstrap`.

    Raises:
        UserError: as `regression_metrics`.

    Source: Efron and Tibshirani, 1993 (paired bootstrap); Conover, 1999 (sign test).
    """
    models = [checked_pair(targets, predictions) for predictions in (first, second)]
    parts = [PairedNumbers(*model) for model in models]
    figures = [_figures(part, np.ones((1, len(models[0][0])))) for part in parts]
    intervals = resampled_intervals(
        lambda weights: _difference(*(_figures(part, weights) for part in parts)),
        len(models[0][0]),
        resamples,
        seed=seed,
    )
    errors = [np.abs(predictions - wanted) for wanted, predictions in models]
    gains = errors[0] - errors[1]
    better, worse = int((gains > 0).sum()), int((gains < 0).sum())
    order = np.argsort(-np.abs(gains), kind="stable")
    test = mcnemar(better, worse)
    return {
        "texts": len(gains),
        **{name: _plain(of) for name, of in zip(("first", "second"), figures, strict=True)},
        "difference": _plain(_difference(*figures)),
        "intervals": intervals,
        "closer": {"first": worse, "second": better, "p_value": test["p_value"], "method": test["method"]},
        "changed_rows": order[gains[order] != 0][:_MOST_ROWS].tolist(),
        "bootstrap": bootstrap_facts(resamples, seed),
    }


def _figures(part, weights):
    found = part.figures(weights)
    return {name: found[name] for name in COMPARED}


def _difference(first, second):
    return {name: second[name] - first[name] for name in first}


def _plain(figures):
    return {name: None if np.isnan(values[0]) else float(values[0]) for name, values in figures.items()}
