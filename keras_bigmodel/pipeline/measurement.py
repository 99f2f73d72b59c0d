"""A task measured on a table. Knows tasks and metrics; no files."""

import time

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.data import dominant_script
from keras_bigmodel.evaluation import answer_details, classification_metrics, length_slices
from keras_bigmodel.training import ReportPredicting


def measure(task, table, *, batch_size=64, reporter=SILENT):
    """Answers a table's texts and compares with its labels.

    Args:
        task: `TextClassifier`.
        table: `TextTable` with labels.
        batch_size: int. Rows in a batch.
        reporter: `Reporter` that is told how far it is.

    Returns:
        dict; see `evaluation.classification_metrics`.

    Raises:
        UserError: the table has a label that the task does not know, or pairs do not fit the task.
    """
    targets, answers, _ = _answers(task, table, batch_size, reporter)
    return classification_metrics(targets, answers, task.labels)


def measured(task, table, *, batch_size=64, reporter=SILENT):
    """Measures as `measure`, and looks closer, as a report shows it; same arguments.

    Returns:
        dict: `metrics` as `measure`, `details` as `evaluation.answer_details`, `seconds` that answering took.
    """
    targets, answers, seconds = _answers(task, table, batch_size, reporter)
    slices = {
        "length in tokens": length_slices(task.token_counts(table.inputs)[0], task.max_length),
        "script": [dominant_script(text) for text in table.texts],
    }
    with reporter.bar("weighing the answers", 2) as advance:
        metrics = classification_metrics(targets, answers, task.labels)
        advance()
        details = answer_details(targets, answers, task.labels, table.texts, seconds=table.seconds, slices=slices)
        advance()
    return {"metrics": metrics, "details": details, "seconds": round(seconds, 3)}


def ask(task, table, *, batch_size, reporter, title="measuring"):
    """Answers a table's texts, with a bar: probabilities, float array `(texts, labels)`."""
    with reporter.bar(title, -(-len(table) // batch_size)) as advance:
        return task.predict(table.inputs, batch_size=batch_size, callbacks=[ReportPredicting(advance)])


def check_pairs(task, table, model="This model"):
    """Refuses pairs for a model of single texts, and single texts for a model of pairs.

    Args:
        task: `TextClassifier`.
        table: `TextTable`.
        model: str. What the model is called in the sentence.

    Raises:
        UserError: they do not fit.
    """
    if task.pairs != (table.seconds is not None):
        raise UserError(
            f"{model} takes pairs of texts: name the second text's column with --pair."
            if task.pairs
            else f"{model} takes single texts: leave --pair out."
        )


def refuse_unknown_labels(table, labels, part=""):
    """Refuses a table with a label that the model does not know.

    Args:
        table: `TextTable` or `StreamedTable`.
        labels: list of str, those of the model.
        part: str. What the table is in the run, with a blank behind it.

    Raises:
        UserError: the sentence names up to five such labels, and how many rows have one.
    """
    counts = table.label_counts
    unknown = sorted(set(counts) - set(labels))
    if unknown:
        rows = sum(counts[label] for label in unknown)
        shown = ", ".join(f'"{label}"' for label in unknown[:5]) + (" …" if len(unknown) > 5 else "")
        raise UserError(
            f"{rows} {part}rows of {table.path} have a label that the model was not trained on: {shown}. It knows "
            f"{', '.join(labels[:10])}{' …' if len(labels) > 10 else ''}. Drop such rows, or train with rows of that "
            "label."
        )


def _answers(task, table, batch_size, reporter):
    check_pairs(task, table)
    refuse_unknown_labels(table, task.labels)
    targets = task.encode_targets(table.labels)
    start = time.perf_counter()
    answers = ask(task, table, batch_size=batch_size, reporter=reporter)
    return targets, answers, time.perf_counter() - start
