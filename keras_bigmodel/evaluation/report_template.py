"""The templates of the report and the card, and how they write what they are given. Knows jinja2; no measure."""

import re

import jinja2
from markupsafe import Markup, escape

from keras_bigmodel.evaluation import report_rows
from keras_bigmodel.evaluation.report_scale import ReportScale
from keras_bigmodel.evaluation.report_text import (
    between,
    count,
    decimal,
    language,
    percent,
    scientific,
    things,
    visible,
)

_LABEL = 120  # characters of a label that a table shows


def page_environment():
    """Gives the environment of the HTML page: everything written is made visible and escaped, asked for or not."""
    environment = _environment(autoescape=True, finalize=_shown)
    environment.filters["label"] = _label
    environment.filters["text"] = _text
    environment.globals.update(rows=report_rows, ReportScale=ReportScale)
    return environment


def card_environment():
    """Gives the environment of the card in Markdown: all is made visible and escaped but `Markup`."""
    return _environment(autoescape=False, finalize=_markdown)


def _environment(**kwargs):
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("keras_bigmodel.evaluation", "templates"),
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
    """Makes a text visible; what is missing is written as nothing."""
    if value is None or isinstance(value, Markup):
        return "" if value is None else value
    return visible(value) if isinstance(value, str) and value else value


def _moment(created):
    """Writes a time as `2025-11-03 10:12 UTC`; what is no such time stays."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|\+00:00)", str(created or ""))
    return f"{found[1]} {found[2]} UTC" if found else str(created or "")


def _fact(value):
    """Writes a setting."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_fact(item)}" for name, item in value.items())
    return ", ".join(map(_fact, value)) if isinstance(value, list | tuple) else str(value)


def _label(label):
    """Writes a label in its own direction and language."""
    parts = re.split(r"(?<=[_/.-])", visible(label, _LABEL))  # a narrow column breaks a name there
    return Markup('<bdi class="label"{}>{}</bdi>').format(_lang(label), Markup("<wbr>").join(parts))


def _text(text, limit=600):
    """Writes a text in its own direction and language."""
    return Markup('<span class="text" dir="auto"{}>{}</span>').format(_lang(text), visible(text, limit))


def _lang(text):
    return Markup(' lang="{}"').format(language(text))


def _markdown(value):
    """Escapes what Markdown and the HTML in it would act on."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(f"\\{c}" if c in "\\`*_[]|~$" else str(escape(c)) for c in visible(value, 200))
