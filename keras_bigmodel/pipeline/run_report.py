"""What a report shows of a model and of the run that made it. Knows manifests and figures; no kind of task."""

import contextlib
import dataclasses
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest, package_versions
from keras_bigmodel.core.versions import version_folder
from keras_bigmodel.pipeline.jobs import job_of

_PATHS = ("table", "validation", "test", "encoder", "tensorboard")  # settings; a report is for sending on


def write_run_report(folder, manifest, certificate, *, job, figures):
    """Writes `report/` and `card.md` of a version.

    Args:
        folder: `Path` of the version folder.
        manifest: `Manifest`.
        certificate: dict: the parity certificate.
        job: the `Job` of its kind.
        figures: dict: `data` as `Job.data_report`, `history`, `notes`, `measured` as `Job.measure`.
    """
    figures = {**figures, "data": _with_names(figures["data"])}
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
    job_of(task).write_table_report(folder, about, dataclasses.replace(table, path=Path(table.path).name), figures)


def _with_names(data):
    """Returns what a report says of tables, with their files' names for their paths."""
    tables = {
        part: {**table, "path": Path(table["path"]).name, "notes": [_named(note, table["path"]) for note in notes]}
        if (notes := table.get("notes")) is not None
        else {**table, "path": Path(table["path"]).name}
        for part, table in data["tables"].items()
    }
    return {**data, "tables": tables}


def _named(sentence, path):
    return sentence.replace(path, Path(path).name)


def about_model(manifest):
    """Gives what a report says about a model, names of files and folders instead of their paths: dict."""
    settings = {
        name: Path(value).name if name in _PATHS and isinstance(value, str) and value else value
        for name, value in manifest.settings.items()
    }
    out = manifest.settings.get("out")
    settings["out"] = Path(out).name if out and Path(out).is_absolute() else out  # commands name it
    return {
        "name": manifest.name,
        "folder": settings["out"],
        "version": manifest.version,
        "parent": manifest.parent,
        "task": manifest.task,
        "labels": manifest.labels,
        "encoder": settings.get("encoder"),
        "parameters": manifest.sizes.get("parameters"),
        "columns": manifest.preprocessor["columns"],
        "max_length": manifest.preprocessor.get("max_length"),
        "tokenizer": manifest.preprocessor.get("tokenizer"),
        "dtype": manifest.settings.get("trained_in"),
        "created": manifest.created,
        "settings": settings,
        "versions": package_versions(),
    }
