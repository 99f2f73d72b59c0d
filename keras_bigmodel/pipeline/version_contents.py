"""What goes into a version folder, in which order. Knows tasks and exporters; no run."""

import dataclasses
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import FILE_NAME, Manifest
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.versions import version_folder
from keras_bigmodel.export import write_checked_saved_model
from keras_bigmodel.tasks import TextClassifier, task_folder

TASKS = {"TextClassifier": TextClassifier}
_SHORT = (
    "agrees",
    "texts",
    "dtype",
    "texts_with_other_tokens",
    "largest_logit_difference",
    "texts_with_other_labels",
    "saved_model_load_seconds",
)


def write_version(task, folder, manifest, *, parity_texts=None, write_report=None, reporter=SILENT):
    """Fills a version folder: the task, its SavedModel, the certificate, the report, the card, the manifest.

    Args:
        task: a task.
        folder: path of an empty folder.
        manifest: `Manifest`, all but its `parity` and files.
        parity_texts: texts to compare on, besides the bundled ones.
        write_report: function of folder, manifest and certificate that writes more files. Defaults to none.
        reporter: `Reporter` that is told how far it is.

    Returns:
        `Manifest` as written.
    """
    task_folder.write(task, folder)
    shipped = task if task.export_dtype == "float32" else task.with_dtype("float32")
    texts = None if parity_texts is None else task.preprocessor.checked(parity_texts)
    certificate = write_checked_saved_model(shipped, folder, texts, reporter)
    manifest = dataclasses.replace(manifest, parity={name: certificate[name] for name in _SHORT})
    if write_report is not None:
        write_report(Path(folder), manifest, certificate)
    manifest.write(folder)
    return manifest


def is_saved_task(path):
    """Says whether a folder was written by `Task.save`, and is no version."""
    return (Path(path) / task_folder.TASK_FILE).is_file() and not (Path(path) / FILE_NAME).is_file()


def load_task(path):
    """Loads the task of a version folder, or of the highest version under a folder, its files checked.

    Raises:
        UserError: nothing is there, or a file is missing or altered.
    """
    if is_saved_task(path):
        return TextClassifier.load(path)
    folder = version_folder(path)
    manifest = Manifest.read(folder)
    manifest.check(folder)
    if manifest.task not in TASKS:
        raise UserError(f"{folder} holds a {manifest.task}; this package knows {', '.join(TASKS)}.")
    return TASKS[manifest.task].load(folder)
