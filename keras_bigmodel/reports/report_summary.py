"""Selects the main evaluated part of a run, its metrics and the majority-class baseline. Knows the run's dict."""

from keras_bigmodel.reports.report_kind import kind_of

_PARTS = ("test", "validation")  # the first that was evaluated is the main part: validation rows chose the epoch


def metrics_of(run, part):
    """Returns the `metrics` dict of an evaluated part of the run; it is empty if the part was not evaluated."""
    return ((run.get("measured") or {}).get(part) or {}).get("metrics") or {}


def details_of(run, part):
    """Returns the `details` dict of an evaluated part of the run; it is empty if the part was not evaluated."""
    return ((run.get("measured") or {}).get(part) or {}).get("details") or {}


def tables_of(run):
    """Returns the tables of the run without the empty ones: dict of name → dict."""
    return {name: table for name, table in ((run.get("data") or {}).get("tables") or {}).items() if table}


def measured_parts(run):
    """Lists the names of the parts that were evaluated, the main part first: `test`, then `validation`, then others.

    >>> measured_parts({"measured": {"validation": {"metrics": {"texts": 9}}, "test": {"metrics": {"texts": 5}}}})
    ['test', 'validation']
    """
    there = [part for part in run.get("measured") or {} if metrics_of(run, part)]
    return sorted(there, key=lambda part: _PARTS.index(part) if part in _PARTS else len(_PARTS))


def majority_class(metrics):
    """Finds the most frequent class of the evaluated texts. Its share is the accuracy of always predicting this class.

    Args:
        metrics: dict, as from `classification_metrics`.

    Returns:
        dict of `label` and `share`, or None if there are no texts, or if they have no classes but labels or numbers.
    """
    if "accuracy" not in metrics:
        return None
    texts = {label: figures.get("texts") or 0 for label, figures in (metrics.get("per_class") or {}).items()}
    total = sum(texts.values())
    if not total:
        return None
    label = max(texts, key=texts.get)
    return {"label": label, "share": texts[label] / total}


def measure_rows(run, parts):
    """Lists the metrics that at least one part has.

    Args:
        run: dict, as `write_report` takes it.
        parts: list of str. Names of the evaluated parts.

    Returns:
        list of dict: `name`, `title`, `meaning`, `write` (function that formats a value) and `figures` (for each part
        `(value, interval)`, each None if it is missing).
    """
    rows = []
    for name, (title, write, meaning) in kind_of_run(run, parts).measures.items():
        figures = [(metrics_of(run, part).get(name), _interval(metrics_of(run, part), name)) for part in parts]
        if any(value is not None for value, _ in figures):
            rows.append({"name": name, "title": title, "meaning": meaning, "write": write, "figures": figures})
    return rows


def _interval(metrics, name):
    return (metrics.get("intervals") or {}).get(name)


def kind_of_run(run, parts):
    """Returns the `ReportKind` of a run, by the metrics of its main part.

    Args:
        run: dict, as `write_report` takes it.
        parts: list of str. Names of the evaluated parts.
    """
    return kind_of(metrics_of(run, parts[0]) if parts else {})
