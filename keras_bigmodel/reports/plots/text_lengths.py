"""Draws the lengths of the texts and where they are truncated. Knows the length histogram of a table."""

from keras_bigmodel.reports.plots.canvas import Canvas
from keras_bigmodel.reports.plots.palette import FIRST, MUTED, SECOND
from keras_bigmodel.reports.report_text import count, percent


def text_lengths(table, max_length, *, part):
    """Draws the histogram of the lengths in tokens, with the length at which texts are truncated.

    Args:
        table: dict. One of `run["data"]["tables"]`.
        max_length: int or None. Maximum number of tokens that the model reads.
        part: str. The table's name.

    Returns:
        `Plot`, or None if the table has no histogram.
    """
    lengths = table.get("lengths") or {}
    histogram = lengths.get("histogram") or {}
    edges, counts = histogram.get("edges") or [], histogram.get("counts") or []
    if not any(counts) or len(edges) != len(counts) + 1:
        return None
    description = f"Half of the {part} texts have {count(lengths.get('50%'))} tokens or fewer, the longest " + (
        f"{count(lengths.get('max'))}; {percent(lengths.get('truncated_share'))} are cut at {count(max_length)}."
    )
    canvas = Canvas("text_lengths", 460, 240, title=f"Lengths of the {part} texts", description=description)
    end, longer = _end(edges, lengths, max_length)
    most = max(counts)
    axes = canvas.axes(left=52, right=16, top=30, bottom=44, x_limits=(edges[0], end), y_limits=(0, most * 1.05))
    canvas.y_axis(axes, {place: count(place) for place in canvas.steps(most)}, "texts")
    cut = end if max_length is None else max_length
    gap = (end - edges[0]) / 392 * 0.4
    canvas.rectangles(axes, _bars(histogram, edges[0], min(cut, end), gap), color=FIRST)
    canvas.rectangles(axes, _bars(histogram, cut, end, gap), color=SECOND)
    canvas.x_axis(axes, {place: count(place) for place in canvas.steps(end, start=edges[0])}, "tokens of a text")
    if longer:
        longest = f"the longest: {count(lengths.get('max') or edges[-1])} →"
        canvas.write(axes, end, 0, longest, shift=(0, 60), ha="right", color=MUTED, size=10.5)
    if max_length:
        canvas.lines(axes, [(max_length, 0, max_length, most * 1.05)], color=SECOND, width=1.5, style=(0, (4, 3)))
        side = "right" if max_length > (edges[0] + end) / 2 else "left"
        shift = (-6 if side == "right" else 6, -8)
        canvas.write(axes, max_length, most * 1.05, f"cut at {max_length}", shift=shift, ha=side, color=SECOND)
    return canvas.plot()


def _end(edges, lengths, max_length):
    """Returns the length at which the plot ends, and whether the longest texts are left out.

    A long tail would compress the rest of the histogram.
    """
    wanted = max(edges[-1], (max_length or 0) * 1.02)
    tail = max(lengths.get("99%") or wanted, (max_length or 0) * 1.02)
    return (tail, True) if tail * 1.5 < wanted else (wanted, False)


def _bars(histogram, low, high, gap):
    """Returns the parts of the histogram's bars between two lengths: list of `(x, y, x, y)`."""
    edges = histogram["edges"]
    bars = zip(edges, edges[1:], histogram["counts"], strict=False)
    cut = [(max(start, low) + gap, 0, min(stop, high) - gap, number) for start, stop, number in bars if number]
    return [bar for bar in cut if bar[0] < bar[2]]
