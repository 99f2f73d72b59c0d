"""Trains and publishes a task: settings → tables → task → fit → measures → version. Knows no command line, no HTTP."""

import dataclasses
import functools
import hashlib
import json
from pathlib import Path

import keras
import tensorflow as tf

from keras_bigmodel.core.answers import describe_reader
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.path_check import check_no_pattern, checked_path
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.versions import check_base, next_version
from keras_bigmodel.core.whole_folder import check_disk_space
from keras_bigmodel.export import check_packages
from keras_bigmodel.pipeline.fitting import check_tensorboard, fit_task
from keras_bigmodel.pipeline.jobs import job_for_labels, job_named
from keras_bigmodel.pipeline.lost_accuracy import LostAccuracy
from keras_bigmodel.pipeline.run_folder import RunFolder
from keras_bigmodel.pipeline.run_report import write_run_report
from keras_bigmodel.pipeline.train_settings import TrainSettings
from keras_bigmodel.pipeline.version_contents import load_task, parent_of, preprocessor_facts, write_lite, write_version
from keras_bigmodel.tables.table_reader import JOINED_LABELS, TableReader
from keras_bigmodel.training import resolve_dtype

UNFINISHED = ("refuse", "resume", "discard")
_PARITY_ROWS = 2000  # validation texts that the export is compared on, besides the bundled samples
_LABELS = {"several": "several a text", "number": "numbers", "spans": "spans of the texts"}
_COPIES = 9  # of the weights on the disk at once: two states of three each, the best, the SavedModel, its checks


def train(settings, *, unfinished="refuse", reporter=SILENT, callbacks=()):
    """Trains a task on a table and publishes it as the next version of the model.

    During the run, `<out>/.training/` holds its state. A run that ends early, for any reason, can be resumed.

    Args:
        settings: `TrainSettings`.
        unfinished: str. What to do if `out` has an unfinished run: `"refuse"` raises, `"resume"` resumes it, and
            `"discard"` removes it. Defaults to `"refuse"`.
        reporter: `Reporter` that receives the messages and the progress.
        callbacks: Keras callbacks for `fit`. Defaults to none.

    Returns:
        `(Path of the version folder, Manifest)`.

    Raises:
        UserError: the settings or the tables cannot be used; no version is written then.
        RunStopped: the process received SIGINT or SIGTERM; the state is saved.
    """
    if unfinished not in UNFINISHED:
        raise UserError(f'unfinished="{unfinished}" came; known are {", ".join(UNFINISHED)}.')
    check_base(settings.out)
    check_no_pattern(settings.out)
    check_tensorboard(settings)
    with RunFolder(settings.out).locked() as run:
        if run.is_unfinished() and (unfinished == "discard" or not (run.has_state() or unfinished == "resume")):
            run.clear()
        if run.is_unfinished() and (folder := run.published_version()):
            reporter.say(f"The unfinished run had written {folder} already.")
            run.clear()
            return folder, Manifest.read(folder)
        if unfinished == "refuse":
            run.check_no_unfinished()
        if unfinished == "resume" and not run.is_unfinished():
            run.read()  # raises: there is none
        folder, manifest = _run(settings, run, reporter, callbacks)
        run.clear()
    reporter.say(f"Wrote {folder}.")
    return folder, manifest


def settings_of_unfinished(out):
    """Returns the `TrainSettings` of the unfinished run of a model.

    Args:
        out: path of the model's folder.

    Raises:
        UserError: there is no unfinished run.
    """
    return TrainSettings(**{**RunFolder(out).read()["settings"], "out": str(out)})


def has_state(out):
    """Returns whether a model has an unfinished run with a saved state.

    Args:
        out: path of the model's folder.
    """
    return RunFolder(out).has_state()


def _run(settings, run, reporter, callbacks):
    checked_path(settings.encoder, "the name of an encoder, or its folder")
    for table in (settings.table, settings.validation, settings.test):
        if table is not None:
            checked_path(table, "the name of a table")
    settings = _with_task(settings, reporter)
    job = job_named(settings.task)
    job.check_settings(settings)
    settings = _with_separator(settings, job, reporter)
    if settings.with_litert:
        check_packages("litert", settings.quantize)
    tables, facts = job.read(settings, reporter, run.folder)
    keras.utils.set_random_seed(settings.seed)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    task = _task_of(run, job, settings, tables, facts)
    job.check(task, tables)
    check_disk_space(settings.out, _COPIES * 4 * task.count_params())
    figures = {"data": job.data_report(task, tables, reporter)}
    if settings.validation is None:
        held, rows = len(tables["validation"]), len(tables["validation"]) + len(tables["train"])
        reporter.say(f"Held back {held:,} of {counted(rows, 'row')} for validation.")
    reporter.say(job.start_message(task, tables))
    how = {"state_folder": run.state_folder, "reporter": reporter, "callbacks": callbacks}
    figures["history"], figures["notes"] = fit_task(task, job, settings, tables, **how)
    for note in figures["notes"]:
        reporter.say(note)
    return _publish(task, job, settings, run, tables, figures, reporter)


