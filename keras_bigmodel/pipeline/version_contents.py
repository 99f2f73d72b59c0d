"""What goes into a version folder, and which version a run begins from. Knows tasks and exporters; no run."""

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
    """Fills a version folder: the SavedModel, its certificate, the task, the report, the card, the manifest.

    Args:
        task: a task.
        folder: path of an empty folder.
        manifest: `Manifest`, all but its `parity` and files.
        parity_rows: rows to compare on, besides the preprocessor's samples.
        write_report: function of folder, manifest and certificate that writes more files. Defaults to none.
        reporter: `Reporter` that is told how far it is.

    Returns:
        `Manifest` as written.
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
    """Says whether a folder was written by `Task.save`, and is no version."""
    folder = checked_path(path, "the folder of a model")
    return (folder / task_folder.TASK_FILE).is_file() and not (folder / FILE_NAME).is_file()


def load_task(path, *, dtype="float32"):
    """Loads the task of a version folder, or of the highest version under a folder, its files checked.

    Args:
        path: path of a version folder, a folder of versions, or a saved task.
        dtype: str. As `Task.load`.

    Raises:
        UserError: nothing is there, a file is missing or altered, or the task is of a kind that is not known.
    """
    if is_saved_task(path):
        return job_of(task_folder.task_name(path)).task_class.load(path, dtype=dtype)
    folder = version_folder(path)
    return job_of(Manifest.read(folder).task).task_class.load(folder, dtype=dtype)


def parent_of(settings):
    """Gives the number of the version that a run begins from, None for the encoder.

    Raises:
        UserError: the settings say `--continue` and there is no version.
    """
    if not settings.from_last:
        return None
    if not version_numbers(settings.out):
        raise UserError(
            f"{settings.out} holds no version to continue from. Leave --continue out to begin from the encoder."
        )
    return version_numbers(settings.out)[-1]
