"""Draws the course of each metric over the epochs. Knows the history of `fit`."""

import math

from keras_bigmodel.reports.plots.canvas import Canvas
from keras_bigmodel.reports.plots.palette import FIRST, SECOND
from keras_bigmodel.reports.report_text import decimal, percent

_PANELS = 6
_SHARES = ("accuracy", "precision", "recall", "f1")
_BESIDE = ("epoch", "learning_rate", "lr")  # entries of the history that are not metrics


def training_curves(history):
    """Draws one plot per metric, with one curve for training and one for validation; at most six metrics.

    Args:
        history: dict of metric → list with one value per epoch; the prefix `val_` marks those of validation. `"epoch"`,
            if it exists, holds the epoch numbers. They default to 1, 2, ….

    Returns:
        list of `Plot`.
    """
    names = [name.removeprefix("val_") for name in history if name not in _BESIDE]
    measures = [name for name in dict.fromkeys(names) if _points(history, name) or _points(history, f"val_{name}")]
    return [_curve(history, measure, number) for number, measure in enumerate(measures[:_PANELS], start=1)]


def _curve(history, measure, number):
    curves = {"training": _points(history, measure), "validation": _points(history, f"val_{measure}")}
    title = f"{measure.replace('_', ' ').capitalize()} by epoch"
    write = percent if any(word in measure for word in _SHARES) else decimal
    ends = [f"{name} from {write(points[0][1])} to {write(points[-1][1])}" for name, points in curves.items() if points]
    canvas = Canvas(f"training_{number}", 460, 250, title=title, description="; ".join(ends).capitalize() + ".")
    axes = _axes(canvas, curves, measure.replace("_", " "), write)
    for points, color, style in zip(curves.values(), (FIRST, SECOND), ("solid", (0, (5, 2))), strict=True):
        if points:
            axes.plot(*zip(*points, strict=True), color=color, linewidth=2, linestyle=style, clip_on=False, zorder=2)
            axes.plot(*zip(*points, strict=True), "o", color=color, markersize=4.5, clip_on=False, zorder=3)
    _name_ends(canvas, axes, curves)
    return canvas.plot()


def _axes(canvas, curves, name, write):
    points = [point for points in curves.values() for point in points]
    epochs, values = zip(*points, strict=True)
    low, high = min(values), max(values)
    room = (high - low) * 0.08 or abs(high) * 0.1 or 0.1
    first, last = min(epochs), max(epochs)
    x_limits = (first - 0.5, first + 0.5) if first == last else (first, last)
    limits = {"x_limits": x_limits, "y_limits": (low - room, high + room)}
    axes = canvas.axes(left=58, right=86, top=30, bottom=44, **limits)
    steps = canvas.steps(high + room, start=low - room)
    digits = max(0, min(6, 1 - math.floor(math.log10(steps[1] - steps[0])))) if len(steps) > 1 else 3
    texts = [write(step, max(0, digits - 3) if write is percent else digits) for step in steps]
    canvas.y_axis(axes, dict(zip(steps, texts, strict=True)), name)
    numbers = sorted(set(epochs))
    shown = numbers[:: -(-len(numbers) // 10)]
    canvas.x_axis(axes, {epoch: str(epoch) for epoch in shown}, "epoch")
    return axes


def _name_ends(canvas, axes, curves):
    """Writes each curve's name at its last point, with the two names at least 15 pixels apart."""
    ends = {name: points[-1] for name, points in curves.items() if points}
    low, high = axes.get_ylim()
    pixels = {name: (value - low) / (high - low) * 176 for name, (_, value) in ends.items()}
    shifts = dict.fromkeys(ends, 0.0)
    if len(ends) == 2:
        below, above = sorted(pixels, key=pixels.get)
        missing = max(0, 15 - (pixels[above] - pixels[below])) / 2
        shifts = {below: -missing, above: missing}
    for name, (epoch, value) in ends.items():
        color = FIRST if name == "training" else SECOND
        canvas.write(axes, epoch, value, name, shift=(9, shifts[name]), ha="left", color=color)


def _points(history, name):
    values = history.get(name) or []
    epochs = history.get("epoch") or range(1, len(values) + 1)
    pairs = zip(epochs, values, strict=False)
    return [(epoch, value) for epoch, value in pairs if isinstance(value, int | float) and math.isfinite(value)]
