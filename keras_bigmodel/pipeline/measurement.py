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
    return measure_for_report(task, table, batch_size=batch_size, reporter=reporter)["metrics"]


def measure_for_report(task, table, *, batch_size=64, reporter=SILENT):
    """Measures as `measure` and returns all that a report shows: dict with `metrics`, of a classifier `details` too."""
    return job_of(task).measure(task, table, batch_size=batch_size, reporter=reporter)


def compare(first, second, table, *, batch_size=64, reporter=SILENT):
    """Answers a table's texts with two models and compares them, the second with the first.

    Args:
        first: path of a model: a version folder, a folder of versions (the highest counts), or a saved task.
        second: path of the other model. Its labels may stand in another order.
        table: `TextTable` with labels.
        batch_size: int. Rows in a batch.
        reporter: `Reporter` that is told how far it is.

    Returns:
        dict: see `evaluation.paired_comparison`, without `changed_rows`; `first` and `second` have `folder`, `name`
        and `version` (None for a saved task) besides; `changed`: a dict for each text that the two answer differently,
        in the table's order: `text`, `text_pair` (pairs only), `label`, `first`, `second` (the answers),
        `first_probability`, `second_probability` (of these), `kind`: `"fixed"`, `"broken"` or `"both wrong"`.

    Raises:
        UserError: as `load_task`; the models' labels differ; the table has a label that they do not know, or pairs do
            not fit a model.
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
