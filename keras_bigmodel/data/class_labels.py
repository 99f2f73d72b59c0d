"""Checks that a classifier can be trained on a table's labels, and sorts them. Knows labels; no model."""

from collections import Counter
from dataclasses import replace

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import is_number, look_like_scores
from keras_bigmodel.core.sentences import counted

_SHOWN = 5
_LONG = 60  # characters; the median length of class names is smaller


def labels_to_train(table, *, min_rows=None):
    """Checks that a classifier can be trained on a table's labels.

    Args:
        table: `TextTable` with labels.
        min_rows: int or None. Classes with fewer rows are left out, and their rows counted in `dropped`. Defaults to
            None: no class is left out.

    Returns:
        `(TextTable, list of str)`: the rows to train on, and their different labels, sorted by `in_order`.

    Raises:
        UserError: there is only one class, the labels look like texts or scores, or a class has a single row.
    """
    kept = classes_to_train(table.path, Counter(table.labels), min_rows=min_rows)
    rows = [row for row, label in enumerate(table.labels) if label in kept]
    if len(rows) < len(table):
        reason, note = left_out_note(min_rows, len(set(table.labels)) - len(kept))
        dropped = {**table.dropped, reason: len(table) - len(rows)}
        table = replace(table.rows(rows), dropped=dropped, cut=table.cut, notes=[*table.notes, note])
    return table, sorted_labels(kept)


def sorted_labels(labels):
    """Returns labels sorted: as numbers if all are numbers, else as text.

    Classes named 0 to n - 1 are then equal to their indices: the index of the largest probability is the class.

    Args:
        labels: collection of str.

    Returns:
        list of str.

    >>> sorted_labels(["10", "2", "0", "1"]), sorted_labels({"10", "2", "b"})
    (['0', '1', '2', '10'], ['10', '2', 'b'])
    """
    if all(map(is_number, labels)):
        return sorted(labels, key=lambda label: (float(label), label))
    return sorted(labels)


def sorted_counts(counts):
    """Returns counts with their labels sorted by `in_order`.

    Args:
        counts: dict of label → number of rows.

    Returns:
        dict of label → number of rows.
    """
    return {label: counts[label] for label in sorted_labels(counts)}


def classes_to_train(path, counts, *, min_rows=None):
    """Checks that a classifier can be trained on classes of these sizes.

    Args:
        path: path of the table, for the error messages.
        counts: dict of label → number of rows.
        min_rows: int or None. As in `labels_to_train`.

    Returns:
        dict of label → number of rows: the classes that are not left out.

    Raises:
        UserError: as `labels_to_train`; or `min_rows` is below 1 or above the rows of every class.
    """
    if min_rows is not None and min_rows < 1:
        raise UserError(f"--min-rows {min_rows} came; wanted 1 or more, e.g. 2.")
    _check_classes(path, counts)
    kept = {label: rows for label, rows in counts.items() if min_rows is None or rows >= min_rows}
    if not kept:
        raise UserError(
            f"No class of {path} has {counted(min_rows, 'row')}; the largest has {max(counts.values())}. Lower "
            "--min-rows."
        )
    if len(kept) == 1:
        raise UserError(
            f'{_all(sum(kept.values()), path)} the label "{_short(next(iter(kept)))}"; a classifier needs '
            "at least two labels. Check the label's column (--label)."
        )
    single = sorted(label for label, rows in kept.items() if rows == 1)
    if single:
        raise UserError(_single_rows(path, single, kept))
    return kept


def left_out_note(min_rows, classes):
    """Returns the reason and a note for rows that were left out because their classes are too small.

    Args:
        min_rows: int. The least number of rows of a class.
        classes: int. Number of classes left out.

    Returns:
        `(reason, note)`: two str.
    """
    reason = f"class with fewer than {min_rows} rows"
    return reason, f"Left out {counted(classes, 'class')} with fewer than {min_rows} rows."


def _check_classes(path, counts):
    total, numbers = sum(counts.values()), all(map(is_number, counts))
    if look_like_scores(counts):
        raise UserError(
            f"The labels of {path} look like scores: {len(counts)} different numbers, such as "
            f"{', '.join(sorted(counts)[:3])}. Say --task regression to predict them; or round the scores to a few "
            "classes first, or name another column with --label."
        )
    if len(counts) > max(total / 2, _SHOWN):
        lengths = sorted(map(len, counts))
        like = "are too many for so few rows"
        if numbers:
            like = "look like scores or numbers of rows"
        elif lengths[len(lengths) // 2] > _LONG:
            like = "look like the texts' column"
        raise UserError(
            f"{path} has {len(counts)} different labels in {counted(total, 'row')}; they {like}. Check the label's "
            "column (--label), or add rows: each class needs at least two."
        )


def _all(rows, path):
    return f"The only row of {path} has" if rows == 1 else f"All {rows} rows of {path} have"


def _single_rows(path, single, counts):
    shown = ", ".join(f'"{_short(label)}"' for label in single[:_SHOWN])
    more = f" and {len(single) - _SHOWN} more" if len(single) > _SHOWN else ""
    why = ""
    if _look_like_several(single, counts):
        why = " They look like several labels in one cell, which --task multi_label reads."
    have = "have one row each" if len(single) > 1 else "has one row"
    return (
        f"{len(single)} of {len(counts)} labels of {path} {have}: {shown}{more}.{why} Add rows, or leave such "
        "classes out with --min-rows 2."
    )


def _look_like_several(single, counts):
    """Returns whether most labels of a single row are other labels joined by commas, semicolons or bars."""
    joined = sum(
        any(mark in label and all(part.strip() in counts for part in label.split(mark)) for mark in ",;|")
        for label in single
    )
    return joined > len(single) / 2


def _short(label):
    return label if len(label) <= _LONG else label[:_LONG] + "…"
