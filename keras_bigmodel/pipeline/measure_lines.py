"""Formats measures as text. Knows the dict of `evaluation.classification_metrics`, and the width of characters."""

from rich.cells import cell_len

from keras_bigmodel.core.sentences import counted

_FIGURES = {  # key in the dict → name on the screen
    "accuracy": "accuracy",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "roc_auc": "ROC AUC",
    "log_loss": "log loss",
    "expected_calibration_error": "calibration error",
}
_IN_SHORT = ("accuracy", "macro_f1", "log_loss")


def metric_lines(metrics):
    """Returns one line: the number of texts, and accuracy, macro F1 and log loss with their intervals.

    Args:
        metrics: dict; see `evaluation.classification_metrics`.

    Returns:
        str.
    """
    figures = [f"{_FIGURES[name]} {_figure(metrics, name)}" for name in _IN_SHORT]
    if metrics.get("rejection"):
        figures.append(_rejection_in_short(metrics["rejection"]))
    return ", ".join([counted(metrics["texts"], "text"), *figures])


def _rejection_in_short(rejection):
    words = f"no label for {100 * (1 - rejection['share_kept']):.1f} % of them"
    return (
        words
        if rejection["accuracy_kept"] is None
        else f"{words}, accuracy {rejection['accuracy_kept']:.4f} of the others"
    )


def figure_lines(metrics):
    """Yields the number of texts, and a line for each figure over all classes, with its interval.

    Args:
        metrics: dict; see `evaluation.classification_metrics`. Versions of older packages have fewer figures.

    Yields:
        str.
    """
    yield from named_figure_lines(metrics, _FIGURES)
    if metrics.get("rejection"):
        yield rejection_line(metrics["rejection"])


def rejection_line(rejection):
    """Returns the line on the texts that get no label: str.

    Args:
        rejection: dict; see `evaluation.rejection_metrics`.

    >>> rejection_line({"below": 0.8, "share_kept": 0.75, "accuracy_kept": 0.99, "interval": [0.98, 1.0]})
    'below a probability of 0.8000, 25.0 % of the texts get no label; accuracy of the others 0.9900 (0.9800–1.0000)'
    """
    words = (
        f"below a probability of {rejection['below']:.4f}, {1 - rejection['share_kept']:.1%} of the texts get no label"
    )
    words = words.replace("%", " %")
    if rejection["accuracy_kept"] is None:
        return words
    return f"{words}; accuracy of the others {rejection['accuracy_kept']:.4f} {interval_text(rejection['interval'])}"


def class_lines(metrics):
    """Yields a heading and a line per class: precision, recall, F1 with its interval, and number of texts.

    Args:
        metrics: dict; see `evaluation.classification_metrics`.

    Yields:
        str.
    """
    rows = [("label", "precision", "recall", "f1", "texts")]
    for label, row in metrics["per_class"].items():
        rows.append((label, f"{row['precision']:.4f}", f"{row['recall']:.4f}", _figure(row, "f1"), str(row["texts"])))
    yield from columns(rows, right=(1, 2, 4))


def figures_in_short(metrics, names):
    """Returns one line: the number of texts, and some figures with their intervals.

    Args:
        metrics: dict of name → float or None, with `texts` and `intervals`.
        names: dict of the name of a figure → its name on the screen.

    Returns:
        str.
    """
    figures = [f"{shown} {_figure(metrics, name)}" for name, shown in names.items() if metrics.get(name) is not None]
    return ", ".join([counted(metrics["texts"], "text"), *figures])


def named_figure_lines(metrics, names):
    """Yields the number of texts, and a line for each figure with its interval.

    Args:
        metrics: as in `figures_in_short`.
        names: as in `figures_in_short`.

    Yields:
        str.
    """
    brackets = f"; in brackets: {100 * metrics['bootstrap']['level']:g} % intervals" if metrics.get("intervals") else ""
    yield f"{counted(metrics['texts'], 'text')}{brackets}"
    known = {name: shown for name, shown in names.items() if metrics.get(name) is not None}
    yield from columns([(shown, _figure(metrics, name)) for name, shown in known.items()])


def label_lines(metrics):
    """Yields a heading and a line per label: threshold, precision, recall, F1 with its interval, numbers of texts.

    Args:
        metrics: dict; see `evaluation.label_set_metrics`.

    Yields:
        str.
    """
    rows = [("label", "threshold", "precision", "recall", "f1", "texts", "predicted")]
    for label, row in metrics["per_class"].items():
        figures = (f"{row[name]:.4f}" for name in ("threshold", "precision", "recall"))
        rows.append((label, *figures, _figure(row, "f1"), str(row["texts"]), str(row["predicted"])))
    yield from columns(rows, right=(1, 2, 3, 5, 6))


def span_lines(metrics):
    """Yields a heading, a line per label with precision, recall and F1, and a line on what became of the spans.

    Args:
        metrics: dict; see `evaluation.span_metrics`.

    Yields:
        str.
    """
    rows = [("label", "precision", "recall", "f1", "spans", "predicted")]
    for label, row in metrics["per_class"].items():
        figures = (f"{row[name]:.4f}" for name in ("precision", "recall"))
        rows.append((label, *figures, _figure(row, "f1"), str(row["spans"]), str(row["predicted"])))
    yield from columns(rows, right=(1, 2, 4, 5))
    yield ", ".join(f"{name}: {number:,}" for name, number in metrics["outcomes"].items())


def columns(rows, *, right=()):
    """Yields rows as lines with aligned columns; a Chinese character is two cells wide in a terminal.

    Args:
        rows: list of equally long tuples of str; a character that is not printable is shown as a space.
        right: collection of int. Indices of the columns that are aligned to the right. Defaults to none.

    Yields:
        str.

    >>> list(columns([("差评", "9"), ("ok", "10")], right=[1]))
    ['差评   9', 'ok    10']
    """
    rows = [tuple(map(_printable, row)) for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = []
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - cell_len(cell))
            cells.append(space + cell if number in right else cell + space)
        yield "  ".join(cells).rstrip()


def _printable(text):
    return "".join(character if character.isprintable() else " " for character in text)


def interval_text(interval, number=".4f"):
    """Formats an interval in brackets.

    Args:
        interval: the two ends, float, or None.
        number: str. Format of the ends. Defaults to four decimals.

    Returns:
        str: empty if there is no interval.

    >>> interval_text([0.922, 0.973]), interval_text(None)
    ('(0.9220–0.9730)', '')
    """
    return "({}–{})".format(*(format(end, number) for end in interval)) if interval else ""


def _figure(metrics, name):
    interval = interval_text(metrics.get("intervals", {}).get(name))
    return f"{metrics[name]:.4f} {interval}".rstrip()
