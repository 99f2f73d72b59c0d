"""Draws the confusion matrix. Knows the matrix and the labels."""

import numpy as np

from keras_bigmodel.reports.plots.canvas import Canvas, text_width
from keras_bigmodel.reports.plots.palette import INK, MUTED, PAPER, RIGHT, WRONG
from keras_bigmodel.reports.report_kind import kind_of
from keras_bigmodel.reports.report_rows import drawn_classes, matrix_labels
from keras_bigmodel.reports.report_text import count, percent, shorten, visible

_WITH_NUMBERS = 20
_COLUMNS = 30
_WIDEST = 820  # pixels: maximum width of all cells together, so that names and cells fit on a page
_LEGEND = 74
_STEPS = {
    "right": (0.5, 0.7, 0.8, 0.9, 0.95),
    "wrong": (0.02, 0.05, 0.1, 0.2, 0.4),
}  # fractions of a row at which the colour changes


def confusion_matrix(metrics):
    """Draws the confusion matrix: a row is a true class, a column a predicted class.

    Correct predictions are blue and errors orange. The shade shows the fraction of the row. There are two scales
    because on a single one the diagonal of a good model would leave its errors too pale to tell apart.

    Args:
        metrics: dict with `"confusion_matrix"` and `"labels"`, as from `classification_metrics`.

    Returns:
        `Plot`, or None if there is no matrix.
    """
    matrix, labels = metrics.get("confusion_matrix"), matrix_labels(metrics)
    if not matrix or not labels:
        return None
    numbers = drawn_classes(matrix)
    whole = np.asarray(matrix, float)
    shares = (whole / np.maximum(whole.sum(axis=1, keepdims=True), 1))[np.ix_(numbers, numbers)]
    counts = whole[np.ix_(numbers, numbers)].astype(int)
    names = [shorten(visible(labels[number]), _COLUMNS) for number in numbers]
    layout = _layout(names)
    right, total = int(np.trace(whole)), int(whole.sum())
    what = kind_of(metrics).counted
    description = f"{len(labels)} names; {count(right)} of {count(total)} {what} are on the diagonal, answered right."
    canvas = Canvas(
        "confusion_matrix", layout["width"], layout["height"], title="Confusion matrix", description=description
    )
    size = len(numbers)
    margins = {side: layout[side] for side in ("left", "top", "right", "bottom")}
    axes = canvas.axes(**margins, x_limits=(0, size), y_limits=(size, 0))
    _cells(canvas, axes, shares, counts)
    rows = "due" if what == "spans" else "true class"
    _names(canvas, axes, [labels[number] for number in numbers], layout, rows)
    if size <= _WITH_NUMBERS:
        _numbers(canvas, axes, counts, shares, layout)
    _legend(canvas, axes, layout)
    return canvas.plot()


def _layout(names):
    """Computes the layout in pixels: cells that hold their numbers, margins that hold the names."""
    size = len(names)
    if size <= _WITH_NUMBERS:
        text, cell = 11.5, max(40, 300 // size)
    else:
        text, cell = 9, min(20, max(10, _WIDEST // size))
    longest = max(text_width(name, text) for name in names)
    across = longest <= cell - 6
    left, top = longest + 34, 36 + (text + 8 if across else longest + 8)
    width = max(left + size * cell + 10, 400)
    right = width - left - size * cell
    bottom = _LEGEND + 8
    sizes = {"left": left, "top": top, "right": right, "bottom": bottom, "cell": cell, "text": text, "across": across}
    return {**sizes, "width": round(width), "height": round(top + size * cell + bottom)}


def _cells(canvas, axes, shares, counts):
    size = len(counts)
    diagonal = np.eye(size, dtype=bool)
    for kind, colors, chosen in (("right", RIGHT, diagonal), ("wrong", WRONG, ~diagonal)):
        steps = np.digitize(shares, _STEPS[kind])
        for step, color in enumerate(colors):
            places = np.argwhere(chosen & (counts > 0) & (steps == step)).tolist()
            canvas.rectangles(axes, [(x, y, x + 1, y + 1) for y, x in places], color=color)
    canvas.lines(axes, [(at, 0, at, size) for at in range(size + 1)], width=0.6, zorder=2)
    canvas.lines(axes, [(0, at, size, at) for at in range(size + 1)], width=0.6, zorder=2)


def _names(canvas, axes, labels, layout, rows):
    style = {"columns": _COLUMNS, "size": layout["text"]}
    for place, label in enumerate(labels):
        canvas.write(axes, 0, place + 0.5, label, shift=(-6, 0), ha="right", **style)
        if layout["across"]:
            canvas.write(axes, place + 0.5, 0, label, shift=(0, 10), **style)
        else:
            canvas.write(axes, place + 0.5, 0, label, shift=(0, 6), rotation=90, ha="left", **style)
    middle = len(labels) / 2
    canvas.write(axes, middle, 0, "answer", shift=(0, layout["top"] - 14), color=MUTED)
    canvas.write(axes, 0, middle, rows, shift=(14 - layout["left"], 0), rotation=90, color=MUTED)


def _numbers(canvas, axes, counts, shares, layout):
    roomy = layout["cell"] >= 60
    for y, x in np.argwhere(counts > 0).tolist():
        kind = "right" if x == y else "wrong"
        color = PAPER if np.digitize(shares[y, x], _STEPS[kind]) >= 4 else INK
        number = count(int(counts[y, x]))
        size = 20 if roomy else 11.5 if len(number) < 5 else 10
        canvas.write(axes, x + 0.5, y + 0.5, number, size=size, color=color, shift=(0, 7 if roomy else 0))
        if roomy:
            canvas.write(axes, x + 0.5, y + 0.5, percent(shares[y, x]), color=color, shift=(0, -15))


def _legend(canvas, axes, layout):
    """Draws the two colour scales below the matrix."""
    for row, (kind, colors) in enumerate((("right", RIGHT), ("wrong", WRONG))):
        y = -22 - 34 * row
        canvas.write(axes, 0, axes.get_ylim()[0], kind, shift=(-6, y), ha="right", color=MUTED, size=10.5)
        canvas.scale(axes, y, colors, [f"{step:.0%}".replace("%", "\u00a0%") for step in _STEPS[kind]])
