"""Draws predictions against targets, and the histogram of their errors. Knows points and bins."""

from keras_bigmodel.reports.plots.canvas import Canvas
from keras_bigmodel.reports.plots.palette import FIRST, MUTED, SECOND
from keras_bigmodel.reports.report_text import count, decimal


def predictions(metrics, details):
    """Draws each text as a point: its target to the right, its prediction upwards.

    Args:
        metrics: dict, as from `regression_metrics`.
        details: dict. Its `"points"`: `target` and `prediction`, lists of float.

    Returns:
        `Plot`, or None if there are no points.
    """
    points = details.get("points") or {}
    targets, found = points.get("target") or [], points.get("prediction") or []
    if not targets:
        return None
    low, high = min([*targets, *found]), max([*targets, *found])
    room = (high - low or 1.0) * 0.04
    limits = (low - room, high + room)
    drawn = f"{count(len(targets))} of {count(metrics.get('texts'))} texts are drawn. " * (
        len(targets) < (metrics.get("texts") or 0)
    )
    description = f"{drawn}Spearman {decimal(metrics.get('spearman'))}, Pearson {decimal(metrics.get('pearson'))}."
    canvas = Canvas("predictions", 460, 440, title="Predictions and targets", description=description)
    axes = canvas.axes(left=56, right=24, top=30, bottom=46, x_limits=limits, y_limits=limits)
    ticks = {place: _number(place) for place in canvas.steps(high, start=low)}
    canvas.y_axis(axes, ticks, "prediction")
    canvas.x_axis(axes, ticks, "target")
    canvas.lines(axes, [(low, low, high, high)], color=MUTED, width=1.2, style=(0, (3, 3)))
    alpha = max(0.15, min(0.8, 60 / len(targets) ** 0.75))
    axes.scatter(targets, found, s=14, color=FIRST, alpha=alpha, linewidths=0, clip_on=False, zorder=3)
    return canvas.plot()


def residuals(metrics, details):
    """Draws the histogram of prediction minus target.

    Args:
        metrics: dict, as from `regression_metrics`.
        details: dict. Its `"residuals"`: `edges` and `counts`.

    Returns:
        `Plot`, or None if there are no errors.
    """
    bins = details.get("residuals") or {}
    edges, counts = bins.get("edges") or [], bins.get("counts") or []
    if not any(counts):
        return None
    most = max(counts)
    description = f"The mean absolute error is {decimal(metrics.get('mean_absolute_error'))}."
    canvas = Canvas("residuals", 460, 260, title="Errors", description=description)
    axes = canvas.axes(left=56, right=24, top=30, bottom=46, x_limits=(edges[0], edges[-1]), y_limits=(0, most * 1.05))
    canvas.y_axis(axes, {place: count(place) for place in canvas.steps(most)}, "texts")
    gap = (edges[-1] - edges[0]) / 380 * 0.4
    bars = zip(edges, edges[1:], counts, strict=False)
    canvas.rectangles(axes, [(low + gap, 0, high - gap, number) for low, high, number in bars if number], color=FIRST)
    canvas.lines(axes, [(0, 0, 0, most * 1.05)], color=SECOND, width=1.5, style=(0, (4, 3)))
    ticks = {place: _number(place) for place in canvas.steps(edges[-1], start=edges[0])}
    canvas.x_axis(axes, ticks, "prediction minus target")
    return canvas.plot()


def _number(value):
    return f"{value:.6g}"
