"""Draws the numbers that a regressor learns. Knows the histogram of a table's numbers."""

from keras_bigmodel.reports.plots.canvas import Canvas
from keras_bigmodel.reports.plots.palette import FIRST
from keras_bigmodel.reports.report_text import count


def target_numbers(table, *, part):
    """Draws the histogram of the numbers of a table.

    Args:
        table: dict. One of `run["data"]["tables"]`.
        part: str. The table's name.

    Returns:
        `Plot`, or None if the table has no numbers.
    """
    numbers = table.get("numbers") or {}
    histogram = numbers.get("histogram") or {}
    edges, counts = histogram.get("edges") or [], histogram.get("counts") or []
    if not any(counts) or len(edges) != len(counts) + 1:
        return None
    description = (
        f"The numbers of the {part} rows go from {numbers['min']:.4g} to {numbers['max']:.4g}; half are "
        f"{numbers['50%']:.4g} or less."
    )
    canvas = Canvas("target_numbers", 460, 240, title=f"Numbers of the {part} rows", description=description)
    low, high, most = edges[0], edges[-1], max(counts)
    axes = canvas.axes(left=52, right=16, top=30, bottom=44, x_limits=(low, high), y_limits=(0, most * 1.05))
    canvas.y_axis(axes, {place: count(place) for place in canvas.steps(most)}, "rows")
    gap = (high - low) / 392 * 0.4
    bars = zip(edges, edges[1:], counts, strict=False)
    canvas.rectangles(axes, [(left + gap, 0, right - gap, rows) for left, right, rows in bars if rows], color=FIRST)
    canvas.x_axis(axes, {place: f"{place:.4g}" for place in canvas.steps(high, start=low)}, "number")
    return canvas.plot()
