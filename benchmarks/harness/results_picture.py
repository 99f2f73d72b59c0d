"""Ratios as bars, each with the line that it is to reach. Knows ratios; loads matplotlib when called."""

from .comparison import MORE_IS_BETTER, NO_GOAL, NOT_REACHED, REACHED

_REACHED, _MISSED, _PLAIN, _INK = "#0b62a8", "#bb4c05", "#8a94a3", "#1b2430"
_COLOURS = {REACHED: _REACHED, NOT_REACHED: _MISSED, NO_GOAL: _PLAIN}


def draw_ratios(path, ratios, about):
    """Draws the ratios that there are as bars on a logarithmic scale.

    Args:
        path: `Path` of the PNG.
        ratios: list of `Ratio`.
        about: dict: date, machine.

    Returns:
        bool: whether there was anything to draw.
    """
    shown = [ratio for ratio in ratios if ratio.values][::-1]  # matplotlib counts from below
    if not shown:
        return False
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        figure = Figure(figsize=(11, 1.6 + 0.32 * len(shown)), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for place, ratio in enumerate(shown):
            _bar(axes, place, ratio)
        _dress(axes, shown, about)
        figure.savefig(path)
    return True


def _bar(axes, place, ratio):
    median = ratio.median
    # From 1, where both are alike: to the right more, to the left less.
    axes.barh(place, median - 1, left=1, height=0.6, color=_COLOURS[ratio.outcome])
    axes.plot([min(ratio.values), max(ratio.values)], [place, place], color=_INK, linewidth=1)
    goal = ratio.comparison.goal
    if goal is not None:
        axes.plot([goal, goal], [place - 0.42, place + 0.42], color=_INK, linewidth=2.2)
    wanted = "" if MORE_IS_BETTER[ratio.comparison.metric] else "  (less is better)"
    if goal is not None:
        wanted = f"  ({ratio.comparison.sign} {goal:g}: {ratio.outcome})"
    axes.annotate(
        f"{median:.2f}{wanted}",
        (max(median, 1, goal or 1, *ratio.values), place),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=_INK,
    )


def _dress(axes, shown, about):
    values = [value for ratio in shown for value in (*ratio.values, ratio.comparison.goal or 1, 1)]
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 1.3, max(values) * 3)  # room for the words
    axes.set_yticks(range(len(shown)), [ratio.comparison.name for ratio in shown], fontsize=8)
    axes.set_ylim(-0.7, len(shown) - 0.3)
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if min(values) / 1.3 <= tick <= max(values) * 3]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.axvline(1, color=_INK, linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    axes.set_xlabel("keras_bigmodel's figure over the peer's; thick line: goal; thin line: all rounds", fontsize=8)
    title = f"{about['date']}, {about['machine']['processor']}, {about['threads']} threads"
    axes.set_title(f"{title}{' (QUICK RUN, toy size)' if about['quick'] else ''}", fontsize=9, loc="left")