def _with_task(settings, reporter):
    """Returns the settings with the kind of task: as given, that of the version to continue, or as the labels look."""
    if settings.task is not None:
        return settings
    parent = parent_of(settings)
    if parent is not None:
        return dataclasses.replace(settings, task=Manifest.read(Path(settings.out) / str(parent)).job)
    job = job_for_labels(TableReader(settings.table, settings, label_kind=None).label_kind)
    if job.label_kind != "one":
        reporter.say(f"The labels are {_LABELS[job.label_kind]}: this is {job.name} (--task says otherwise).")
    return dataclasses.replace(settings, task=job.name)


def _with_separator(settings, job, reporter):
    """Returns the settings with the sign that joins labels in the training table, which all tables are read with."""
    if job.label_kind != "several" or settings.label_separator is not None:
        return settings
    separator = TableReader(settings.table, settings, label_kind=job.label_kind).label_separator
    if separator is not None:
        reporter.say(JOINED_LABELS.format(separator))
    return dataclasses.replace(settings, label_separator=separator)


def _task_of(run, job, settings, tables, facts):
    """Builds the task, and starts a new run or resumes the unfinished one."""
    noted = _with_absolute_paths(settings)
    digests = {name: table.sha256 for name, table in tables.items()}
    if run.is_unfinished():
        run.resume(noted, digests)
        task = _build_task(job, settings, facts, run.run["dtype"], run.run["parent"])
        run.check_model(_fingerprint(task))
    else:
        dtype, parent = resolve_dtype(settings.dtype).name, parent_of(settings)
        task = _build_task(job, settings, facts, dtype, parent)
        run.begin(noted, digests, dtype=dtype, parent=parent, model=_fingerprint(task))
    return task


def _build_task(job, settings, facts, dtype, parent):
    if parent is not None:
        folder = Path(settings.out) / str(parent)
        last = load_task(folder)
        if not isinstance(last, job.task_class):
            raise UserError(
                f"{folder} holds a {type(last).__name__}, and the run is of the kind {job.name}. Leave --continue out."
            )
        parent = folder, last
    return job.make_task(settings, facts, dtype=dtype, parent=parent)


def _with_absolute_paths(settings):
    """Returns the settings without `out` as a dict, with absolute paths: a run may be resumed from another folder."""
    facts = {name: value for name, value in dataclasses.asdict(settings).items() if name != "out"}
    for name in ("table", "validation", "test", "encoder", "tensorboard"):
        if facts[name] is not None and (name == "tensorboard" or Path(facts[name]).exists()):
            facts[name] = str(Path(facts[name]).absolute())
    return facts


def _fingerprint(task):
    """Computes the sha256 of a task's configuration; the weights are in the run's state."""
    config = task.get_config()
    for part in (config, config["encoder"]["config"]):
        part.pop("name", None)  # Keras numbers the objects of a process
    return hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode()).hexdigest()


def _publish(task, job, settings, run, tables, figures, reporter):
    shipped = task.with_dtype("float32")  # the export's dtype, so that the measures are those of the export
    shipped, notes = job.finished(shipped, tables["validation"], settings, reporter)
    for note in notes:
        reporter.say(note)
    figures["notes"] = [*figures["notes"], *notes]
    parts = [name for name in ("validation", "test") if name in tables]
    measured = {name: job.measure(shipped, tables[name], reporter=reporter) for name in parts}
    figures["measured"] = measured
    headlines = {name: job.headline(part["metrics"]) for name, part in measured.items()}
    reporter.say(f"Validation: {headlines['validation']}. Writing the version and comparing it.")
    with next_version(settings.out) as (folder, number):
        manifest = Manifest(
            task=type(task).__name__,
            job=job.name,
            name=Path(settings.out).resolve().name,
            version=number,
            parent=run.run["parent"],
            run=run.run["id"],
            answers=describe_reader(shipped.answer_reader()),
            preprocessor=preprocessor_facts(task.preprocessor),
            sizes={**getattr(task.encoder, "settings", {}), "parameters": task.count_params()},
            settings={**dataclasses.asdict(settings), "trained_in": task.export_dtype},
            data={name: job.table_facts(table) for name, table in tables.items()},
            metrics={name: job.manifest_metrics(part["metrics"]) for name, part in measured.items()},
            headlines=headlines,
            parity={},
            notes=figures["notes"],
        )
        validation = tables["validation"]
        rows = validation.rows(range(min(_PARITY_ROWS, len(validation)))).inputs
        if settings.with_litert:
            figures |= _with_lite(shipped, folder, settings, validation, figures["notes"], reporter)
            manifest = dataclasses.replace(manifest, notes=figures["notes"])
        report = functools.partial(write_run_report, job=job, figures=figures)
        manifest = write_version(shipped, folder, manifest, parity_rows=rows, write_report=report, reporter=reporter)
    return Path(settings.out) / str(number), manifest


def _with_lite(task, folder, settings, table, notes, reporter):
    """Writes the version's LiteRT file; returns `exports` and `notes`.

    A file that is refused becomes a note: hours of training are not lost with it.
    """
    accept = (
        None
        if settings.quantize == "none"
        else LostAccuracy(task, table, settings.max_drop, reporter, settings.quantize)
    )
    try:
        certificate = write_lite(task, folder, accept, quantize=settings.quantize, reporter=reporter)
    except UserError as error:
        note = f"The version has no LiteRT file. {error}"
        reporter.say(note)
        return {"exports": {}, "notes": [*notes, note]}
    return {"exports": {f"LiteRT {settings.quantize}": certificate}, "notes": notes}
