"""Writes the model card of a run in Markdown. Knows the run's dict; no model."""

import json
import re
import shlex
from pathlib import Path, PurePath

import yaml
from markupsafe import Markup

from keras_bigmodel.core.sentences import parity_words
from keras_bigmodel.reports.report_rows import class_rows
from keras_bigmodel.reports.report_summary import (
    commonest,
    measure_rows,
    measured_parts,
    metrics_of,
    tables_of,
)
from keras_bigmodel.reports.report_template import card_environment
from keras_bigmodel.reports.report_text import visible
from keras_bigmodel.reports.report_warnings import warnings_of

_CLASSES = 100  # rows of the table of classes; beyond, those with the lowest F1
_TEXTS = ("a text of yours", "its second")  # what the code gives a model as a row


def write_card(path, run):
    """Writes the model card: details, use, data, figures with intervals, limits, code, environment.

    The card quotes no text of the data: it is what people publish.

    Args:
        path: path of the file.
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
    """Returns how the code of a card gives a row to a model: `python`, `tensor` and `request`."""
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
        "parity_words": _parity_words(run.get("parity")),
        "labels": model.get("labels") or metrics.get("labels") or [],
        "tables": tables_of(run),
        "parts": parts,
        "metrics": metrics,
        "measures": measure_rows(run, parts),
        "commonest": commonest(metrics),
        "classes": class_rows(metrics)[:_CLASSES],
        "warnings": warnings_of(run),
    }


def _header(model, part, metrics):
    """Gives the YAML header, with the results where some were measured."""
    header = {"library_name": "keras", "pipeline_tag": "text-classification", "tags": ["keras_bigmodel", "tensorflow"]}
    if metrics:
        results = [
            {"type": kind, "name": title, "value": round(metrics[name], 4)}
            for name, kind, title in (("accuracy", "accuracy", "Accuracy"), ("macro_f1", "f1", "Macro F1"))
            if metrics.get(name) is not None
        ]
        measured = {
            "task": {"type": "text-classification"},
            "dataset": {"type": "table", "name": part},
            "metrics": results,
        }
        name = visible(model.get("name") or "classifier", 100)
        header["model-index"] = [{"name": name, "results": [measured]}]
    return yaml.safe_dump(header, sort_keys=False, allow_unicode=True)


def _base(model):
    """Gives the folder of the versions as the run was given it; a usual one where code could not name it."""
    folder = str(model.get("folder") or "")
    if folder and folder.isprintable():  # a line break would end the block of code
        return PurePath(folder)
    return PurePath("saved_models", _in_code(model.get("name")))


def _mount(model):
    """Gives what `docker run -v` takes, as a shell reads it."""
    base = _base(model)
    quoted = shlex.quote(f"{base}:/models/{_in_code(model.get('name'))}")
    return quoted if base.is_absolute() else f'"$PWD"/{quoted}'


def _in_code(name):
    """Gives a name that a shell, a URL and a code block take as it stands."""
    return re.sub(r"[^\w.-]+", "_", str(name or "classifier"))[:100]
