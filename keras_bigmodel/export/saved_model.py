"""Endpoints as a SavedModel for TensorFlow Serving, each weight once. Knows no task."""

import contextlib

import tensorflow as tf


def write_saved_model(endpoints, variables, folder):
    """Writes a SavedModel whose signatures are the endpoints.

    Args:
        endpoints: dict of signature name → `Endpoint`.
        variables: the `keras.Variable`s that the endpoints read.
        folder: path of the folder to write into.

    Source: the SavedModel format of TensorFlow.
    """
    module = tf.Module()
    # The list makes the weights part of the module. Keras's own exporter tracks them twice and writes them twice.
    module.weights = [variable.value for variable in variables]
    signatures = {name: endpoint.traced() for name, endpoint in endpoints.items()}
    with _without_notes():
        tf.saved_model.save(module, str(folder), signatures=signatures)


@contextlib.contextmanager
def _without_notes():
    """Keeps TensorFlow from telling where it wrote: to a folder that is renamed."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(level)
