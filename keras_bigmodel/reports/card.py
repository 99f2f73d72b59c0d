"""Writes the model card of a run in Markdown. Knows the run's dict; no model."""

import json
import re
import shlex
from pathlib import Path, PurePath

import yaml
from markupsafe import Markup

from keras_bigmodel.core.sentences import parity_words
from keras_bigmodel.reports.report_kind import kind_of
from keras_bigmodel.reports.report_rows import class_rows, export_rows
from keras_bigmodel.reports.report_summary import (
    kind_of_run,
    majority_class,
    measure_rows,
    measured_parts,
    metrics_of,
    tables_of,
)
from keras_bigmodel.reports.report_template import card_environment
from keras_bigmodel.reports.report_text import visible
from keras_bigmodel.reports.report_warnings import warnings_of

_CLASSES = 100  # maximum number of rows in the table of classes; those with the lowest F1 are listed
_TEXTS = ("a text of yours", "its second")  # the example row in the code of a card


def write_card(path, run):
    """Writes the model card: details, use, data, metrics with intervals, limits, code, environment.

    The card quotes no text of the data, because cards are published.

    Args:
        path: path of the file. Its folder is created if it is missing.
        run: dict, as `write_report` takes it.

    Returns:
        Path of the card.

    Source: the sections are those of Mitchell et al., 2019, "Model Cards for Model Reporting"; the header is the one
    that Hugging Face reads.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(card_environment().get_template("card.md.jinja").render(_view(run)), encoding="utf-8")
    return path


def _example(columns):
    """Returns an example row as the code in a card passes it to a model: `python`, `tensor` and `request`."""
    row = dict(zip(columns, _TEXTS, strict=False))
    words = [json.dumps(text) for text in row.values()]
    instance = row if len(row) > 1 else _TEXTS[0]
    return {
        "python": f"({', '.join(words)})" if len(words) > 1 else words[0],
        "tensor": ", ".join(f"{name}=tf.constant([{json.dumps(text)}])" for name, text in row.items()),
        "request": json.dumps({"instances": [instance]}),
    }


def _parity_words(parity):
    return parity_words(parity) if parity and {"rows", "endpoints"} <= set(parity) else None


def _view(run):
    model, parts = run.get("model") or {}, measured_parts(run)
    main = parts[0] if parts else None
    metrics = metrics_of(run, main)
    columns = model.get("columns") or ["text"]
    return {
        "run": run,
        "model": model,
        "header": Markup(_header(model, main, metrics)),
        "place": Markup(json.dumps(str(_base(model) / str(model.get("version") or "")), ensure_ascii=False)),
        "mount": Markup(_mount(model)),
        "name": Markup(_in_code(model.get("name"))),
        "example": {name: Markup(code) for name, code in _example(columns).items()},
        "columns": columns,
        "needs_text_ops": (run.get("parity") or {}).get("foreign_ops") != [],
        "parity_words": _parity_words(run.get("parity")),
        "exports": export_rows(run),
        "labels": model.get("labels") or metrics.get("labels") or [],
        "tables": tables_of(run),
        "parts": parts,
        "metrics": metrics,
        "kind": kind_of_run(run, parts),
        "outputs": Markup(kind_of_run(run, parts).outputs),
        "measures": measure_rows(run, parts),
        "majority_class": majority_class(metrics),
        "classes": class_rows(metrics)[:_CLASSES],
        "warnings": warnings_of(run),
    }


def _header(model, part, metrics):
    """Returns the YAML header: str. It contains the results if a part was evaluated."""
    kind = kind_of(metrics)
    header = {"library_name": "keras", "pipeline_tag": kind.pipeline, "tags": ["keras_bigmodel", "tensorflow"]}
    if metrics:
        results = [
            {"type": type_, "name": title, "value": round(metrics[name], 4)}
            for name, type_, title in kind.card_metrics
            if metrics.get(name) is not None
        ]
        measured = {
            "task": {"type": kind.pipeline},
            "dataset": {"type": "table", "name": part},
            "metrics": results,
        }
        name = visible(model.get("name") or "classifier", 100)
        header["model-index"] = [{"name": name, "results": [measured]}]
    return yaml.safe_dump(header, sort_keys=False, allow_unicode=True)


def _base(model):
    """Returns the folder of the versions as the run received it, or a default if code could not contain its name."""
    folder = str(model.get("folder") or "")
    if folder and folder.isprintable():  # a line break would end the code block
        return PurePath(folder)
    return PurePath("saved_models", _in_code(model.get("name")))


def _mount(model):
    """Returns the argument of `docker run -v`, quoted for a shell."""
    base = _base(model)
    quoted = shlex.quote(f"{base}:/models/{_in_code(model.get('name'))}")
    return quoted if base.is_absolute() else f'"$PWD"/{quoted}'


def _in_code(name):
    """Returns a name that needs no quoting in a shell, a URL or a code block."""
    return re.sub(r"[^\w.-]+", "_", str(name or "classifier"))[:100]
