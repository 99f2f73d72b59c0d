"""Writes the report of a model and of its training run. Knows manifests and figures; no kind of task."""

import contextlib
import dataclasses
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest, package_versions
from keras_bigmodel.core.versions import version_folder
from keras_bigmodel.pipeline.jobs import job_of

# Settings that a report shows by file name only, because reports are passed on to others.
_PATHS = ("table", "validation", "test", "encoder", "tensorboard")


def write_run_report(folder, manifest, certificate, *, job, figures):
    """Writes `report/` and `card.md` of a version.

    Args:
        folder: `Path` of the version folder.
        manifest: `Manifest` of the version.
        certificate: dict. The parity certificate.
        job: `Job` of the kind of task.
        figures: dict: `data` as from `Job.data_report`; `history` and `notes` as from `fit_task`; `measured`, dict of
            part → dict as from `Job.measure`.
    """
    figures = {**figures, "data": _with_names(figures["data"])}
    job.write_report(folder, {**figures, "model": about_model(manifest), "parity": certificate})


def write_table_report(folder, model, task, table, figures):
    """Writes the report of one table that a model was evaluated on.

    Args:
        folder: path of an existing folder.
        model: path of the model's folder, or of one version.
        task: the task.
        table: `TextTable`.
        figures: dict as from `Job.measure`.
    """
    about = {}
    with contextlib.suppress(UserError):  # a saved task has no manifest
        about = {"model": about_model(Manifest.read(version_folder(model)))}
    job_of(task).write_table_report(folder, about, dataclasses.replace(table, path=Path(table.path).name), figures)


def _with_names(data):
    """Returns a data report with file names in place of the tables' paths."""
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
    """Returns the part of a report that describes the model, with file and folder names in place of paths.

    Args:
        manifest: `Manifest`.

    Returns:
        dict: `name`, `folder`, `version`, `task`, `labels`, `settings`, `versions` and more.
    """
    settings = {
        name: Path(value).name if name in _PATHS and isinstance(value, str) and value else value
        for name, value in manifest.settings.items()
    }
    out = manifest.settings.get("out")
    settings["out"] = Path(out).name if out and Path(out).is_absolute() else out  # commands in the report use it
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
        "truncates": manifest.preprocessor.get("overlap", False) is False,
        "tokenizer": manifest.preprocessor.get("tokenizer"),
        "dtype": manifest.settings.get("trained_in"),
        "created": manifest.created,
        "settings": settings,
        "versions": package_versions(),
    }
