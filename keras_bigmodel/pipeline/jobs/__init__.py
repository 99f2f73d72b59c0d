"""Registers the kinds of tasks in `JOBS`, one file and one row each. Knows what a run needs of a kind; no run."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.pipeline.jobs.classification import ClassificationJob
from keras_bigmodel.pipeline.jobs.job import Job
from keras_bigmodel.pipeline.jobs.multi_label import MultiLabelJob
from keras_bigmodel.pipeline.jobs.regression import RegressionJob
from keras_bigmodel.pipeline.jobs.token_classification import TokenClassificationJob

__all__ = ["JOBS", "Job", "job_for_labels", "job_named", "job_of"]

JOBS = {job.name: job for job in (ClassificationJob(), MultiLabelJob(), RegressionJob(), TokenClassificationJob())}


def job_named(name):
    """Returns the job of a kind of task.

    Args:
        name: str. Name of the kind, as given to `--task`.

    Returns:
        `Job`.

    Raises:
        UserError: the kind is unknown; the message lists the known kinds.
    """
    if name not in JOBS:
        raise UserError(f'No kind of task "{name}". Known: {", ".join(JOBS)}.')
    return JOBS[name]


def job_for_labels(label_kind):
    """Returns the job of the package's own that takes labels of a kind.

    Args:
        label_kind: str. One of `tables.label_cells.LABEL_KINDS`.

    Returns:
        `Job`.
    """
    return next(job for job in JOBS.values() if job.label_kind == label_kind)


def job_of(task):
    """Returns the job of a task.

    Args:
        task: a task, or str: the name of its class.

    Returns:
        `Job`.

    Raises:
        UserError: no job has such a task.
    """
    name = task if isinstance(task, str) else type(task).__name__
    for job in JOBS.values():
        if job.task_class.__name__ == name or isinstance(task, job.task_class):
            return job
    raise UserError(f"A {name} came; this package knows {', '.join(job.task_class.__name__ for job in JOBS.values())}.")
