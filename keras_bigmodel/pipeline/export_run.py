"""Exports a trained model into a separate folder or as the next version. Knows exporters and versions."""

import dataclasses
import shutil
from pathlib import Path

from keras_bigmodel.core.answers import describe_reader
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.versions import LITE_PATH, next_version, version_folder
from keras_bigmodel.core.whole_folder import check_free
from keras_bigmodel.edge import CLASSIFIERS
from keras_bigmodel.export import QUANTIZERS
from keras_bigmodel.pipeline.changed_task import changed_task, check_changes
from keras_bigmodel.pipeline.encoder_export import export_encoder, is_encoder_export
from keras_bigmodel.pipeline.jobs import job_of
from keras_bigmodel.pipeline.lost_accuracy import LostAccuracy
from keras_bigmodel.pipeline.run_folder import RunFolder
from keras_bigmodel.pipeline.train_settings import MAX_DROP
from keras_bigmodel.pipeline.version_contents import (
    is_saved_task,
    load_task,
    preprocessor_facts,
    validation_table_of,
    write_lite,
    write_version,
)
from keras_bigmodel.tasks.export_formats import export_checked, exporter, format_named


def export(path, *, format="saved_model", quantize=None, out=None, table=None, max_drop=None, reporter=SILENT, **how):
    """Exports a trained model into a new folder, or as the next version beside it.

    Args:
        path: path of a version folder, or of a folder of versions; with the format `"tf_hub"` also a pretrained
            encoder, as in `checkpoints.open_checkpoint`.
        format: str. One of `tasks.export_formats.EXPORTERS`. Defaults to `"saved_model"`.
        quantize: str. The quantization of a file, one of `QUANTIZERS[format]`. Defaults to None: the first.
        out: path of a new folder. Defaults to None: the export becomes the next version, a LiteRT file in the folder
            `lite` of that version.
        table: `TextTable` with labels, on which the accuracy of the file is measured and `reject_below` is chosen.
            Defaults to None: the validation rows of the run that made the model.
        max_drop: float. Percentage points of accuracy that the file may lose. Defaults to None: 0.5.
        reporter: `Reporter` that receives the progress.
        **how: `ops`, as in `Task.with_ops`; `reject_below`, below which highest probability a text gets no label; or
            `keep_accuracy`, the share of the answers kept that must be right, for which `reject_below` is chosen.

    Returns:
        `(Path of the written folder, dict: the parity certificate)`.

    Raises:
        UserError: as `load_task`; the format is unknown; `out` already exists; the export does not agree with the
            model, or loses more accuracy than `max_drop`; no threshold reaches `keep_accuracy`.
    """
    exporter(format, quantize)  # raises for an unknown format before anything is loaded
    format = format_named(format)
    check_drop(format, None if "keep_accuracy" in how else table, max_drop)
    check_changes(format, **how)
    if out is None and format not in ("saved_model", "litert"):
        raise UserError(f"The format {format} is no version of a model; name a new folder for it with --out.")
    if out is not None:
        check_free(out)
    if is_encoder_export(path, format):
        return export_encoder(path, out, reporter=reporter)
    task, notes = changed_task(load_task(path), path, format, table, reporter, **how)
    accept = None
    if format in CLASSIFIERS:
        accept = _accept(task, path, table, max_drop, quantize or QUANTIZERS[format][0], reporter)
    if out is not None:
        how = {"format": format, "quantize": quantize, "accept": accept}
        return Path(out), export_checked(task, out, **how, reporter=reporter)
    folder = version_folder(path).resolve()  # the parent of "." would be "."
    parent = Manifest.read(folder)
    is_same = describe_reader(task.answer_reader()) == parent.answers
    with RunFolder(folder.parent).locked(), next_version(folder.parent) as (aside, number):
        notes += _copied(folder, aside, notes, reporter, with_lite=is_same or format == "litert")
        how = {"quantize": quantize, "reporter": reporter}
        lite = write_lite(task, aside, accept, **how) if format == "litert" else None
        notes += [] if lite is None else [_note(lite, parent.version)]
        written = write_version(task, aside, _changed_manifest(parent, task, number, notes), reporter=reporter)
    return folder.parent / str(number), lite or written.parity


def _copied(folder, aside, notes, reporter, *, with_lite):
    """Copies report, card and LiteRT file of a version, the card with notes; returns notes on what was left out."""
    for name in ("report", LITE_PATH.parent.name):
        if (folder / name).is_dir() and (with_lite or name == "report"):
            shutil.copytree(folder / name, aside / name)
    if (folder / "card.md").is_file():
        card = (folder / "card.md").read_text(encoding="utf-8")
        changes = "".join(f"- {note}\n" for note in notes)
        (aside / "card.md").write_text(card + (f"\n## Changes\n\n{changes}" if notes else ""), encoding="utf-8")
    if with_lite or not (folder / LITE_PATH).is_file():
        return []
    note = (
        "The LiteRT file of the version before has another threshold and was left out: bigmodel export --format litert."
    )
    reporter.say(note)
    return [note]


def _changed_manifest(parent, task, number, notes):
    """Returns the manifest of a version that was made from a parent by an export."""
    settings = {**parent.settings, "reject_below": getattr(task, "reject_below", None), "keep_accuracy": None}
    return dataclasses.replace(
        parent,
        version=number,
        parent=parent.version,
        notes=[*parent.notes, *notes],
        answers=describe_reader(task.answer_reader()),
        preprocessor=preprocessor_facts(task.preprocessor),
        settings=settings,
    )


def _note(certificate, version):
    """Returns the note on a LiteRT file that the report, copied from the parent version, does not list."""
    size = f"{certificate['bytes'] / 1e6:.1f} MB"
    return f"A LiteRT file ({certificate['quantize']}, {size}) was added to version {version}, whose report this is."


def _accept(task, path, table, max_drop, quantize, reporter):
    """Returns the `LostAccuracy` of a file, or None if nothing is lost, or nothing can be measured."""
    if table is None and quantize == "none" and max_drop is None:
        return None
    if not job_of(task).measures_exports:
        reporter.say(f"What an export loses is not measured of the kind {job_of(task).name}.")
        return None
    if table is None:
        table = validation_table_of(path)
    if table is not None:
        return LostAccuracy(task, table, MAX_DROP if max_drop is None else max_drop, reporter, quantize)
    sentence = f"The validation rows of {path} are not where they were, or have changed"
    if is_saved_task(path):
        sentence = f"{path} is a saved task, which knows no validation rows"
    if max_drop is not None:
        raise UserError(f"--max-drop came, and {sentence[0].lower()}{sentence[1:]}. Name a table with --data.")
    reporter.say(f"{sentence}: what the file loses is not measured. Name a table with labels: --data.")
    return None


def check_drop(format, table, max_drop):
    """Checks that `max_drop` and a table are given for formats whose files label texts only.

    Args:
        format: str. One of `tasks.export_formats.EXPORTERS`.
        table: `TextTable` to measure on, or its path, or None.
        max_drop: float or None. Percentage points of accuracy, from 0 to 100.

    Raises:
        UserError: the format is another one, or `max_drop` is out of range.
    """
    if table is None and max_drop is None:
        return
    if format_named(format) not in CLASSIFIERS:
        raise UserError(
            f'--data and --max-drop belong to --format litert, onnx and openvino, and the format is "{format}". Leave '
            "them out."
        )
    if max_drop is not None and not 0 <= max_drop <= 100:
        raise UserError(f"--max-drop {max_drop} came; wanted points of accuracy from 0 to 100, e.g. 0.3.")
