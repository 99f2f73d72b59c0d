"""A task measured on a table. Knows kinds of tasks by their jobs; no files."""

from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.pipeline.jobs import job_of


def measure(task, table, *, batch_size=64, reporter=SILENT):
    """Answers a table's rows and compares with its targets.

    Args:
        task: a task.
        table: a table with labels; see `Job.read`.
        batch_size: int. Rows in a batch.
        reporter: `Reporter` that is told how far it is.

    Returns:
        dict of measures; of a classifier as `evaluation.classification_metrics`.

    Raises:
        UserError: the table does not fit the task.
    """
    return measured(task, table, batch_size=batch_size, reporter=reporter)["metrics"]


def measured(task, table, *, batch_size=64, reporter=SILENT):
    """Measures as `measure`, and looks closer, as a report shows it: dict with `metrics`; same arguments."""
    return job_of(task).measure(task, table, batch_size=batch_size, reporter=reporter)
