"""Whether a model that says 80 % is right in 80 of 100 cases. Knows arrays; no model."""

import numpy as np

from keras_bigmodel.evaluation.class_counts import tally
from keras_bigmodel.evaluation.intervals import percentile_interval

BINS = 15
EDGES = np.linspace(0, 1, BINS + 1)


def confidence_bins(confidence):
    """Gives the bin of each confidence: `BINS` of equal width, each with its upper edge.

    >>> confidence_bins(np.array([0.0, 0.2, 0.21, 1.0])).tolist()
    [0, 2, 3, 14]
    """
    return np.digitize(confidence, EDGES[1:-1], right=True)


def calibration_errors(bins, gaps):
    """Gives the expected calibration error: the mean distance of confidence and accuracy, bin by bin.

    Args:
        bins: int array `(…, texts)`.
        gaps: float array `(…, texts)`: confidence, less 1 where the answer is right.

    Returns:
        float array `(…)`.

    Source: Guo et al., 2017, equation 3.
    """
    return np.abs(tally(bins, BINS, gaps)).sum(axis=-1) / bins.shape[-1]


def errors_if_calibrated(bins, confidence, random):
    """Gives the errors that a perfectly calibrated model would show of these texts, by chance alone.

    Args:
        bins: int array `(resamples, texts)`.
        confidence: float array `(resamples, texts)`: of resampled texts, right as often as it says.
        random: `numpy.random.Generator`.

    Returns:
        float array `(resamples,)`.

    Source: Bröcker and Smith, 2007 (consistency resampling).
    """
    return calibration_errors(bins, confidence - (random.random(confidence.shape) < confidence))


def calibration_interval(error, resampled, if_calibrated):
    """Gives the interval of an expected calibration error.

    The error is a sum of distances, so chance makes it larger, and resampling larger again: bare percentiles of a well
    calibrated model lie wholly above the truth. The lower end is therefore that of the basic bootstrap, and 0 where a
    perfectly calibrated model could show as much.

    Args:
        error: float.
        resampled: float array `(resamples,)`: errors of resampled texts.
        if_calibrated: float array `(resamples,)`; see `errors_if_calibrated`.

    Returns:
        `[low, high]`.
    """
    high = max(error, percentile_interval(resampled)[1])
    if error <= percentile_interval(if_calibrated)[1]:
        return [0.0, high]
    return [max(0.0, 2 * error - high), high]


def widened_by_accuracy(interval, confidence, accuracy):
    """Widens the interval of an expected calibration error where not one answer is wrong, or not one right.

    Drawing such texts again never shows another accuracy, though another is possible. The error is then the distance
    of the mean confidence and the accuracy, which is followed over all that the accuracy may be.

    Args:
        interval: `[low, high]`; see `calibration_interval`.
        confidence: float. The mean confidence.
        accuracy: `[low, high]`: the interval of the accuracy.

    Returns:
        `[low, high]`.

    >>> [round(end, 2) for end in widened_by_accuracy([0.9, 0.9], 0.9, [0.0, 0.11])]
    [0.79, 0.9]
    """
    low, high = accuracy
    nearest = max(low - confidence, confidence - high, 0.0)
    farthest = max(abs(confidence - low), abs(confidence - high))
    return [min(interval[0], nearest), max(interval[1], farthest)]


def reliability(scored):
    """Gives what a reliability diagram shows.

    Args:
        scored: `ScoredTexts`.

    Returns:
        dict: `edges` of the bins; of each bin `rows`, and the means `confidence` and `accuracy` (None without rows).
    """
    bins = confidence_bins(scored.confidence)
    rows = tally(bins, BINS)
    sums = {"confidence": tally(bins, BINS, scored.confidence), "accuracy": tally(bins[scored.right], BINS)}
    means = {
        name: [float(total / number) if number else None for total, number in zip(of, rows, strict=True)]
        for name, of in sums.items()
    }
    return {"edges": EDGES.tolist(), "rows": rows.tolist(), **means}
