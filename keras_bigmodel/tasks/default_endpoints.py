"""Builds the endpoints of a task that defines none itself. Knows the contract; no kind of task."""

import keras
import tensorflow as tf

from keras_bigmodel.export import Close, Endpoint
from keras_bigmodel.tasks.output_rows import with_lengths


def default_endpoints(task):
    """Returns the default endpoints of a task: `serving_default`, `preprocess` and `model`.

    If an output has an entry for each token, for example, `serving_default` also returns the feature
    `preprocessor.length_of`, which shows the length of each row, and padding is not compared.

    Args:
        task: functional `keras.Model` with `preprocessor` and `outputs_from_logits`, such as any `Task`.

    Returns:
        dict of name → `Endpoint`.
    """
    preprocessor = task.preprocessor
    raw = tuple(preprocessor.specs.values())
    features = tuple(tf.TensorSpec(part.shape, part.dtype, name=part.name) for part in task.inputs)
    has_lengths = _named(with_lengths(task, preprocessor))
    length_of = preprocessor.length_of if any(has_lengths.values()) else None
    compare = {name: Close(mask=length_of) for name, has_length in has_lengths.items() if has_length}

    def model(**inputs):
        return _named(task(preprocessor.as_alone(inputs), training=False))

    def serving_default(**columns):
        inputs = preprocessor(**columns)
        outputs = _named(task.outputs_from_logits(task(inputs, training=False)))
        return outputs if length_of is None else {**outputs, length_of: inputs[length_of]}

    return {
        "serving_default": Endpoint(serving_default, raw, compare),
        "preprocess": Endpoint(preprocessor.__call__, raw),
        "model": Endpoint(model, features, compare),
    }


def _named(outputs):
    """Returns outputs as a dict by name: a single one is named `outputs`, several `outputs_0`, `outputs_1`, …."""
    if isinstance(outputs, dict):
        return outputs
    flat = keras.tree.flatten(outputs)
    return {"outputs": flat[0]} if len(flat) == 1 else {f"outputs_{at}": part for at, part in enumerate(flat)}
