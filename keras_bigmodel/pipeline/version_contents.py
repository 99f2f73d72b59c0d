"""Writes and loads version folders, and finds the version that a run starts from. Knows tasks and exporters; no run."""

import dataclasses
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import FILE_NAME, Manifest
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.sentences import parity_in_short
from keras_bigmodel.core.versions import version_folder, version_numbers
from keras_bigmodel.export import write_checked_saved_model
from keras_bigmodel.pipeline.jobs import job_of
from keras_bigmodel.tasks import task_folder


def write_version(task, folder, manifest, *, parity_rows=None, write_report=None, reporter=SILENT):
    """Writes a version folder: SavedModel, parity certificate, task, report, card and manifest.

    Args:
        task: a task.
        folder: path of an empty folder.
        manifest: `Manifest`, complete except for `parity` and the files.
        parity_rows: rows to compare the export on, besides the preprocessor's samples. Defaults to None: none.
        write_report: function of folder, manifest and certificate that writes the report and the card. Defaults to
            None: neither is written.
        reporter: `Reporter` that receives the progress.

    Returns:
        `Manifest` as written.

    Raises:
        UserError: the SavedModel does not agree with the task.
    """
    shipped = task if task.export_dtype == "float32" else task.with_dtype("float32")
    rows = None if parity_rows is None else task.preprocessor.checked(parity_rows)
    certificate = write_checked_saved_model(shipped, folder, rows, reporter)
    task_folder.write_beside_saved_model(shipped, folder)
    manifest = dataclasses.replace(manifest, parity=parity_in_short(certificate))
    if write_report is not None:
        write_report(Path(folder), manifest, certificate)
    return manifest.write(folder)


def is_saved_task(path):
    """Returns whether a folder was written by `Task.save` and is not a version.

    Args:
        path: path of the folder.

    Raises:
        UserError: it cannot be a path.
    """
    folder = checked_path(path, "the folder of a model")
    return (folder / task_folder.TASK_FILE).is_file() and not (folder / FILE_NAME).is_file()


def load_task(path, *, dtype="float32"):
    """Loads the task of a version folder, or of the highest version in a folder, and checks its files.

    Args:
        path: path of a version folder, a folder of versions, or a saved task.
        dtype: str. As in `Task.load`. Defaults to `"float32"`.

    Returns:
        the task.

    Raises:
        UserError: there is no model, a file is missing or altered, or the kind of task is unknown.
    """
    if is_saved_task(path):
        return job_of(task_folder.task_name(path)).task_class.load(path, dtype=dtype)
    folder = version_folder(path)
    return job_of(Manifest.read(folder).task).task_class.load(folder, dtype=dtype)


def parent_of(settings):
    """Returns the number of the version that a run starts from: int, or None for the encoder.

    Args:
        settings: `TrainSettings`.

    Raises:
        UserError: the settings have `--continue`, and there is no version.
    """
    if not settings.from_last:
        return None
    if not version_numbers(settings.out):
        raise UserError(
            f"{settings.out} holds no version to continue from. Leave --continue out to begin from the encoder."
        )
    return version_numbers(settings.out)[-1]
