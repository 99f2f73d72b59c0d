"""Draws ROC curves. Knows the curves of each class."""

import numpy as np

from keras_bigmodel.reports.plots.canvas import Canvas
from keras_bigmodel.reports.plots.palette import INK, LINE, MUTED, SERIES
from keras_bigmodel.reports.report_text import decimal

_ALL = 6  # up to this many classes, each class has its own curve
_WORST = 4
_STYLES = ("solid", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)), (0, (9, 2)), (0, (1, 1)))


def roc(metrics, details):
    """Draws ROC curves: up to six classes, one curve each; beyond, those of the four worst classes and the best one.

    With three or more classes, the mean curve is drawn as well.

    Args:
        metrics: dict, as from `classification_metrics`.
        details: dict. Its `"roc"`: label → `false_positive_rate`, `true_positive_rate`.

    Returns:
        `Plot`, or None if there are no curves.
    """
    curves = {label: curve for label, curve in (details.get("roc") or {}).items() if curve}
    if not curves:
        return None
    per_class = metrics.get("per_class") or {}
    areas = {label: (per_class.get(label) or {}).get("roc_auc") for label in curves}
    areas = {label: _area(curves[label]) if area is None else area for label, area in areas.items()}
    shown, mean = _chosen(areas), len(curves) > 2
    rows = len(shown) + mean
    worst = min(areas, key=areas.get)
    description = f"The area under the curve is smallest for {worst}: {decimal(areas[worst])}."
    canvas = Canvas("roc", 460, 440 + 20 * rows, title="ROC curves", description=description)
    axes = canvas.axes(left=52, right=24, top=30, bottom=46 + 20 * rows, x_limits=(0, 1), y_limits=(0, 1))
    ticks = {place / 5: f"{place * 20}\u00a0%" for place in range(6)}
    canvas.y_axis(axes, ticks, "of the class's texts, found")
    canvas.x_axis(axes, ticks, "of the other texts, wrongly given this class")
    canvas.lines(axes, [(0, 0, 1, 1)], color=LINE, width=1.5, style=(0, (3, 3)))
    for label, color, style in zip(shown, SERIES, _STYLES, strict=False):
        x, y = curves[label]["false_positive_rate"], curves[label]["true_positive_rate"]
        axes.plot(x, y, color=color, linewidth=1.8, linestyle=style, clip_on=False, zorder=2)
    if mean:
        axes.plot(*_mean(curves.values()), color=INK, linewidth=2.4, clip_on=False, zorder=3)
    _legend(canvas, axes, shown, areas, mean)
    return canvas.plot()


def _chosen(areas):
    if len(areas) <= _ALL:
        return list(areas)
    by_area = sorted(areas, key=areas.get)
    return [*by_area[:_WORST], by_area[-1]]


def _area(curve):
    return float(np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"]))


def _mean(curves):
    """Returns the macro mean of the curves as lists x and y: each class has the same weight."""
    x = np.linspace(0, 1, 201)
    y = np.mean([np.interp(x, curve["false_positive_rate"], curve["true_positive_rate"]) for curve in curves], axis=0)
    return [0, *x], [0, *y]


def _legend(canvas, axes, shown, areas, mean):
    rows = [(f"mean of all {len(areas)} classes", INK, "solid", np.mean(list(areas.values())))] if mean else []
    rows += [(label, color, style, areas[label]) for label, color, style in zip(shown, SERIES, _STYLES, strict=False)]
    for number, (name, color, style, area) in enumerate(rows):
        y = -56 - 20 * number
        canvas.sample(axes, y, color=color, style=style, width=2.4 if color == INK else 1.8)
        canvas.write(axes, 0, 0, name, columns=40, shift=(34, y), ha="left")
        canvas.write(axes, 1, 0, f"area {decimal(area)}", shift=(0, y), ha="right", color=MUTED)
