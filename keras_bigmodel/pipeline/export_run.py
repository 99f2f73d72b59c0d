"""Exports a trained model into a separate folder or as the next version. Knows exporters and versions."""

import dataclasses
import shutil
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.versions import next_version, version_folder
from keras_bigmodel.export import certify
from keras_bigmodel.pipeline.lost_accuracy import LostAccuracy
from keras_bigmodel.pipeline.run_folder import RunFolder
from keras_bigmodel.pipeline.version_contents import load_task, write_version
from keras_bigmodel.tasks.export_formats import export_checked, exporter

LITE_FOLDER = "lite"  # the folder of a version that holds its LiteRT file
_KEPT = ("report", LITE_FOLDER)


def export(path, *, format="saved_model", quantize=None, out=None, table=None, max_drop=None, reporter=SILENT):
    """Exports a trained model into a new folder, or as the next version beside it.

    Args:
        path: path of a version folder, or of a folder of versions.
        format: str. One of `tasks.export_formats.EXPORTERS`. Defaults to `"saved_model"`.
        quantize: str. The quantization of a `"tflite"` file, one of `export.QUANTIZERS`. Defaults to the first.
        out: path of a new folder. Defaults to None: the export becomes the next version, a LiteRT file in the folder
            `lite` of that version.
        table: `TextTable` with labels, on which the accuracy of a LiteRT file is measured. Defaults to None.
        max_drop: float. Percentage points of accuracy that a LiteRT file may lose on `table`. Defaults to None.
        reporter: `Reporter` that receives the progress.

    Returns:
        `(Path of the written folder, dict: the parity certificate)`.

    Raises:
        UserError: as `load_task`; the format is unknown; `out` already exists; the export does not agree with the
            model, or loses more accuracy than `max_drop`.
    """
    write = exporter(format, quantize)  # raises for an unknown format before anything is loaded
    check_drop(format, table, max_drop)
    if out is None and format == "hugging_face":
        raise UserError("A Hugging Face folder is no version of a model; name a new folder for it with --out.")
    task = load_task(path)
    task = task if task.export_dtype == "float32" else task.with_dtype("float32")
    accept = None if max_drop is None else LostAccuracy(task, table, max_drop, reporter)
    if out is not None:
        how = {"format": format, "quantize": quantize, "accept": accept}
        return Path(out), export_checked(task, out, **how, reporter=reporter)
    folder = version_folder(path).resolve()  # the parent of "." would be "."
    parent = Manifest.read(folder)
    with RunFolder(folder.parent).locked(), next_version(folder.parent) as (aside, number):
        for name in _KEPT:
            if (folder / name).is_dir():
                shutil.copytree(folder / name, aside / name)
        if (folder / "card.md").is_file():
            shutil.copy(folder / "card.md", aside / "card.md")
        lite = _lite(write, task, aside / LITE_FOLDER, accept, reporter) if format == "tflite" else None
        manifest = dataclasses.replace(parent, version=number, parent=parent.version)
        written = write_version(task, aside, manifest, reporter=reporter)
    return folder.parent / str(number), lite or written.parity


def _lite(write, task, folder, accept, reporter):
    shutil.rmtree(folder, ignore_errors=True)  # the parent version's LiteRT file
    folder.mkdir()
    certificate = write(task, folder, None, reporter)
    if accept is not None:
        certificate = certify({**certificate, **accept(folder)}, folder)
    return certificate


def check_drop(format, table, max_drop):
    """Checks that `max_drop` and a table are given together, and for the LiteRT format only.

    Args:
        format: str. One of `tasks.export_formats.EXPORTERS`.
        table: `TextTable` to measure on, or its path, or None.
        max_drop: float or None. Percentage points of accuracy, from 0 to 100.

    Raises:
        UserError: only one of the two is given, the format is another one, or `max_drop` is out of range.
    """
    if table is None and max_drop is None:
        return
    if format != "tflite":
        raise UserError(
            f'--data and --max-drop belong to --format tflite, and the format is "{format}". Leave them out.'
        )
    if table is None or max_drop is None:
        raise UserError(
            "--data and --max-drop go together: a table with labels, and the points that may be lost on it."
        )
    if not 0 <= max_drop <= 100:
        raise UserError(f"--max-drop {max_drop} came; wanted points of accuracy from 0 to 100, e.g. 0.3.")
