"""Measures how well numbers rank the rows that have a label. Knows arrays; no model."""

import numpy as np


class Ranking:
    """Sorts rows by a number, the highest first, and computes areas of weighted rows.

    Args:
        targets: bool array `(rows,)`. Whether a row has the label.
        scores: float array `(rows,)`.
    """

    def __init__(self, targets, scores):
        order = np.argsort(-scores, kind="stable")
        self._order, self._targets = order, targets[order].astype("float32")
        ranked = scores[order]
        self._ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # the last row of each equal score

    def areas(self, weights):
        """Returns the area under the ROC curve and the average precision.

        Args:
            weights: float32 array `(resamples, rows)`. Weight of each row.

        Returns:
            `(float64 array (resamples,), float64 array (resamples,))`: NaN without a row of either kind; the second is
            NaN without a row that has the label.

        Source: scikit-learn's `roc_auc_score` and `average_precision_score`.
        """
        ranked = weights[:, self._order]
        # Sums of whole numbers below 2**24, which float32 holds exactly.
        found = np.cumsum(ranked * self._targets, axis=1)[:, self._ends]
        others = np.cumsum(ranked, axis=1)[:, self._ends] - found
        found, others = found.astype("float64"), others.astype("float64")
        new, new_others = (np.diff(part, axis=1, prepend=0.0) for part in (found, others))
        inside, outside = found[:, -1], others[:, -1]
        with np.errstate(invalid="ignore", divide="ignore"):
            area = np.sum(new * (outside[:, None] - others + new_others / 2), axis=1) / (inside * outside)
            precision = found / np.maximum(found + others, 1e-300)
            average = np.sum(new * precision, axis=1) / inside
        return area, average
