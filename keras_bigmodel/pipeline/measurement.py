"""A task measured on a table. Knows tasks and metrics; no files."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.evaluation import classification_metrics
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
    if task.pairs != (table.seconds is not None):
        raise UserError(
            "This model takes pairs of texts: name the second text's column with --pair."
            if task.pairs
            else "This model takes single texts: leave --pair out."
        )
    targets = task.encode_targets(table.labels)
    with reporter.bar("measuring", -(-len(table) // batch_size)) as advance:
        answers = task.predict(table.inputs, batch_size=batch_size, callbacks=[ReportPredicting(advance)])
    return classification_metrics(targets, answers, task.labels)
