"""Draws the reliability diagram of the predicted probabilities. Knows the calibration bins."""

from keras_bigmodel.reports.plots.canvas import Canvas
from keras_bigmodel.reports.plots.palette import FIRST, LINE, MUTED, THIRD
from keras_bigmodel.reports.report_text import count, percent

_TOP, _HIGH, _BETWEEN, _LOW, _BOTTOM = 30, 300, 40, 80, 46


def reliability(metrics, details):
    """Draws the reliability diagram above the histogram of the probabilities.

    Args:
        metrics: dict, as from `classification_metrics`.
        details: dict. Its `"reliability"`: `edges`, and `rows`, `confidence`, `accuracy` of each bin.

    Returns:
        `Plot`, or None if all bins are empty.

    Source: Guo et al., 2017, "On Calibration of Modern Neural Networks", figure 1.
    """
    bins = details.get("reliability") or {}
    if not any(bins.get("rows") or []):
        return None
    error = metrics.get("expected_calibration_error")
    description = f"Probability of the answer against the share of right answers; the mean gap is {percent(error)}."
    height = _TOP + _HIGH + _BETWEEN + _LOW + _BOTTOM
    canvas = Canvas("reliability", 460, height, title="Reliability diagram", description=description)
    _diagram(canvas, bins)
    _histogram(canvas, bins)
    return canvas.plot()


def _diagram(canvas, bins):
    bottom = _BETWEEN + _LOW + _BOTTOM
    axes = canvas.axes(left=52, right=24, top=_TOP, bottom=bottom, x_limits=(0, 1), y_limits=(0, 1))
    canvas.y_axis(axes, {place / 5: f"{place * 20}\u00a0%" for place in range(6)}, "answers that were right")
    canvas.lines(axes, [(0, 0, 1, 1)], color=MUTED, width=1.2, style=(0, (3, 3)))
    filled = [bin for bin in zip(bins["confidence"], bins["accuracy"], bins["rows"], strict=False) if bin[2]]
    filled = [(sure, right, rows) for sure, right, rows in filled if sure is not None and right is not None]
    canvas.lines(axes, [(sure, sure, sure, right) for sure, right, _ in filled], color=LINE, width=4, zorder=1)
    x, y, rows = zip(*filled, strict=True) if filled else ((), (), ())
    sizes = [18 + 160 * number / max(rows) for number in rows]
    axes.plot(x, y, color=FIRST, linewidth=1.6, clip_on=False, zorder=2)
    axes.scatter(x, y, s=sizes, color=FIRST, linewidths=0, clip_on=False, zorder=3)


def _histogram(canvas, bins):
    edges, rows = bins["edges"], bins["rows"]
    top, most = _TOP + _HIGH + _BETWEEN, max(rows)
    axes = canvas.axes(left=52, right=24, top=top, bottom=_BOTTOM, x_limits=(0, 1), y_limits=(0, most * 1.05))
    canvas.y_axis(axes, {most: count(most)}, "texts")
    corners = [
        (low + 0.003, 0, high - 0.003, number) for low, high, number in zip(edges, edges[1:], rows, strict=False)
    ]
    canvas.rectangles(axes, [corner for corner in corners if corner[3]], color=THIRD)
    canvas.x_axis(axes, {place / 5: f"{place * 20}\u00a0%" for place in range(6)}, "probability of the answer")
