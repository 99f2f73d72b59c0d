"""Loads a task's weights from the variables of its SavedModel. Knows checkpoints and layer paths; no kind of task."""

import re
from pathlib import Path

import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import check_no_pattern

_KEY = "weights/{}/.ATTRIBUTES/VARIABLE_VALUE"  # key of the variable that `export.write_saved_model` wrote at an index
_COUNTED = re.compile(r"_\d+(?=/|$)")  # Keras numbers the unnamed layers of a process


def checkpoint_map(task):
    """Maps the variables of a SavedModel to the weights of its task.

    Args:
        task: the task that was written with `export.write_saved_model`.

    Returns:
        dict of checkpoint key → dict of `layer` (path of the weight), `shape` (list of int) and `dtype` (str).
    """
    weights = {id(weight) for weight in task.weights}
    return {
        _KEY.format(number): {"layer": variable.path, "shape": list(variable.shape), "dtype": variable.dtype}
        for number, variable in enumerate(task.variables)
        if id(variable) in weights
    }


def load_checkpoint_weights(task, folder, description):
    """Loads the weights of a task from a SavedModel.

    Args:
        task: task with new weights, which are replaced.
        folder: path of the SavedModel.
        description: dict that `checkpoint_map` returned.

    Raises:
        UserError: the variables cannot be read; the description has another number of weights than the task, or another
            layer or shape for a weight; or a variable is missing, or differs from the described shape or dtype.
    """
    path = Path(folder) / "variables" / "variables"
    again = "Take the folder from a backup or train again."
    check_no_pattern(folder)
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
        except (tf.errors.OpError, IndexError) as error:  # a truncated file
            raise UserError(f"{path} cannot be read ({str(error).splitlines()[0]:.120}). {again}") from error
        found = {"shape": list(value.shape), "dtype": value.dtype.name}
        if any(facts.get(name) != found[name] for name in found):
            raise UserError(f"{path} holds {key} as {found}, and task.json describes it as {facts}. {again}")
        weight.assign(value)
