"""Writes the report of a run: one HTML page, its plots and its metrics as JSON. Knows the run's dict; no model."""

from pathlib import Path

from keras_bigmodel.data.figures.label_nouns import label_nouns
from keras_bigmodel.reports import report_rows
from keras_bigmodel.reports.report_json import as_json
from keras_bigmodel.reports.report_summary import (
    details_of,
    kind_of_run,
    majority_class,
    measure_rows,
    measured_parts,
    metrics_of,
    tables_of,
)
from keras_bigmodel.reports.report_template import page_environment
from keras_bigmodel.reports.report_warnings import warnings_of

PAGE, FIGURES = "index.html", "metrics.json"
_SHORT = ("training", "measures")  # chapters that may share a printed page with other chapters
_SHORT_WITH_FEW = ("classes", "labels", "spans", "confusion", "probabilities", "slices", "predictions")
_FEW_CLASSES = 20


def _has_labels(view):
    return view["kind"].name in ("classification", "multi_label")


def _has_mistakes(view, kind):
    return "mistakes" in view["details"] and view["kind"].name == kind


_CHAPTERS = {  # id → title, function that returns a true value if the run has content for it
    "data": ("The data", lambda view: view["tables"] or view["data"].get("leaks")),
    "training": ("Training", lambda view: view["curves"]),
    "measures": ("Measures", lambda view: view["measures"]),
    "classes": ("Classes", lambda view: view["classes"] and view["kind"].name == "classification"),
    "labels": ("Labels", lambda view: view["classes"] and view["kind"].name == "multi_label"),
    "spans": ("Spans", lambda view: view["classes"] and view["kind"].name == "token_classification"),
    "predictions": ("Predictions", lambda view: {"predictions", "residuals"} & set(view["plots"])),
    "confusion": ("Confusion", lambda view: "confusion_matrix" in view["plots"]),
    "probabilities": (
        "Probabilities",
        lambda view: {"roc", "reliability", "kept"} & set(view["plots"]) and view["kind"].name == "classification",
    ),
    "slices": ("Slices", lambda view: view["slices"]),
    "mistakes": ("The surest mistakes", lambda view: "mistakes" in view["details"] and _has_labels(view)),
    "span_mistakes": ("Wrong and missed spans", lambda view: _has_mistakes(view, "token_classification")),
    "errors": ("The largest errors", lambda view: _has_mistakes(view, "regression")),
    "making": ("How it was made", lambda view: view["model"] or view["run"].get("parity")),
}


def write_report(folder, run):
    """Writes `index.html` (one file, no network, no script), `metrics.json` and each plot as `<name>.svg`.

    Args:
        folder: path of a folder; it is created if it is missing.
        run: dict of what is known of the run. Any part may be missing; the chapter of a missing part is left out.
            `model` (name, version, settings, …), `data` (tables, leaks), `history` (metric → one value per epoch),
            `notes` (sentences), `measured` (part → `metrics` and `details` as from `Job.measure`),
            `parity` (the parity certificate of the export), `exports` (name of another export → its certificate).

    Returns:
        Path of the page.
    """
    from keras_bigmodel.reports.plots import draw_plots  # imported late: matplotlib takes 0.5 seconds to load

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    parts, tables = measured_parts(run), tables_of(run)
    data_part = "train" if "train" in tables else next(iter(tables), None)
    plots = draw_plots(run, measured_part=parts[0] if parts else None, data_part=data_part)
    for plot in plots.values():
        (folder / f"{plot.name}.svg").write_text(plot.file(), encoding="utf-8")
    (folder / FIGURES).write_text(as_json(run), encoding="utf-8")
    page = folder / PAGE
    page.write_text(page_environment().get_template("report.html").render(_view(run, plots)), encoding="utf-8")
    return page


def _view(run, plots):
    """Returns the variables of the page's template: dict."""
    parts = measured_parts(run)
    main = parts[0] if parts else None
    metrics, details = metrics_of(run, main), details_of(run, main)
    view = {
        "run": run,
        "model": run.get("model") or {},
        "data": run.get("data") or {},
        "tables": tables_of(run),
        "parts_measured": parts,
        "metrics": metrics,
        "details": details,
        "plots": plots,
        "curves": [plot for name, plot in plots.items() if name.startswith("training_")],
        "measures": measure_rows(run, parts),
        "kind": kind_of_run(run, parts),
        "nouns": label_nouns(*tables_of(run).values()),
        "majority_class": majority_class(metrics),
        "classes": report_rows.class_rows(metrics),
        "slices": report_rows.slice_groups(details, metrics),
        "warnings": warnings_of(run),
    }
    short = _SHORT if len(view["classes"]) > _FEW_CLASSES else (*_SHORT, *_SHORT_WITH_FEW)
    chapters = {name: title for name, (title, has) in _CHAPTERS.items() if has(view)}
    return {**view, "chapters": chapters, "short_chapters": short}
