"""What the head of a report says: the part that counts, its figures, what guessing reaches. Knows the run's dict."""

from keras_bigmodel.reports.report_text import decimal, percent

_PARTS = ("test", "validation")  # the first that was measured counts: validation rows chose the epoch

MEASURES = {  # figure → its name, how it is written, what it says
    "accuracy": ("Accuracy", percent, "share of the texts that were answered right"),
    "macro_f1": ("Macro F1", percent, "mean over the classes: a small class counts as much as a large one"),
    "weighted_f1": ("Weighted F1", percent, "mean over the classes, each by its number of texts"),
    "macro_precision": ("Macro precision", percent, "of the texts given to a class, the share that belongs there"),
    "macro_recall": ("Macro recall", percent, "of the texts of a class, the share that was found"),
    "weighted_precision": ("Weighted precision", percent, "as above, each class by its number of texts"),
    "weighted_recall": ("Weighted recall", percent, "as above, each class by its number of texts"),
    "roc_auc": ("Area under ROC", decimal, "how surely a class's texts are ranked above the others; chance is 0.5"),
    "log_loss": ("Log loss", decimal, "how far the probabilities are off; 0 is perfect"),
    "expected_calibration_error": ("Calibration error", percent, "how far sureness and share of right answers differ"),
}


def metrics_of(run, part):
    """Gives the measures of a part of the run, or an empty dict."""
    return ((run.get("measured") or {}).get(part) or {}).get("metrics") or {}


def details_of(run, part):
    """Gives the details of a part of the run, or an empty dict."""
    return ((run.get("measured") or {}).get(part) or {}).get("details") or {}


def tables_of(run):
    """Gives the tables of the run that are there: name → dict."""
    return {name: table for name, table in ((run.get("data") or {}).get("tables") or {}).items() if table}


def measured_parts(run):
    """Lists the parts that were measured, the one that counts first.

    >>> measured_parts({"measured": {"validation": {"metrics": {"texts": 9}}, "test": {"metrics": {"texts": 5}}}})
    ['test', 'validation']
    """
    there = [part for part in run.get("measured") or {} if metrics_of(run, part)]
    return sorted(there, key=lambda part: _PARTS.index(part) if part in _PARTS else len(_PARTS))


def commonest(metrics):
    """Gives the commonest class of the measured texts and its share: what an answer without reading would reach."""
    texts = {label: figures.get("texts") or 0 for label, figures in (metrics.get("per_class") or {}).items()}
    total = sum(texts.values())
    if not total:
        return None
    label = max(texts, key=texts.get)
    return {"label": label, "share": texts[label] / total}


def measure_rows(run, parts):
    """Lists the measures that some part has: `title`, `meaning`, `write`, and of each part `(value, interval)`."""
    rows = []
    for name, (title, write, meaning) in MEASURES.items():
        figures = [(metrics_of(run, part).get(name), _interval(metrics_of(run, part), name)) for part in parts]
        if any(value is not None for value, _ in figures):
            rows.append({"name": name, "title": title, "meaning": meaning, "write": write, "figures": figures})
    return rows


def _interval(metrics, name):
    return (metrics.get("intervals") or {}).get(name)
