"""Saves and loads a task as a folder of `task.json`, weights and other files. Knows Keras, not the kind of task."""

import json
from pathlib import Path

import keras

from keras_bigmodel.core.answers import describe_reader
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.json_shape import shape_mismatch
from keras_bigmodel.core.manifest import FILE_NAME, RECOVERY_ADVICE, Manifest, check_listed_files, checksums
from keras_bigmodel.core.model_files import read_json
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.versions import version_folder, version_numbers
from keras_bigmodel.core.whole_folder import whole_folder
from keras_bigmodel.tasks.checkpoint_weights import checkpoint_map, load_checkpoint_weights
from keras_bigmodel.training import resolve_dtype

TASK_FILE = "task.json"
WEIGHTS_FILE = "weights.weights.h5"
FORMAT = 2


def save(task, folder, *, overwrite=False):
    """Saves a task in a new folder; see `Task.save`.

    Args:
        task: `Task`.
        folder: path of the new folder.
        overwrite: bool. Whether to replace an existing folder of a saved task. Defaults to False.

    Raises:
        UserError: the folder exists or cannot be written, or holds versions of a model.
    """
    folder = checked_path(folder, "the folder to save to")
    if version_numbers(folder):
        raise UserError(f"{folder} holds versions 1, 2, … of a model. Save into a folder of its own.")
    with whole_folder(folder, overwrite=overwrite, required_files=(TASK_FILE,)) as aside:
        _plain(task).save_weights(aside / WEIGHTS_FILE)
        _write_description(task, aside, with_files=True)


def write_beside_saved_model(task, folder):
    """Writes `task.json` and its files beside a SavedModel, so that `load` reads the weights from its variables.

    Args:
        task: the task that `export.write_saved_model` wrote into the folder.
        folder: path of the SavedModel.
    """
    _write_description(task, Path(folder), weights=checkpoint_map(task))


def load(cls, folder, *, dtype="float32"):
    """Loads a task; see `Task.load`.

    Args:
        cls: class of the task.
        folder: as in `Task.load`.
        dtype: as in `Task.load`. Defaults to `"float32"`.

    Returns:
        Instance of `cls`.

    Raises:
        UserError: as `Task.load`.
    """
    folder = _task_folder(folder)
    manifest = _checked_manifest(folder)
    description = _read_description(folder, cls)
    if manifest is None:
        _check_files(folder, description)
    config = description["config"]
    config["dtype"] = keras.dtype_policies.serialize(resolve_dtype(dtype))
    try:
        if description["format"] >= 2:
            config["preprocessor"] = _with_files(config["preprocessor"], folder)
        else:
            config = cls.upgraded(config, folder)
        task = cls.from_config(config)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"{folder / TASK_FILE} does not describe a whole task ({str(error).splitlines()[0]:.160}). Take the folder "
            "from a backup or train again."
        ) from error
    if manifest is not None and manifest.answers != describe_reader(task.answer_reader()):
        raise UserError(
            f"{folder / FILE_NAME} reads answers otherwise than {TASK_FILE} beside it: {manifest.answers} and "
            f"{describe_reader(task.answer_reader())}. Take the folder from a backup or train again."
        )
    if isinstance(description.get("weights"), dict):
        load_checkpoint_weights(task, folder, description["weights"])
    else:
        _load_weights_file(task, folder / WEIGHTS_FILE)
    return task


def _checked_manifest(folder):
    """Returns the `Manifest` of a version after checking its files, or None if the folder is a saved task."""
    if not (folder / FILE_NAME).is_file():
        return None
    manifest = Manifest.read(folder)
    manifest.check(folder)
    return manifest


def _check_files(folder, description):
    """Raises `UserError` if the files of a saved task are not those that its description lists."""
    files = description.get("files")
    if description["format"] >= 2 and not files:
        raise UserError(
            f"{folder} holds no {FILE_NAME}, and {TASK_FILE} lists no files: it is not whole. Take the folder from a "
            "backup or train again."
        )
    if files:  # a task saved in format 1 has none
        check_listed_files(folder, files, besides=(TASK_FILE,))


def _write_description(task, folder, *, with_files=False, **more):
    config = task.get_config()
    preprocessor = config["preprocessor"]
    kept, files = task.preprocessor.to_files(preprocessor["config"])
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("utf-8"))
    config["preprocessor"] = {**preprocessor, "config": kept}
    description = {"format": FORMAT, "task": type(task).__name__, "config": config, **more}
    if with_files:
        description["files"] = checksums(folder)
    text = json.dumps(description, indent=2, ensure_ascii=False)
    (folder / TASK_FILE).write_text(text + "\n", encoding="utf-8")


def _with_files(config, folder):
    """Returns the preprocessor's serialized config, completed from the other files in the folder."""
    cls = keras.saving.get_registered_object(config["registered_name"])
    if cls is None:
        raise UserError(
            f"{folder} has the preprocessor {config['registered_name']}, which is not known here. Import the module "
            "that defines and registers it first."
        )
    return {**config, "config": cls.from_files(config["config"], folder)}


def _load_weights_file(task, path):
    try:
        _plain(task).load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{path} cannot be read ({str(error).splitlines()[0]:.120}). Take the folder from a backup or train again."
        ) from error


def _plain(task):
    """Returns a model of the same layers without the optimizer, whose state would triple the file."""
    plain = keras.Model(task.inputs, task.outputs)
    if len(plain.weights) == len(task.weights):
        return plain
    return keras.Model(task.inputs, [*task.outputs, *task.embedding_model.outputs])  # and its own layers


def _task_folder(path):
    path = checked_path(path, "the folder of a model")
    return path if (path / TASK_FILE).is_file() else version_folder(path)


def task_name(folder):
    """Returns the class name of the task in a folder: str.

    Args:
        folder: path of a folder that holds `task.json`.

    Raises:
        UserError: `task.json` is missing or cannot be read.
    """
    return _read_json(Path(folder)).get("task")


def _read_description(folder, cls):
    description = _read_json(folder)
    if description.get("task") != cls.__name__:
        raise UserError(f"{folder} holds a {description.get('task')}; load it with that class, not {cls.__name__}.")
    return {"format": 1, "config": {}, **description}


def _read_json(folder):
    path = folder / TASK_FILE
    if not path.is_file():
        raise UserError(f"{folder} holds no {TASK_FILE}, so it cannot be loaded for training or predicting.")
    description = read_json(path, advice=RECOVERY_ADVICE)
    wrong = shape_mismatch(description, {"config?": dict, "format?": int, "weights?": dict, "files?": {...: str}})
    if wrong is not None:
        raise UserError(f"{path} is no description of a task: {wrong}. {RECOVERY_ADVICE}")
    if description.get("format", 0) > FORMAT:
        raise UserError(
            f"{path} has format {description['format']}, this package knows {FORMAT}. Install a newer keras_bigmodel."
        )
    return description
