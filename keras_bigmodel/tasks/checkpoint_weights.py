"""A task's weights as the variables of its SavedModel. Knows checkpoints and layer paths; no kind of task."""

import re
from pathlib import Path

import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import refuse_patterns

_KEY = "weights/{}/.ATTRIBUTES/VARIABLE_VALUE"  # where `export.write_saved_model` puts a variable, by its number
_COUNTED = re.compile(r"_\d+(?=/|$)")  # Keras counts the unnamed layers of a process


def checkpoint_map(task):
    """Returns which variable of the SavedModel is which weight: dict of checkpoint key → `layer`, `shape`, `dtype`.

    Args:
        task: the task that was written with `export.write_saved_model`.
    """
    weights = {id(weight) for weight in task.weights}
    return {
        _KEY.format(number): {"layer": variable.path, "shape": list(variable.shape), "dtype": variable.dtype}
        for number, variable in enumerate(task.variables)
        if id(variable) in weights
    }


def load_checkpoint_weights(task, folder, description):
    """Fills a task with the weights that stand in a SavedModel.

    Args:
        task: a task with fresh weights.
        folder: path of the SavedModel.
        description: dict that `checkpoint_map` returned.

    Raises:
        UserError: a variable is missing, or is not of the described shape and dtype, or not of the layer and shape that
            the task has in its path.
    """
    path = Path(folder) / "variables" / "variables"
    again = "Take the folder from a backup or train again."
    refuse_patterns(folder)
    try:
        reader = tf.train.load_checkpoint(str(path))
    except (tf.errors.OpError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({str(error).splitlines()[0]:.120}). {again}") from error
    weights = task.weights
    if len(weights) != len(description):
        raise UserError(
            f"{folder} describes {len(description)} weights, and its task has {len(weights)}: it was written by "
            f"another version of the task's class. {again}"
        )
    for weight, (key, facts) in zip(weights, description.items(), strict=True):
        facts = facts if isinstance(facts, dict) else {}
        wanted = {"layer": weight.path, "shape": list(weight.shape)}
        same_layer = _COUNTED.sub("", weight.path) == _COUNTED.sub("", str(facts.get("layer")))
        if not same_layer or facts.get("shape") != wanted["shape"]:
            raise UserError(f"{folder} describes the weight {key} as {facts}, and its task has {wanted}. {again}")
        if not reader.has_tensor(key):
            raise UserError(f"{path} holds no variable {key}, which task.json names. {again}")
        try:
            value = reader.get_tensor(key)
        except (tf.errors.OpError, IndexError) as error:  # a file that was cut off
            raise UserError(f"{path} cannot be read ({str(error).splitlines()[0]:.120}). {again}") from error
        found = {"shape": list(value.shape), "dtype": value.dtype.name}
        if any(facts.get(name) != found[name] for name in found):
            raise UserError(f"{path} holds {key} as {found}, and task.json describes it as {facts}. {again}")
        weight.assign(value)
