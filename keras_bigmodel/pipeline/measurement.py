"""Measures one model on a table, and compares two. Knows version folders and jobs; no command line."""

import functools
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.versions import version_folder
from keras_bigmodel.pipeline.jobs import job_of
from keras_bigmodel.pipeline.version_contents import is_saved_task, load_task
from keras_bigmodel.tasks import task_folder


def measure(task, table, *, batch_size=64, reporter=SILENT):
    """Evaluates a task on a table.

    Args:
        task: a task.
        table: a table with labels; see `Job.read`.
        batch_size: int. Rows in a batch. Defaults to 64.
        reporter: `Reporter` that receives the progress.

    Returns:
        dict of measures; for a classifier see `evaluation.classification_metrics`.

    Raises:
        UserError: the table does not fit the task.
    """
    return measure_for_report(task, table, batch_size=batch_size, reporter=reporter)["metrics"]


def measure_for_report(task, table, *, batch_size=64, reporter=SILENT):
    """Evaluates a task as `measure` does, and returns everything that a report shows.

    Args:
        task: as `measure`.
        table: as `measure`.
        batch_size: as `measure`.
        reporter: as `measure`.

    Returns:
        dict with `metrics`, and for a classifier `details` and `seconds` too; see `Job.measure`.

    Raises:
        UserError: the table does not fit the task.
    """
    return job_of(task).measure(task, table, batch_size=batch_size, reporter=reporter)


def compare(first, second, table, *, batch_size=64, reporter=SILENT):
    """Compares the predictions of two models on a table, the second with the first.

    Args:
        first: path of a model: a version folder, a folder of versions (the highest is used), or a saved task.
        second: path of the other model. Its labels may have another order.
        table: `TextTable` with labels.
        batch_size: int. Rows in a batch. Defaults to 64.
        reporter: `Reporter` that receives the progress.

    Returns:
        dict: see `evaluation.paired_comparison`, without `changed_rows`. `first` and `second` also have `folder`,
        `name` and `version` (None for a saved task). `changed` has a dict for each text that the two answer
        differently, in the table's order: `text`, `text_pair` (pairs only), `label`, `first` and `second` (the
        predicted labels), `first_probability` and `second_probability` (of these labels), and `kind`: `"fixed"`,
        `"broken"` or `"both wrong"`.

    Raises:
        UserError: as `load_task`; the models are of different kinds or have different labels; the table has a label
            that the models do not know, or other columns than a model takes.
    """
    models = (_model_facts(first), _model_facts(second))
    jobs = {job_of(model["task"]) for model in models}
    if len(jobs) > 1:
        kinds = " and ".join(model["task"] for model in models)
        raise UserError(f"Models of two kinds came: {kinds}. Compare models of the same kind.")
    asked = [(model["folder"], functools.partial(load_task, model["folder"])) for model in models]
    compared = jobs.pop().compare(asked, table, batch_size=batch_size, reporter=reporter)
    for name, model in zip(("first", "second"), models, strict=True):
        compared[name] = {**{key: model[key] for key in ("folder", "name", "version")}, **compared[name]}
    return compared


def _model_facts(path):
    if is_saved_task(path):
        name = Path(path).resolve().name
        return {"folder": str(path), "name": name, "version": None, "task": task_folder.task_name(path)}
    folder = version_folder(path)
    manifest = Manifest.read(folder)
    return {"folder": str(folder), "name": manifest.name, "version": manifest.version, "task": manifest.task}
