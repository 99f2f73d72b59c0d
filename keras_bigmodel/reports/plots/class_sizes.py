"""Draws the number of rows of each class. Knows the class counts of a table."""

from keras_bigmodel.data.figures.label_nouns import label_nouns
from keras_bigmodel.reports.plots.canvas import Canvas, text_width
from keras_bigmodel.reports.plots.palette import FIRST, MUTED
from keras_bigmodel.reports.report_text import count, shorten, things, visible

_NAMED = 24  # maximum number of classes that are drawn as named bars
_COLUMNS = 26
_ROW = 24
_WIDTH = 460


def class_sizes(table, *, part):
    """Draws the class sizes of one table: up to 24 classes as named bars, more classes as a profile sorted by size.

    Args:
        table: dict. One of `run["data"]["tables"]`.
        part: str. The table's name, e.g. `"train"`.

    Returns:
        `Plot`, or None if no class has rows.
    """
    sizes = table.get("classes") or {}
    if not any(sizes.values()):
        return None
    largest, smallest = max(sizes, key=sizes.get), min(sizes, key=sizes.get)
    nouns = label_nouns(table)
    description = (
        f"{things(len(sizes), *nouns.pair)} in the {part} rows; the largest, {visible(largest, 80)}, has "
        f"{count(sizes[largest])}, the smallest, {visible(smallest, 80)}, {count(sizes[smallest])}."
    )
    about = {"title": f"{nouns.counted.capitalize()} of each {nouns.one}, {part}", "description": description}
    total = table["rows"] if nouns.pair == ("label", "labels") and nouns.counted == "rows" else sum(sizes.values())
    return _bars(sizes, total, about) if len(sizes) <= _NAMED else _profile(sizes, about)


def _bars(sizes, total, about):
    names = {label: shorten(visible(label), _COLUMNS) for label in sizes}
    left = min(max(map(text_width, names.values())), 200) + 14
    canvas = Canvas("class_sizes", _WIDTH, len(sizes) * _ROW + 12, **about)
    most = max(sizes.values())
    axes = canvas.axes(left=left, right=104, top=6, bottom=6, x_limits=(0, most), y_limits=(len(sizes), 0))
    canvas.rectangles(axes, [(0, row + 0.2, rows, row + 0.8) for row, rows in enumerate(sizes.values())], color=FIRST)
    for row, (label, rows) in enumerate(sizes.items()):
        canvas.write(axes, 0, row + 0.5, label, columns=_COLUMNS, shift=(-8, 0), ha="right")
        share = f"{count(rows)}  ({rows / total:.1%})".replace("%)", "\u00a0%)")
        canvas.write(axes, rows, row + 0.5, share, shift=(7, 0), ha="left", color=MUTED)
    return canvas.plot()


def _profile(sizes, about):
    rows = sorted(sizes.values(), reverse=True)
    canvas = Canvas("class_sizes", _WIDTH, 240, **about)
    axes = canvas.axes(left=52, right=12, top=30, bottom=44, x_limits=(0, len(rows)), y_limits=(0, rows[0] * 1.05))
    canvas.y_axis(axes, {place: count(place) for place in canvas.steps(rows[0])}, "rows")
    bars = [(at + 0.1, 0, at + 0.9, number) for at, number in enumerate(rows)]
    canvas.rectangles(axes, bars, color=FIRST)
    ends = {0.5: "largest", len(rows) / 2: "median", len(rows) - 0.5: "smallest"}
    canvas.x_axis(axes, {})
    for place, name in ends.items():
        side = {"largest": "left", "median": "center", "smallest": "right"}[name]
        size = rows[min(int(place), len(rows) - 1)]
        canvas.write(axes, place, 0, f"{name}: {count(size)}", shift=(0, -16), ha=side, color=MUTED)
    return canvas.plot()
