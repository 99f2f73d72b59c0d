"""Computes the rows of a report's tables from the run's dict. Knows no page."""

import re

import numpy as np

from keras_bigmodel.core.sentences import parity_words

_MOST_DRAWN = 80  # classes of a matrix: more are not legible; then only those with the most errors are drawn
_DRAWN_OF_MANY = 50
_PAIRS = 15
_COLUMNS_TAKEN = re.compile(r"\s*\bTook column .*; name others with .*", re.DOTALL)


def class_rows(metrics):
    """Lists the classes with their metrics, the lowest F1 first; classes without texts are last.

    Args:
        metrics: dict, as from `classification_metrics`.

    Returns:
        list of dict: `label`, `number` (of texts or spans), `intervals` and the entries of `per_class`.
    """
    rows = [
        {
            "label": label,
            **figures,
            "number": figures.get("texts", figures.get("spans")),
            "intervals": figures.get("intervals") or {},
        }
        for label, figures in (metrics.get("per_class") or {}).items()
    ]
    return sorted(rows, key=lambda row: (not row["number"], row.get("f1") or 0))


def confused_pairs(metrics):
    """Lists the 15 most frequent confusions of two classes, the most frequent first.

    Args:
        metrics: dict with `confusion_matrix` and `labels`.

    Returns:
        list of dict: `label`, `answer` (the predicted label), `texts` and `share` (fraction of the label's texts).
    """
    matrix, labels = metrics.get("confusion_matrix") or [], matrix_labels(metrics)
    pairs = [
        {"label": labels[row], "answer": labels[column], "texts": texts, "share": texts / sum(counts)}
        for row, counts in enumerate(matrix)
        for column, texts in enumerate(counts)
        if texts and row != column
    ]
    return sorted(pairs, key=lambda pair: (-pair["texts"], -pair["share"]))[:_PAIRS]


def matrix_labels(metrics):
    """Returns the names of the rows and columns of the confusion matrix: list of str.

    Args:
        metrics: dict, as from `classification_metrics` or `span_metrics`.
    """
    return metrics.get("matrix_labels") or metrics.get("labels") or []


def drawn_classes(matrix):
    """Returns the indices of the classes that a drawn confusion matrix shows: list of int, in ascending order.

    Up to 80 classes, all are shown. Beyond, the 50 with the most errors in their row and column are shown.

    Args:
        matrix: int array `(classes, classes)`, or nested lists.
    """
    matrix = np.asarray(matrix)
    if len(matrix) <= _MOST_DRAWN:
        return list(range(len(matrix)))
    touched = matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * np.diagonal(matrix)
    return sorted(np.argsort(-touched, kind="stable")[:_DRAWN_OF_MANY].tolist())


def slice_groups(details, metrics):
    """Groups the slices by their criterion and marks those that are clearly worse than the whole.

    Args:
        details: dict, as from `answer_details`, `label_set_details` or `regression_details`.
        metrics: dict of the same part.

    Returns:
        dict of criterion → list of dict: a slice with `value` (its accuracy or mean absolute error) and `worse`,
        whether its whole interval is worse than the value of all texts.
    """
    error = metrics.get("mean_absolute_error")
    accuracy = metrics.get("accuracy", metrics.get("subset_accuracy"))
    groups = {}
    for row in details.get("slices") or []:
        interval = row.get("interval")
        if "f1" in row:
            f1 = metrics.get("micro_f1")
            value, worse = row["f1"], bool(interval) and f1 is not None and interval[1] < f1
        elif "mean_absolute_error" in row:
            value, worse = row["mean_absolute_error"], bool(interval) and error is not None and interval[0] > error
        else:
            value, worse = row["accuracy"], bool(interval) and accuracy is not None and interval[1] < accuracy
        groups.setdefault(row["by"], []).append({**row, "value": value, "worse": worse})
    return groups


def table_notes(tables):
    """Lists the notes on how the tables were read, each note once, with the names of its tables.

    Sentences about which columns were used are left out: a table that was split off another one has no such note, and
    `metrics.json` contains them.

    Args:
        tables: dict of name → dict with `notes`.

    Returns:
        list of `(note, names of tables)`.

    >>> table_notes({"train": {"notes": ["No header. Took column 1 as the text; name others with --text."]}})
    [('No header.', ['train'])]
    """
    notes = {}
    for name, table in tables.items():
        for note in table.get("notes") or []:
            kept = _COLUMNS_TAKEN.sub("", note)
            if kept:
                notes.setdefault(kept, []).append(name)
    return list(notes.items())


def class_counts(tables):
    """Lists the classes with their number of rows in each table, the largest class of the first table first.

    Args:
        tables: dict of name → dict with `classes` (label → number of rows).

    Returns:
        list of `(label, list of int, one for each table)`.
    """
    labels = dict.fromkeys(label for table in tables.values() for label in table.get("classes") or {})
    rows = [(label, [(table.get("classes") or {}).get(label, 0) for table in tables.values()]) for label in labels]
    return sorted(rows, key=lambda row: (-row[1][0], str(row[0])))


def script_rows(tables):
    """Lists the scripts with the fraction of each table's rows, the most frequent script first.

    Args:
        tables: dict of name → dict with `scripts` (script → number of rows).

    Returns:
        list of `(script, list of float or None, one for each table)`; None if a table has no scripts.
    """
    scripts = dict.fromkeys(script for table in tables.values() for script in table.get("scripts") or {})
    totals = [sum((table.get("scripts") or {}).values()) for table in tables.values()]
    rows = [
        (
            script,
            [
                (table.get("scripts") or {}).get(script, 0) / total if total else None
                for table, total in zip(tables.values(), totals, strict=True)
            ],
        )
        for script in scripts
    ]
    return sorted(rows, key=lambda row: -max(share or 0 for share in row[1]))


def export_rows(run):
    """Returns the exports of a run besides its SavedModel, as rows of a table.

    Args:
        run: dict, as `write_report` takes it; `exports` maps names of exports to their certificates.

    Returns:
        list of dict: `title`, `megabytes`, `compared` (words), and where it was measured on labels `accuracy`,
        `of_model`, `texts` and `changed`, else None.

    >>> export_rows({"exports": {"LiteRT int8": {"bytes": 2.4e7, "rows": 9, "outputs": {}}}})[0]["compared"]
    '9 rows: nothing compared'
    """
    return [
        {
            "title": name,
            "megabytes": certificate["bytes"] / 1e6,
            "compared": parity_words(certificate),
            "measure": certificate.get("measure", "accuracy"),
            "accuracy": certificate.get("quality", certificate.get("accuracy")),
            "of_model": certificate.get("quality_of_the_model", certificate.get("accuracy_of_the_model")),
            "texts": certificate.get("measured_texts"),
            "changed": certificate.get("labels_changed"),
        }
        for name, certificate in (run.get("exports") or {}).items()
    ]


def label_numbers(tables):
    """Lists the numbers of labels that rows of any table have: list of int, in ascending order.

    Args:
        tables: dict of name → dict with `labels_a_row` (number of labels → rows), or None there.
    """
    return sorted({int(number) for table in tables.values() for number in table.get("labels_a_row") or {}})
