"""What goes into a version folder, in which order. Knows tasks and exporters; no run."""

import dataclasses
import shutil
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import FILE_NAME, Manifest
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.versions import next_version, version_folder
from keras_bigmodel.export import export_checked, exporter
from keras_bigmodel.pipeline.run_folder import RunFolder
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
    texts = None if parity_texts is None else task.checked_texts(parity_texts)
    certificate = exporter("saved_model")(shipped, folder, texts, reporter)
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


def export(path, *, format="saved_model", out=None, reporter=SILENT):
    """Exports a trained model: into a folder of its own, or as the next version beside it.

    Args:
        path: a version folder, or a folder of versions.
        format: str. One of `export.EXPORTERS`.
        out: path of a new folder. Without it the export becomes the next version.
        reporter: `Reporter` that is told how far it is.

    Returns:
        `(Path of what was written, dict: the parity certificate)`.

    Raises:
        UserError: as `load_task`; an unknown format; `out` is there already.
    """
    exporter(format)  # an unknown format is refused before anything is loaded
    task = load_task(path)
    if out is not None:
        return Path(out), export_checked(task.with_dtype("float32"), out, format=format, reporter=reporter)
    folder = version_folder(path).resolve()  # of "." too: its parent is asked for
    parent = Manifest.read(folder)
    with RunFolder(folder.parent).locked(), next_version(folder.parent) as (aside, number):
        if (folder / "report").is_dir():
            shutil.copytree(folder / "report", aside / "report")
        if (folder / "card.md").is_file():
            shutil.copy(folder / "card.md", aside / "card.md")
        write_version(
            task, aside, dataclasses.replace(parent, version=number, parent=parent.version), reporter=reporter
        )
    return folder.parent / str(number), Manifest.read(folder.parent / str(number)).parity
