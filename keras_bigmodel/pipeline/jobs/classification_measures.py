"""Describes a classifier's tables and evaluates it on one. Knows labels and their metrics; no files."""

import time

from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.data import data_report, dominant_script
from keras_bigmodel.evaluation import (
    answer_details,
    classification_metrics,
    length_slices,
    rejection_metrics,
)
from keras_bigmodel.pipeline.streamed_tables import StreamedTable
from keras_bigmodel.pipeline.table_answers import check_columns, check_known_labels, predict_table


def measure_classifier(task, table, *, batch_size=64, reporter=SILENT):
    """Evaluates a classifier on a table, with the details that a report shows.

    Args:
        task: `TextClassifier`.
        table: `TextTable` with labels.
        batch_size: int. Rows in a batch. Defaults to 64.
        reporter: `Reporter` that receives the progress.

    Returns:
        dict: `metrics` as from `evaluation.classification_metrics`, with `rejection` as from
        `evaluation.rejection_metrics` if the task rejects texts; `details` as from `evaluation.answer_details`; and
        `seconds`, float: the time that the predictions took.

    Raises:
        UserError: the table has a label that the task does not know, or other columns than the task takes.
    """
    start = time.perf_counter()
    targets, answers = targets_and_answers(task, table, batch_size=batch_size, reporter=reporter)
    taken = time.perf_counter() - start
    slices = {
        "length in tokens": length_slices(task.token_counts(table.inputs)[0], task.max_length),
        "script": [dominant_script(text) for text in table.texts],
    }
    with reporter.bar("weighing the answers", 2) as advance:
        metrics = classification_metrics(targets, answers, task.labels)
        if task.reject_below is not None:
            metrics["rejection"] = rejection_metrics(targets, answers, task.labels, task.reject_below)
        advance()
        details = answer_details(targets, answers, task.labels, table.inputs, slices=slices)
        advance()
    return {"metrics": metrics, "details": details, "seconds": round(taken, 3)}


def targets_and_answers(task, table, *, batch_size, reporter, title="measuring", model="This model"):
    """Returns the true labels and the predicted probabilities of a table's rows.

    Args:
        task: `TextClassifier`.
        table: `TextTable` with labels.
        batch_size: int. Rows in a batch.
        reporter: `Reporter` that receives the progress.
        title: str. Title of the progress bar. Defaults to `"measuring"`.
        model: str. Name of the model in the error message. Defaults to `"This model"`.

    Returns:
        `(label indices (texts,), probabilities (texts, labels))`.

    Raises:
        UserError: as `measure_classifier`.
    """
    check_columns(task, table, model)
    check_known_labels(table, task.labels)
    targets = task.encode_targets(table.labels)
    return targets, predict_table(task, table, batch_size=batch_size, reporter=reporter, title=title)


def tables_report(task, tables, reporter):
    """Describes the tables of a run; see `data.data_report`.

    Args:
        task: `TextClassifier`.
        tables: dict of part → `TextTable` or `StreamedTable`.
        reporter: `Reporter` that receives the progress and each note.

    Returns:
        dict; see `data_report`. Figures on the texts of a `StreamedTable` are computed on its sample.
    """
    whole = {name: table for name, table in tables.items() if isinstance(table, StreamedTable)}
    held = {name: whole[name].sample if name in whole else table for name, table in tables.items()}
    with reporter.bar("looking at the data", len(tables) + 1) as advance:
        lengths, unknown = {}, {}
        for name, table in held.items():
            if len(table):
                lengths[name], unknown[name] = task.token_counts(table.inputs)
            advance()
        report = data_report(held, lengths=lengths, unknown=unknown, max_length=task.max_length, whole=whole)
        advance()
    for note in report["notes"]:
        reporter.say(note)
    return report
