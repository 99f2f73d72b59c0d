"""Describes a classifier's tables and measures it on one. Knows labels and their metrics; no files."""

import time

from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.data import data_report, dominant_script
from keras_bigmodel.evaluation import answer_details, classification_metrics, length_slices
from keras_bigmodel.pipeline.streamed_tables import StreamedTable
from keras_bigmodel.pipeline.table_answers import ask, check_columns, refuse_unknown_labels


def measure_classifier(task, table, *, batch_size=64, reporter=SILENT):
    """Answers a table's texts, compares with its labels, and looks closer, as a report shows it.

    Args:
        task: `TextClassifier`.
        table: `TextTable` with labels.
        batch_size: int. Rows in a batch.
        reporter: `Reporter` that is told how far it is.

    Returns:
        dict: `metrics` as `evaluation.classification_metrics`, `details` as `evaluation.answer_details`, `seconds` that
        answering took.

    Raises:
        UserError: the table has a label that the task does not know, or other columns.
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
        advance()
        details = answer_details(targets, answers, task.labels, table.inputs, slices=slices)
        advance()
    return {"metrics": metrics, "details": details, "seconds": round(taken, 3)}


def targets_and_answers(task, table, *, batch_size, reporter, title="measuring", model="This model"):
    """Returns `(label numbers (texts,), probabilities (texts, labels))` of a table's rows.

    Raises:
        UserError: as `measure_classifier`.
    """
    check_columns(task, table, model)
    refuse_unknown_labels(table, task.labels)
    targets = task.encode_targets(table.labels)
    return targets, ask(task, table, batch_size=batch_size, reporter=reporter, title=title)


def tables_report(task, tables, reporter):
    """Describes the tables of a run; see `data.data_report`.

    Args:
        task: `TextClassifier`.
        tables: dict of part → `TextTable` or `StreamedTable`.
        reporter: `Reporter` that is told how far it is, and each note.

    Returns:
        dict; see `data_report`. Of a `StreamedTable`, what is said of texts is said of its sample.
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
