"""A task as a folder: `task.json`, `weights.weights.h5`, `vocab.txt`. Knows Keras, not the kind of task."""

import json
from pathlib import Path

import keras

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.versions import version_folder, version_numbers
from keras_bigmodel.core.whole_folder import whole_folder
from keras_bigmodel.tokenizers.vocabulary import read_vocabulary, write_vocabulary
from keras_bigmodel.training import resolve_dtype

TASK_FILE = "task.json"
WEIGHTS_FILE = "weights.weights.h5"
VOCABULARY_FILE = "vocab.txt"
FORMAT = 1


def save(task, folder, *, overwrite=False):
    """Writes a task into a folder of its own; see `Task.save`."""
    folder = Path(folder)
    if version_numbers(folder):
        raise UserError(f"{folder} holds versions 1, 2, … of a model. Save into a folder of its own.")
    with whole_folder(folder, overwrite=overwrite) as aside:
        write(task, aside)


def write(task, folder):
    """Writes a task's files into a folder that is there."""
    folder = Path(folder)
    config = task.get_config()
    write_vocabulary(folder / VOCABULARY_FILE, config.pop("vocabulary"))
    described = {"format": FORMAT, "task": type(task).__name__, "config": config}
    text = json.dumps(described, indent=2, ensure_ascii=False)
    (folder / TASK_FILE).write_text(text + "\n", encoding="utf-8")
    _plain(task).save_weights(folder / WEIGHTS_FILE)


def load(cls, folder, *, dtype="auto"):
    """Reads a task; see `Task.load`."""
    folder = _task_folder(folder)
    described = _read_description(folder, cls)
    config = described.get("config", {})
    config["vocabulary"], _ = read_vocabulary(folder)
    config["dtype"] = keras.dtype_policies.serialize(resolve_dtype(dtype))
    try:
        task = cls.from_config(config)
    except (KeyError, TypeError) as error:
        raise UserError(
            f"{folder / TASK_FILE} does not describe a whole task ({error}). Take the folder from a backup or train "
            "again."
        ) from error
    try:
        _plain(task).load_weights(folder / WEIGHTS_FILE)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{folder / WEIGHTS_FILE} cannot be read ({str(error).splitlines()[0]:.120}). Take the folder from a "
            "backup or train again."
        ) from error
    return task


def _plain(task):
    """The same layers without the optimizer, which would triple the file."""
    return keras.Model(task.inputs, task.outputs)


def _task_folder(path):
    path = Path(path)
    return path if (path / TASK_FILE).is_file() else version_folder(path)


def _read_description(folder, cls):
    path = folder / TASK_FILE
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{folder} holds no {TASK_FILE}, so it cannot be loaded for training or predicting.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not readable ({error}). Take the folder from a backup or train again.") from error
    if not isinstance(described, dict) or not isinstance(described.get("config", {}), dict):
        raise UserError(f"{path} is no description of a task. Take the folder from a backup or train again.")
    if described.get("format", 0) > FORMAT:
        raise UserError(
            f"{path} has format {described['format']}, this package knows {FORMAT}. Install a newer keras_bigmodel."
        )
    if described.get("task") != cls.__name__:
        raise UserError(f"{folder} holds a {described.get('task')}; load it with that class, not {cls.__name__}.")
    return described
