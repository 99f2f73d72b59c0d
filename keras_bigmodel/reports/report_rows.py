"""The rows of a report's tables, worked out of the run's dict. Knows no page."""

import re

import numpy as np

_MOST_DRAWN = 80  # classes of a matrix: more cannot be read; then those with the most mistakes are drawn
_DRAWN_OF_MANY = 50
_PAIRS = 15
_COLUMNS_TAKEN = re.compile(r"\s*\bTook column .*; name others with .*", re.DOTALL)


def class_rows(metrics):
    """Lists the classes with their figures, the lowest F1 first; classes without texts come last."""
    rows = [
        {"label": label, **figures, "intervals": figures.get("intervals") or {}}
        for label, figures in (metrics.get("per_class") or {}).items()
    ]
    return sorted(rows, key=lambda row: (not row.get("texts"), row.get("f1") or 0))


def confused_pairs(metrics):
    """Lists what is most often taken for what: `label`, `answer`, `texts`, and their share of the label's texts."""
    matrix, labels = metrics.get("confusion_matrix") or [], metrics.get("labels") or []
    pairs = [
        {"label": labels[row], "answer": labels[column], "texts": texts, "share": texts / sum(counts)}
        for row, counts in enumerate(matrix)
        for column, texts in enumerate(counts)
        if texts and row != column
    ]
    return sorted(pairs, key=lambda pair: (-pair["texts"], -pair["share"]))[:_PAIRS]


def drawn_classes(matrix):
    """Gives the numbers of the classes that a drawn matrix shows: all, or those that most mistakes touch."""
    matrix = np.asarray(matrix)
    if len(matrix) <= _MOST_DRAWN:
        return list(range(len(matrix)))
    touched = matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * np.diagonal(matrix)
    return sorted(np.argsort(-touched, kind="stable")[:_DRAWN_OF_MANY].tolist())


def slice_groups(details, accuracy):
    """Groups the slices by what they are cut by; `below` marks those whose whole interval lies below the accuracy."""
    groups = {}
    for row in details.get("slices") or []:
        interval = row.get("interval")
        below = bool(interval) and accuracy is not None and interval[1] < accuracy
        groups.setdefault(row["by"], []).append({**row, "below": below})
    return groups


def table_notes(tables):
    """Lists what is to be known of how the tables were read, each note once, with the tables that it is of.

    Which columns were taken is left out: a table that was split off another has no such note, and `metrics.json` tells.

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
    """Lists the classes with their rows in each table, the largest first."""
    labels = dict.fromkeys(label for table in tables.values() for label in table.get("classes") or {})
    rows = [(label, [(table.get("classes") or {}).get(label, 0) for table in tables.values()]) for label in labels]
    return sorted(rows, key=lambda row: (-row[1][0], str(row[0])))


def script_rows(tables):
    """Lists the scripts with the share of each table's rows, the commonest first."""
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
