"""Compares two regressors on the same texts, and tests the difference. Knows arrays; no model."""

import numpy as np

from keras_bigmodel.evaluation.paired_comparison import mcnemar
from keras_bigmodel.evaluation.regression_metrics import PairedNumbers, checked_pair
from keras_bigmodel.evaluation.resampled_rows import bootstrap_facts, paired_figures

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
    errors = [np.abs(predictions - wanted) for wanted, predictions in models]
    gains = errors[0] - errors[1]
    better, worse = int((gains > 0).sum()), int((gains < 0).sum())
    order = np.argsort(-np.abs(gains), kind="stable")
    test = mcnemar(better, worse)
    return {
        "texts": len(gains),
        **paired_figures(*(PairedNumbers(*model) for model in models), COMPARED, len(gains), resamples, seed=seed),
        "closer": {"first": worse, "second": better, "p_value": test["p_value"], "method": test["method"]},
        "changed_rows": order[gains[order] != 0][:_MOST_ROWS].tolist(),
        "bootstrap": bootstrap_facts(resamples, seed),
    }
