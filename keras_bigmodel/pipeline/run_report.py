"""What a report shows of a model and of the run that made it. Knows manifests and figures; no kind of task."""

import contextlib

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest, package_versions
from keras_bigmodel.core.versions import version_folder
from keras_bigmodel.pipeline.jobs import job_of


def write_run_report(folder, manifest, certificate, *, job, figures):
    """Writes `report/` and `card.md` of a version.

    Args:
        folder: `Path` of the version folder.
        manifest: `Manifest`.
        certificate: dict: the parity certificate.
        job: the `Job` of its kind.
        figures: dict: `data` as `Job.describe`, `history`, `notes`, `measured` as `Job.measure`.
    """
    job.write_report(folder, {**figures, "model": about_model(manifest), "parity": certificate})


def write_table_report(folder, model, task, table, figures):
    """Writes the report of one table that a model was measured on.

    Args:
        folder: path of a folder that is there.
        model: path of the model's folder, or of one version.
        task: the task.
        table: `TextTable`.
        figures: dict as `Job.measure`.
    """
    about = {}
    with contextlib.suppress(UserError):  # a task that was saved without a manifest
        about = {"model": about_model(Manifest.read(version_folder(model)))}
    job_of(task).write_table_report(folder, about, table, figures)


def about_model(manifest):
    """Gives what a report says about a model: dict."""
    return {
        "name": manifest.name,
        "folder": manifest.settings.get("out"),
        "version": manifest.version,
        "parent": manifest.parent,
        "task": manifest.task,
        "labels": manifest.labels,
        "encoder": manifest.settings.get("encoder"),
        "parameters": manifest.sizes.get("parameters"),
        "columns": manifest.preprocessor["columns"],
        "max_length": manifest.preprocessor.get("max_length"),
        "tokenizer": manifest.preprocessor.get("tokenizer"),
        "dtype": manifest.settings.get("trained_in"),
        "created": manifest.created,
        "settings": manifest.settings,
        "versions": package_versions(),
    }
