"""Writes endpoints as a SavedModel for TensorFlow Serving, each weight once. Knows no task."""

import contextlib

import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.export.endpoint import check_batch_axis


def write_saved_model(endpoints, variables, folder, *, tracked=()):
    """Writes a SavedModel whose signatures are the endpoints.

    Args:
        endpoints: dict of signature name → `Endpoint`.
        variables: the `keras.Variable`s that the endpoints read.
        folder: path of the folder to write into.
        tracked: sequence of other TensorFlow objects that the endpoints read, such as lookup tables. Defaults to none.

    Raises:
        UserError: an endpoint reads an object that is not in `tracked`; or as `check_batch_axis`.

    Source: the SavedModel format of TensorFlow.
    """
    module = tf.Module()
    # The list makes the weights part of the module. Keras's own exporter tracks and writes the weights twice.
    module.weights = [variable.value for variable in variables]
    module.tracked = list(tracked)
    signatures = {name: endpoint.traced() for name, endpoint in endpoints.items()}
    for name, signature in signatures.items():
        check_batch_axis(name, signature)
    try:
        with _without_notes():
            tf.saved_model.save(module, str(folder), signatures=signatures)
    except AssertionError as error:
        if "untracked" not in str(error):
            raise
        raise UserError(
            "The endpoints read a TensorFlow object that the export does not hold, a lookup table say. Name it in "
            "`tracked` of the preprocessor, or of its tokenizer."
        ) from error


@contextlib.contextmanager
def _without_notes():
    """Silences TensorFlow's note on where it wrote, because the folder is renamed later."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(level)
