"""Writes and loads version folders, and finds the version that a run starts from. Knows tasks and exporters; no run."""

import dataclasses
import shutil
import tempfile
from pathlib import Path

import keras

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import FILE_NAME, Manifest
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.sentences import parity_in_short
from keras_bigmodel.core.versions import LITE_PATH, version_folder, version_numbers
from keras_bigmodel.export import WorseExportError, certify, write_checked_saved_model
from keras_bigmodel.pipeline.jobs import job_named, job_of
from keras_bigmodel.pipeline.serving_files import write_serving_files
from keras_bigmodel.pipeline.train_settings import TrainSettings
from keras_bigmodel.tasks import task_folder
from keras_bigmodel.tasks.export_formats import exporter


def write_version(task, folder, manifest, *, parity_rows=None, write_report=None, reporter=SILENT):
    """Writes a version folder: SavedModel, parity certificate, task, serving files, report, card and manifest.

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
    write_serving_files(folder, shipped.preprocessor, manifest, rows=rows, reporter=reporter)
    manifest = dataclasses.replace(manifest, parity=parity_in_short(certificate))
    if write_report is not None:
        write_report(Path(folder), manifest, certificate)
    return manifest.write(folder)


def write_lite(task, folder, accept, *, quantize, reporter):
    """Writes the LiteRT file of a version and its certificate into the version's folder `lite`.

    Args:
        task: `TextClassifier` in float32.
        folder: path of the version folder.
        accept: function of the path of the folder `lite`, as in `tasks.export_formats.export_checked`, or None.
        quantize: str. One of `export.QUANTIZERS["litert"]`, or None for the first.
        reporter: `Reporter` that receives the progress.

    Returns:
        dict: the parity certificate.

    Raises:
        WorseExportError: the file does not agree, or is not accepted; the folder `lite` is removed then.
    """
    lite = (Path(folder) / LITE_PATH).parent
    shutil.rmtree(lite, ignore_errors=True)  # the parent version's file
    lite.mkdir()
    try:
        certificate = exporter("litert", quantize)(task, lite, None, reporter)
        return certificate if accept is None else certify({**certificate, **accept(lite)}, lite)
    except WorseExportError:
        shutil.rmtree(lite)
        raise


def validation_table(manifest):
    """Returns the validation rows of the run that made a version, read again from the run's tables.

    Args:
        manifest: `Manifest` of the version.

    Returns:
        a table, as `Job.read` returns it; None if the tables cannot be read any more, or have changed.
    """
    known = {field.name for field in dataclasses.fields(TrainSettings)}
    settings = {name: value for name, value in manifest.settings.items() if name in known}
    try:
        with tempfile.TemporaryDirectory() as folder:
            tables, _ = job_named(manifest.job).read(TrainSettings(**settings), SILENT, folder)
    except (UserError, TypeError):
        return None
    table = tables["validation"]
    facts = manifest.data.get("validation", {})
    is_same = (facts.get("sha256"), facts.get("rows")) == (table.sha256, len(table))
    return table if is_same else None


def validation_table_of(path):
    """Returns the `validation_table` of the version that a path means, None for a saved task.

    Args:
        path: path of a version folder, a folder of versions, or a saved task.
    """
    return None if is_saved_task(path) else validation_table(Manifest.read(version_folder(path)))


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


def preprocessor_facts(preprocessor):
    """Returns a preprocessor's settings for the manifest, without those stored in separate files: dict.

    Args:
        preprocessor: `Preprocessor`.
    """
    config, _ = preprocessor.to_files(keras.saving.serialize_keras_object(preprocessor)["config"])
    tokenizer = config.pop("tokenizer", None)
    facts = {"class": type(preprocessor).__name__, "columns": list(preprocessor.columns), **config}
    if isinstance(tokenizer, dict):
        facts["tokenizer"] = {"class": tokenizer["class_name"], **tokenizer["config"]}
    return facts
