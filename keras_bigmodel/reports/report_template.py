"""Loads the Jinja templates of the report and the card, and formats their values. Knows no metric."""

import re

import jinja2
from markupsafe import Markup, escape

from keras_bigmodel.reports import report_rows
from keras_bigmodel.reports.report_text import (
    between,
    count,
    decimal,
    language,
    percent,
    scientific,
    things,
    visible,
)

_LABEL = 120  # maximum number of characters of a label in a table


def page_environment():
    """Returns the Jinja environment of the HTML page.

    Every text that a template writes passes through `visible` and is escaped automatically, except `Markup`.
    """
    environment = _environment(autoescape=True, finalize=_shown)
    environment.filters["label"] = _label
    environment.filters["text"] = _text
    environment.globals.update(rows=report_rows, ErrorScale=ErrorScale, ReportScale=ReportScale)
    return environment


def card_environment():
    """Returns the Jinja environment of the Markdown card.

    Every text that the template writes passes through `visible` and is escaped for Markdown, except `Markup`.
    """
    return _environment(autoescape=False, finalize=_markdown)


def _environment(**kwargs):
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("keras_bigmodel.reports", "templates"),
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **kwargs,
    )
    writers = {
        "percent": percent,
        "count": count,
        "decimal": decimal,
        "scientific": scientific,
        "between": between,
        "things": things,
    }
    environment.filters.update(writers, moment=_moment, fact=_fact)
    return environment


def _shown(value):
    """Returns a text with all its characters visible; a missing value becomes an empty str."""
    if value is None or isinstance(value, Markup):
        return "" if value is None else value
    return visible(value) if isinstance(value, str) and value else value


def _moment(created):
    """Formats an ISO time as `2025-11-03 10:12 UTC`; returns any other value unchanged as str."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|\+00:00)", str(created or ""))
    return f"{found[1]} {found[2]} UTC" if found else str(created or "")


def _fact(value):
    """Formats the value of a setting."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_fact(item)}" for name, item in value.items())
    return ", ".join(map(_fact, value)) if isinstance(value, list | tuple) else str(value)


def _label(label):
    """Formats a label as HTML with its own direction and language."""
    parts = re.split(r"(?<=[_/.-])", visible(label, _LABEL))  # a narrow column may break a name after these
    return Markup('<bdi class="label"{}>{}</bdi>').format(_lang(label), Markup("<wbr>").join(parts))


def _text(text, limit=600):
    """Formats a text as HTML with its own direction and language."""
    return Markup('<span class="text" dir="auto"{}>{}</span>').format(_lang(text), visible(text, limit))


def _lang(text):
    return Markup(' lang="{}"').format(language(text))


def _markdown(value):
    """Escapes the characters that have a meaning in Markdown or in the HTML within it."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(f"\\{c}" if c in "\\`*_[]|~$" else str(escape(c)) for c in visible(value, 200))


class ErrorScale:
    """Maps errors to positions on a small horizontal bar, from 0 at the left end to the largest at the right end.

    Args:
        intervals: list of `[low, high]` or None that the bar must cover.
        values: list of float or None that the bar must cover.
    """

    write = staticmethod(lambda value: f"{value:.3g}")

    def __init__(self, intervals, values):
        ends = [end for interval in intervals if interval for end in interval if end is not None]
        self.low, self.high = 0.0, max([*ends, *(value for value in values if value is not None)], default=1.0) or 1.0

    def place(self, value):
        """Returns the position of a value: 0 at the left end, 1 at the right end, clipped to this range."""
        return min(1.0, max(0.0, value / self.high))


class ReportScale:
    """Maps values to positions on a small horizontal bar.

    The left end is the lowest value, rounded down to a tenth and at most 0.9. The right end is 1.

    Args:
        intervals: list of `[low, high]` or None that the bar must cover.
        values: list of float or None that the bar must cover.

    >>> scale = ReportScale([[0.62, 0.7]], [0.66])
    >>> scale.low, scale.high, round(scale.place(0.8), 2)
    (0.6, 1.0, 0.5)
    """

    write = staticmethod(lambda value: percent(value, 0))

    def __init__(self, intervals, values):
        ends = [end for interval in intervals if interval for end in interval if end is not None]
        lowest = min([*ends, *(value for value in values if value is not None)], default=0.0)
        self.low, self.high = min(int(lowest * 10) / 10, 0.9), 1.0

    def place(self, value):
        """Returns the position of a value: 0 at the left end, 1 at the right end, clipped to this range."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
