"""Computes the points, slices and largest errors of a regressor. Knows arrays; no model."""

import numpy as np

from keras_bigmodel.evaluation.answer_details import check_columns, cut_text, natural_sort_key
from keras_bigmodel.evaluation.intervals import percentile_interval, row_resamples
from keras_bigmodel.evaluation.regression_metrics import checked_pair

_MISTAKES = 50
_POINTS = 2000
_BINS = 41
_RESAMPLES = 500


def regression_details(targets, predictions, texts, *, slices=None):
    """Computes what a report of numbers shows besides the metrics.

    Args:
        targets: float array `(texts,)`.
        predictions: float array `(texts,)`.
        texts: as in `answer_details`.
        slices: as in `answer_details`.

    Returns:
        dict of plain numbers and strings:
        `points`: `target` and `prediction`, lists of 2,000 texts at most, evenly spaced in the table;
        `residuals`: `edges` and `counts` of a histogram of prediction minus target, with 41 bins around 0;
        `slices`: one dict per slice, with `by`, `slice`, `texts`, `mean_absolute_error` and `interval` (bootstrap
        percentiles, 95 %; None for a single text);
        `mistakes`: the 50 texts with the largest errors, with `text`, `text_pair` (pairs only), `target` and
        `prediction`.

    Raises:
        UserError: as `regression_metrics`, or a list is not as long as the texts.
    """
    targets, predictions = checked_pair(targets, predictions)
    slices, columns = slices or {}, check_columns(texts, slices or {}, len(targets))
    shown = np.linspace(0, len(targets) - 1, min(_POINTS, len(targets))).astype(int)
    errors = predictions - targets
    reach = float(np.abs(errors).max()) or 1.0
    counts, edges = np.histogram(errors, bins=_BINS, range=(-reach, reach))
    worst = np.argsort(-np.abs(errors), kind="stable")[:_MISTAKES]
    return {
        "points": {"target": targets[shown].tolist(), "prediction": predictions[shown].tolist()},
        "residuals": {"edges": edges.tolist(), "counts": counts.tolist()},
        "slices": [entry for by, column in slices.items() for entry in _slices(np.abs(errors), by, column)],
        "mistakes": [
            {
                **{name: cut_text(column[row]) for name, column in columns.items()},
                "target": float(targets[row]),
                "prediction": float(predictions[row]),
            }
            for row in worst.tolist()
            if errors[row]
        ],
    }


def _slices(errors, by, column):
    rows = {}
    for row, name in enumerate(column):
        rows.setdefault(str(name), []).append(row)
    for name in sorted(rows, key=natural_sort_key):
        part = errors[rows[name]]
        means = np.concatenate([part[drawn].mean(axis=1) for drawn in row_resamples(len(part), _RESAMPLES)])
        yield {
            "by": by,
            "slice": name,
            "texts": len(part),
            "mean_absolute_error": float(part.mean()),
            "interval": percentile_interval(means) if len(part) > 1 else None,
        }
