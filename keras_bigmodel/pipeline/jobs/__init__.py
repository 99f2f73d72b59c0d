"""Kinds of tasks, one file and one row of `JOBS` each. Knows what a run asks of a kind; no run."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.pipeline.jobs.classification import ClassificationJob
from keras_bigmodel.pipeline.jobs.job import Job

__all__ = ["JOBS", "Job", "job_named", "job_of"]

JOBS = {job.name: job for job in (ClassificationJob(),)}


def job_named(name):
    """Returns the job of a kind of task.

    Raises:
        UserError: there is none; the sentence lists the known.
    """
    if name not in JOBS:
        raise UserError(f'No kind of task "{name}". Known: {", ".join(JOBS)}.')
    return JOBS[name]


def job_of(task):
    """Returns the job of a task, or of a task's class by its name.

    Raises:
        UserError: there is none.
    """
    name = task if isinstance(task, str) else type(task).__name__
    for job in JOBS.values():
        if job.task_class.__name__ == name or isinstance(task, job.task_class):
            return job
    raise UserError(f"A {name} came; this package knows {', '.join(job.task_class.__name__ for job in JOBS.values())}.")
