"""A run: settings → table → task → fit → measures → version folder. Knows no command line and no HTTP."""

import contextlib
import dataclasses
from pathlib import Path

import keras
import numpy as np

from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.versions import check_base, next_version
from keras_bigmodel.data import hold_back, read_text_table
from keras_bigmodel.pipeline.measurement import measure
from keras_bigmodel.pipeline.version_contents import write_version
from keras_bigmodel.tasks import TextClassifier
from keras_bigmodel.training import ReportProgress

_PARITY_ROWS = 2000  # validation texts that the export is compared on, besides the bundled ones


def train(settings, *, reporter=SILENT, callbacks=()):
    """Trains a classifier on a table and publishes it as the next version of its name.

    Args:
        settings: `TrainSettings`.
        reporter: `Reporter` that is told what happens.
        callbacks: Keras callbacks to run along.

    Returns:
        `(Path of the version folder, Manifest)`.

    Raises:
        UserError: something in the settings or the tables cannot be used; nothing is written then.
    """
    check_base(settings.out)
    tables, labels = _read_tables(settings, reporter.say)
    keras.utils.set_random_seed(settings.seed)
    task = _make_task(settings, labels)
    _check_labels(task, tables)
    reporter.say(f"Training on {len(tables['train'])} texts in {len(labels)} classes, in {task.export_dtype}.")
    _fit(task, settings, tables, reporter, callbacks)

    shipped = task.with_dtype("float32")  # what the export computes in: measured is what is shipped
    parts = [name for name in ("validation", "test") if name in tables]
    metrics = {name: measure(shipped, tables[name], reporter=reporter) for name in parts}
    reporter.say(f"Validation accuracy {metrics['validation']['accuracy']:.4f}. Writing the version and comparing it.")
    with next_version(settings.out) as (folder, number):
        manifest = Manifest(
            task=type(task).__name__,
            name=Path(settings.out).resolve().name,
            version=number,
            labels=task.labels,
            tokenizer=task.tokenizer.settings(),
            sizes={**task.encoder.settings, "parameters": task.count_params(), "max_length_used": task.max_length},
            settings={**dataclasses.asdict(settings), "trained_in": task.export_dtype},
            data={name: _described(table) for name, table in tables.items()},
            metrics=metrics,
            parity={},
        )
        texts = tables["validation"].rows(range(min(_PARITY_ROWS, len(tables["validation"])))).inputs
        manifest = write_version(shipped, folder, manifest, parity_texts=texts, reporter=reporter)
    reporter.say(f"Wrote {Path(settings.out) / str(number)}.")
    return Path(settings.out) / str(number), manifest


def _read_tables(settings, say):
    columns = {"text": settings.text, "pair": settings.pair, "label": settings.label}
    whole = read_text_table(settings.table, **columns)
    for reason, rows in whole.dropped.items():
        say(f"Left out {rows} of {sum(whole.dropped.values()) + len(whole)} rows of {whole.path}: {reason}.")
    labels = _labels(whole)
    if settings.validation is None:
        kept, held = hold_back(whole.texts, whole.labels, settings.validation_share, seed=settings.seed)
        if not held:
            raise UserError(
                f"{whole.path} has {len(whole)} usable rows, too few to hold {settings.validation_share:.0%} back for "
                "validation. Add rows, raise --validation-share, or name a table with --validation."
            )
        tables = {"train": whole.rows(kept), "validation": whole.rows(held)}
    else:
        tables = {"train": whole, "validation": read_text_table(settings.validation, **columns)}
    if settings.test is not None:
        tables["test"] = read_text_table(settings.test, **columns)
    return tables, labels


def _labels(table):
    labels = sorted(set(table.labels))
    if len(labels) < 2:
        raise UserError(
            f'All {len(table)} rows of {table.path} have the label "{labels[0]}"; a classifier needs at least two '
            "labels. Check the label's column (--label)."
        )
    if len(labels) > 50 and len(labels) > len(table) / 2:
        raise UserError(
            f"{table.path} has {len(labels)} different labels in {len(table)} rows. Check the label's column (--label)."
        )
    return labels


def _make_task(settings, labels):
    return TextClassifier.from_encoder(
        settings.encoder,
        labels=_in_order_of_head(settings, labels),
        pairs=settings.pair is not None,
        pooling=settings.pooling,
        dropout=settings.dropout,
        max_length=settings.max_length,
        mode=settings.mode,
        dtype=settings.dtype,
    )


def _in_order_of_head(settings, labels):
    """Gives the labels in the order of the encoder's own head, where it has one for the same labels."""
    known = open_checkpoint(settings.encoder).labels
    return known if known is not None and sorted(known) == labels else labels


def _check_labels(task, tables):
    """Refuses labels that training never saw before hours are spent on it."""
    for name, table in tables.items():
        unknown = sorted(set(table.labels) - set(task.labels))
        if unknown:
            raise UserError(
                f'The {name} rows of {table.path} have the label "{unknown[0]}"'
                + (f" and {len(unknown) - 1} more" if len(unknown) > 1 else "")
                + " that no training row has. Drop such rows or add training rows with it."
            )


def _fit(task, settings, tables, reporter, callbacks):
    task.compile(learning_rate=settings.learning_rate, weight_decay=settings.weight_decay)
    train_table, validation = tables["train"], tables["validation"]
    steps = -(-len(train_table) // settings.batch_size) * settings.epochs
    progress = ReportProgress(reporter, steps)
    with contextlib.closing(progress):
        history = task.fit(
            train_table.inputs,
            train_table.labels,
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            validation_data=(validation.inputs, validation.labels),
            verbose=0,
            callbacks=[progress, *callbacks],
            seed=settings.seed,
        )
    if not np.isfinite(history.history["loss"][-1]):
        raise UserError("The loss is no number any more. Lower the learning rate, e.g. --learning-rate 3e-5.")


def _described(table):
    counts = dict.fromkeys(sorted(set(table.labels)), 0)
    for label in table.labels:
        counts[label] += 1
    return {"path": table.path, "sha256": table.sha256, "rows": len(table), "classes": counts, "dropped": table.dropped}
