"""Measures a version's SavedModel in batches and writes its serving files. Knows versions; no server."""

from pathlib import Path

import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.versions import version_numbers
from keras_bigmodel.export import BatchMeasurement, write_serving_folder

_ROWS = 512  # rows that batches are drawn from


def write_serving_files(version, preprocessor, manifest, *, rows=None, folder=None, reporter=SILENT):
    """Measures the SavedModel of a version in batches, and writes its serving files.

    Nothing is written if no signature takes the raw columns.

    Args:
        version: path of the version folder, or of the folder that becomes it.
        preprocessor: `Preprocessor` of the task.
        manifest: `Manifest` of the version.
        rows: dict of column → checked rows to measure with. Defaults to None: the preprocessor's samples.
        folder: as in `write_serving_folder`.
        reporter: `Reporter` that receives the progress.
    """
    signature = _signature_of(_loaded(version), preprocessor)
    if signature is None:
        return
    rows = preprocessor.samples() if rows is None else rows
    rows = {name: column[:_ROWS] for name, column in rows.items()}
    columns = {name: tf.constant(column, preprocessor.specs[name].dtype) for name, column in rows.items()}
    measurement = BatchMeasurement.of(signature, columns, tokens=_mean_length(preprocessor, rows), reporter=reporter)
    older = [number for number in version_numbers(Path(version).parent) if number < manifest.version]
    about = {"name": manifest.name, "version": manifest.version, "previous": max(older, default=None)}
    write_serving_folder(version, measurement, **about, folder=folder)


def _loaded(version):
    try:
        return tf.saved_model.load(str(version))
    except (tf.errors.OpError, FileNotFoundError) as error:  # the second for an op that is not registered here
        why = str(error).strip().splitlines()[0]
        raise UserError(
            f"{version} cannot be loaded here ({why:.160}). Install tensorflow-text if its ops are missing, or export "
            "the model by TensorFlow's own: bigmodel export --ops core."
        ) from error


def _mean_length(preprocessor, rows):
    """Returns the mean length of rows, or None if all rows are equally long."""
    if preprocessor.length_of is None:
        return None
    return round(float(preprocessor.encode(rows).lengths.mean()), 1)


def _signature_of(loaded, preprocessor):
    """Returns the signature that clients call with raw columns, `serving_default` if it does; None if none does."""
    columns = set(preprocessor.columns)
    for name in sorted(loaded.signatures, key=lambda name: name != "serving_default"):
        if set(loaded.signatures[name].structured_input_signature[1]) <= columns:
            return loaded.signatures[name]
    return None
