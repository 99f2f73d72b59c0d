"""Draws precision, recall and F1 of labels at every threshold. Knows the curves of each label."""

from keras_bigmodel.reports.plots.canvas import Canvas
from keras_bigmodel.reports.plots.palette import FIRST, INK, SECOND, THIRD
from keras_bigmodel.reports.report_text import percent

_MOST = 12  # labels that are drawn; of more, those with the lowest F1
_COLUMNS, _WIDTH, _HEIGHT = 3, 250, 130  # of one label, in CSS pixels
_LEFT, _GAP, _TOP, _BETWEEN, _LEGEND = 48, 48, 40, 30, 76
_CURVES = {
    "f1": ("F1", FIRST, "solid"),
    "precision": ("precision", SECOND, (0, (6, 2))),
    "recall": ("recall", THIRD, (0, (2, 1.5))),
}


def threshold_curves(metrics, details):
    """Draws a small diagram for each label, with its threshold: twelve at most, the lowest F1 first.

    Args:
        metrics: dict, as from `label_set_metrics`.
        details: dict. Its `"thresholds"`: label → `threshold`, `precision`, `recall`, `f1`.

    Returns:
        `Plot`, or None if there are no curves.
    """
    curves, per_class = details.get("thresholds") or {}, metrics.get("per_class") or {}
    shown = sorted((label for label in curves if label in per_class), key=lambda label: per_class[label]["f1"])[:_MOST]
    if not shown:
        return None
    columns, rows = min(_COLUMNS, len(shown)), -(-len(shown) // _COLUMNS)
    width = max(460, _LEFT + columns * _WIDTH + (columns - 1) * _GAP + 24)
    height = rows * (_TOP + _HEIGHT) + (rows - 1) * _BETWEEN + _LEGEND
    title = "Thresholds" if len(shown) == len(curves) else f"Thresholds of the {len(shown)} labels with the lowest F1"
    least = per_class[shown[0]]
    description = f"{shown[0]} has the lowest F1: {percent(least['f1'])} at the threshold {least['threshold']:.2f}."
    canvas = Canvas("threshold_curves", width, height, title=title, description=description)
    for number, label in enumerate(shown):
        left = _LEFT + (number % _COLUMNS) * (_WIDTH + _GAP)
        top = _TOP + (number // _COLUMNS) * (_TOP + _HEIGHT + _BETWEEN)
        box = {"left": left, "right": width - left - _WIDTH, "top": top, "bottom": height - top - _HEIGHT}
        axes = canvas.axes(**box, x_limits=(0, 1), y_limits=(0, 1))
        _draw(canvas, axes, curves[label], per_class[label]["threshold"], label)
    _legend(canvas, width, height)
    return canvas.plot()


def _draw(canvas, axes, curve, threshold, label):
    canvas.y_axis(axes, {0: "0", 0.5: "50\u00a0%", 1: "100\u00a0%"})
    canvas.x_axis(axes, {0: "0", 0.5: "0.5", 1: "1"})
    canvas.write(axes, 0, 1, label, columns=30, shift=(0, 14), ha="left")
    canvas.lines(axes, [(threshold, 0, threshold, 1)], color=INK, width=1.2, style=(0, (1, 1.5)))
    for name, (_, color, style) in reversed(_CURVES.items()):
        points = [(x, y) for x, y in zip(curve["threshold"], curve[name], strict=True) if y is not None]
        if points:
            axes.plot(*zip(*points, strict=True), color=color, linewidth=1.6, linestyle=style, clip_on=False, zorder=2)


def _legend(canvas, width, height):
    for number, (name, color, style) in enumerate([*_CURVES.values(), ("the label's threshold", INK, (0, (1, 1.5)))]):
        left = _LEFT + 100 * number
        box = {"left": left, "right": width - left - 26, "top": height - 24, "bottom": 14}
        axes = canvas.axes(**box, x_limits=(0, 1), y_limits=(0, 1))
        canvas.sample(axes, 5, color=color, style=style, width=1.8)
        canvas.write(axes, 1, 0.5, name, shift=(8, 0), ha="left")
