"""Computes the calibration error, its interval and the calibration bins. Knows arrays; no model."""

import numpy as np

from keras_bigmodel.evaluation.class_counts import tally
from keras_bigmodel.evaluation.intervals import percentile_interval

BINS = 15
EDGES = np.linspace(0, 1, BINS + 1)


def confidence_bins(confidence):
    """Returns the index of the bin of each confidence: `BINS` bins of equal width, each including its upper edge.

    Args:
        confidence: float array of any shape, from 0 to 1.

    Returns:
        int array of the same shape.

    >>> confidence_bins(np.array([0.0, 0.2, 0.21, 1.0])).tolist()
    [0, 2, 3, 14]
    """
    return np.digitize(confidence, EDGES[1:-1], right=True)


def calibration_errors(bins, gaps):
    """Computes the expected calibration error: the distance of mean confidence and accuracy, averaged over the bins.

    Each bin is weighted by its number of texts.

    Args:
        bins: int array `(…, texts)`. Bin indices.
        gaps: float array `(…, texts)`. Confidence, minus 1 if the prediction is correct.

    Returns:
        float array `(…)`.

    Source: Guo et al., 2017, equation 3.
    """
    return np.abs(tally(bins, BINS, gaps)).sum(axis=-1) / bins.shape[-1]


def errors_if_calibrated(bins, confidence, random):
    """Samples the calibration errors that a perfectly calibrated model would have on these texts, by chance alone.

    Args:
        bins: int array `(resamples, texts)`. Bin indices.
        confidence: float array `(resamples, texts)`. Confidence of the resampled texts, taken as the probability of a
            correct prediction.
        random: `numpy.random.Generator`.

    Returns:
        float array `(resamples,)`.

    Source: Bröcker and Smith, 2007 (consistency resampling).
    """
    return calibration_errors(bins, confidence - (random.random(confidence.shape) < confidence))


def calibration_interval(error, resampled, if_calibrated):
    """Computes the interval of an expected calibration error.

    The error is a sum of distances, so chance increases it, and resampling increases it again: the bare percentiles of
    a well calibrated model lie completely above the true value. The lower end is therefore that of the basic bootstrap,
    and 0 if a perfectly calibrated model could have this error by chance.

    Args:
        error: float.
        resampled: float array `(resamples,)`. Errors of resampled texts.
        if_calibrated: float array `(resamples,)`; see `errors_if_calibrated`.

    Returns:
        `[low, high]`.
    """
    high = max(error, percentile_interval(resampled)[1])
    if error <= percentile_interval(if_calibrated)[1]:
        return [0.0, high]
    return [max(0.0, 2 * error - high), high]


def widen_by_accuracy(interval, confidence, accuracy):
    """Returns a wider interval of the calibration error for texts that are all predicted correctly, or all wrongly.

    Resamples of such texts always have the same accuracy, although the true accuracy may differ. The error is then the
    distance of the mean confidence and the accuracy. The result covers this distance for every accuracy in `accuracy`.

    Args:
        interval: `[low, high]`; see `calibration_interval`.
        confidence: float. The mean confidence.
        accuracy: `[low, high]`. The interval of the accuracy.

    Returns:
        `[low, high]`.

    >>> [round(end, 2) for end in widen_by_accuracy([0.9, 0.9], 0.9, [0.0, 0.11])]
    [0.79, 0.9]
    """
    low, high = accuracy
    nearest = max(low - confidence, confidence - high, 0.0)
    farthest = max(abs(confidence - low), abs(confidence - high))
    return [min(interval[0], nearest), max(interval[1], farthest)]


def reliability(scored):
    """Computes the data of a reliability diagram.

    Args:
        scored: `ScoredTexts`.

    Returns:
        dict: `edges` of the bins, and for each bin `rows` and the means `confidence`, `accuracy` (None without rows).
    """
    bins = confidence_bins(scored.confidence)
    rows = tally(bins, BINS)
    sums = {"confidence": tally(bins, BINS, scored.confidence), "accuracy": tally(bins[scored.right], BINS)}
    means = {
        name: [float(total / number) if number else None for total, number in zip(of, rows, strict=True)]
        for name, of in sums.items()
    }
    return {"edges": EDGES.tolist(), "rows": rows.tolist(), **means}
