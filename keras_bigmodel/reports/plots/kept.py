"""Draws how often answers are right if those with low probabilities are left out. Knows the curve of kept texts."""

import math

from keras_bigmodel.reports.plots.canvas import Canvas
from keras_bigmodel.reports.plots.palette import FIRST, SECOND
from keras_bigmodel.reports.report_text import decimal, percent

_TOP, _BOTTOM, _HEIGHT = 30, 46, 346


def kept(metrics, details):
    """Draws the accuracy of the texts that are kept against their share, and the threshold of the model if it has one.

    Args:
        metrics: dict, as from `classification_metrics`; with `"rejection"` if the model rejects texts.
        details: dict. Its `"kept"`: `share`, `accuracy` and `below` of each point, as from `kept_curve`.

    Returns:
        `Plot`, or None if there is no curve.

    Source: El-Yaniv and Wiener, 2010, "On the Foundations of Noise-free Selective Classification".
    """
    curve = details.get("kept") or {}
    if len(curve.get("share") or []) < 2:
        return None
    half = min(range(len(curve["share"])), key=lambda point: abs(curve["share"][point] - 0.5))
    description = (
        f"Of the {percent(curve['share'][half])} of the texts with the highest probabilities, "
        f"{percent(curve['accuracy'][half])} are answered right."
    )
    canvas = Canvas("kept", 460, _HEIGHT, title="Right answers among the texts kept", description=description)
    least = math.floor(min(curve["accuracy"]) * 20) / 20
    least = max(0.0, least if least < 1 else 0.95)
    axes = canvas.axes(left=52, right=24, top=_TOP, bottom=_BOTTOM, x_limits=(0, 1), y_limits=(least, 1))
    ticks = {least + (1 - least) * place / 5: percent(least + (1 - least) * place / 5, 0) for place in range(6)}
    canvas.y_axis(axes, ticks, "answers that were right")
    canvas.x_axis(axes, {place / 5: f"{place * 20}\u00a0%" for place in range(6)}, "texts kept, the surest first")
    axes.plot(curve["share"], curve["accuracy"], color=FIRST, linewidth=1.8, clip_on=False, zorder=2)
    chosen = metrics.get("rejection") or {}
    if chosen.get("accuracy_kept") is not None:
        point = [chosen["share_kept"]], [chosen["accuracy_kept"]]
        axes.scatter(*point, s=60, color=SECOND, linewidths=0, clip_on=False, zorder=3)
        is_right = chosen["share_kept"] > 0.5
        how = {"shift": (-10 if is_right else 10, 8), "ha": "right" if is_right else "left"}
        canvas.write(axes, *(part[0] for part in point), f"below {decimal(chosen['below'])}: no label", **how)
    return canvas.plot()
