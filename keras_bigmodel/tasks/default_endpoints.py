"""The endpoints of a task that names none of its own. Knows the contract; no kind of task."""

import keras
import tensorflow as tf

from keras_bigmodel.export import Close, Endpoint
from keras_bigmodel.tasks.output_rows import with_lengths


def default_endpoints(task):
    """Returns `serving_default`, `preprocess` and `model` of a task: dict of name → `Endpoint`.

    Where an output has an entry for each token, say, `serving_default` returns the feature that tells how long a row is
    beside it, and what only fills a batch up is not compared.

    Args:
        task: has a `preprocessor`, `outputs_from_logits`, and is a functional model.
    """
    preprocessor = task.preprocessor
    raw = tuple(preprocessor.specs.values())
    features = tuple(tf.TensorSpec(part.shape, part.dtype, name=part.name) for part in task.inputs)
    has_lengths = _named(with_lengths(task, preprocessor))
    length_of = preprocessor.length_of if any(has_lengths.values()) else None
    compare = {name: Close(mask=length_of) for name, has_length in has_lengths.items() if has_length}

    def model(**inputs):
        return _named(task(inputs, training=False))

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
    """Returns outputs by name: a single one is called `outputs`."""
    if isinstance(outputs, dict):
        return outputs
    flat = keras.tree.flatten(outputs)
    return {"outputs": flat[0]} if len(flat) == 1 else {f"outputs_{at}": part for at, part in enumerate(flat)}
