"""A run: settings → tables → task → fit → measures → version folder. Knows no command line and no HTTP."""

import dataclasses
import functools
import hashlib
import json
from pathlib import Path

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.versions import check_base, next_version
from keras_bigmodel.core.whole_folder import check_room
from keras_bigmodel.pipeline.data_description import describe_data
from keras_bigmodel.pipeline.fitting import class_weights, fit_task
from keras_bigmodel.pipeline.measurement import measured, refuse_unknown_labels
from keras_bigmodel.pipeline.run_folder import RunFolder
from keras_bigmodel.pipeline.run_report import write_run_report
from keras_bigmodel.pipeline.run_tables import described, read_tables
from keras_bigmodel.pipeline.streamed_tables import is_streamed, stream_tables
from keras_bigmodel.pipeline.task_to_train import parent_of, task_to_train
from keras_bigmodel.pipeline.train_settings import TrainSettings
from keras_bigmodel.pipeline.version_contents import write_version
from keras_bigmodel.training import resolve_dtype

UNFINISHED = ("refuse", "resume", "discard")
_PARITY_ROWS = 2000  # validation texts that the export is compared on, besides the bundled ones
_COPIES = 10  # of the weights on the disk at once: two states of three, the best, the task, the SavedModel, its checks


def train(settings, *, unfinished="refuse", reporter=SILENT, callbacks=()):
    """Trains a classifier on a table and publishes it as the next version of its name.

    While it runs, `<out>/.training/` holds its state; a run that ends early, by whatever hand, can be gone on with.

    Args:
        settings: `TrainSettings`.
        unfinished: what to do with a run that was not finished under this name: `"refuse"` to start, `"resume"` it,
            or `"discard"` it.
        reporter: `Reporter` that is told what happens.
        callbacks: Keras callbacks to run along.

    Returns:
        `(Path of the version folder, Manifest)`.

    Raises:
        UserError: something in the settings or the tables cannot be used; nothing is written then.
        RunStopped: somebody asked to stop (SIGINT, SIGTERM); the state is kept.
    """
    if unfinished not in UNFINISHED:
        raise UserError(f'unfinished="{unfinished}" came; known are {", ".join(UNFINISHED)}.')
    check_base(settings.out)
    with RunFolder(settings.out).locked() as run:
        if run.is_unfinished() and (unfinished == "discard" or not (run.has_state() or unfinished == "resume")):
            run.clear()
        if run.is_unfinished() and (folder := run.published()):
            reporter.say(f"The unfinished run had written {folder} already.")
            run.clear()
            return folder, Manifest.read(folder)
        if unfinished == "refuse":
            run.refuse_unfinished()
        if unfinished == "resume" and not run.is_unfinished():
            run.read()  # says that there is none
        folder, manifest = _run(settings, run, reporter, callbacks)
        run.clear()
    reporter.say(f"Wrote {folder}.")
    return folder, manifest


def settings_of_unfinished(out):
    """Gives the `TrainSettings` of the unfinished run under a name.

    Raises:
        UserError: there is none.
    """
    return TrainSettings(**{**RunFolder(out).read()["settings"], "out": str(out)})


def has_state(out):
    """Says whether an unfinished run under a name kept a state to go on from."""
    return RunFolder(out).has_state()


def _run(settings, run, reporter, callbacks):
    if is_streamed(settings):
        tables, labels = stream_tables(settings, reporter, run.folder)
    else:
        tables, labels = read_tables(settings, reporter.say)
    class_weights(settings.class_weight, tables["train"].label_counts)  # what cannot be used is refused at once
    keras.utils.set_random_seed(settings.seed)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    task = _task_of(run, settings, tables, labels)
    for name, table in tables.items():
        refuse_unknown_labels(table, task.labels, f"{name} ")
    check_room(settings.out, _COPIES * 4 * task.count_params())
    described_data = describe_data(task, tables, reporter)
    if settings.validation is None:
        held, rows = len(tables["validation"]), len(tables["validation"]) + len(tables["train"])
        reporter.say(f"Held back {held:,} of {rows:,} rows for validation.")
    reporter.say(f"Training on {len(tables['train'])} texts in {len(labels)} classes, in {task.export_dtype}.")
    history, notes = fit_task(
        task, settings, tables, state_folder=run.state_folder, reporter=reporter, callbacks=callbacks
    )
    for note in notes:
        reporter.say(note)
    return _publish(task, settings, run, tables, {"data": described_data, "history": history, "notes": notes}, reporter)


def _task_of(run, settings, tables, labels):
    """Makes the task, and notes the run or takes the unfinished one up."""
    facts = _with_whole_paths(settings)
    digests = {name: table.sha256 for name, table in tables.items()}
    if run.is_unfinished():
        run.go_on(facts, digests)
        task = task_to_train(settings, labels, dtype=run.run["dtype"], parent=run.run["parent"])
        run.check_model(_fingerprint(task))
    else:
        dtype, parent = resolve_dtype(settings.dtype).name, parent_of(settings)
        task = task_to_train(settings, labels, dtype=dtype, parent=parent)
        run.begin(facts, digests, dtype=dtype, parent=parent, model=_fingerprint(task))
    return task


def _with_whole_paths(settings):
    """Gives the settings but `out` as a dict, so that a run can be gone on with from another folder."""
    facts = {name: value for name, value in dataclasses.asdict(settings).items() if name != "out"}
    for name in ("table", "validation", "test", "encoder", "tensorboard"):
        if facts[name] is not None and (name == "tensorboard" or Path(facts[name]).exists()):
            facts[name] = str(Path(facts[name]).absolute())
    return facts


def _fingerprint(task):
    """Gives the sha256 of everything but the weights, which the run's state holds."""
    config = task.get_config()
    for part in (config, config["encoder"]):
        del part["name"]  # Keras counts the objects of a process
    return hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode()).hexdigest()


def _publish(task, settings, run, tables, figures, reporter):
    shipped = task.with_dtype("float32")  # what the export computes in: measured is what is shipped
    parts = [name for name in ("validation", "test") if name in tables]
    figures["measured"] = {name: measured(shipped, tables[name], reporter=reporter) for name in parts}
    accuracy = figures["measured"]["validation"]["metrics"]["accuracy"]
    reporter.say(f"Validation accuracy {accuracy:.4f}. Writing the version and comparing it.")
    with next_version(settings.out) as (folder, number):
        manifest = Manifest(
            task=type(task).__name__,
            name=Path(settings.out).resolve().name,
            version=number,
            parent=run.run["parent"],
            run=run.run["id"],
            labels=task.labels,
            tokenizer=task.tokenizer.settings(),
            sizes={**task.encoder.settings, "parameters": task.count_params(), "max_length_used": task.max_length},
            settings={**dataclasses.asdict(settings), "trained_in": task.export_dtype},
            data={name: described(table) for name, table in tables.items()},
            metrics={name: _short(part["metrics"]) for name, part in figures["measured"].items()},
            parity={},
            notes=figures["notes"],
        )
        texts = tables["validation"].rows(range(min(_PARITY_ROWS, len(tables["validation"])))).inputs
        report = functools.partial(write_run_report, figures=figures)
        manifest = write_version(shipped, folder, manifest, parity_texts=texts, write_report=report, reporter=reporter)
    return Path(settings.out) / str(number), manifest


def _short(metrics):
    """Gives the measures without the matrix, whose cells would be most of a manifest; `report/metrics.json` has it."""
    return {name: value for name, value in metrics.items() if name not in ("confusion_matrix", "labels")}
