"""Examines a model of either kind. Knows where a model stands in a folder; not what is checked."""

from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.doctor.examination import LEVELS, Examination
from keras_bigmodel.doctor.lite_file_checks import lite_examination
from keras_bigmodel.doctor.saved_model_checks import saved_model_examination

_MODEL, _LITE = "saved_model.pb", ".tflite"


def examine(path, *, server=None):
    """Checks a SavedModel's folder or a LiteRT file, of whatever origin.

    Args:
        path: str or path. A folder that holds `saved_model.pb`, a folder of numbered versions, of which the highest is
            examined, or a `.tflite` file.
        server: str. The version of TensorFlow Serving that is to run it, e.g. `"2.14"`. Defaults to None: the oldest
            whose ops are known.

    Returns:
        `Examination`.

    Raises:
        UserError: there is no model, it is truncated or altered, it was written in a format newer than is known here,
            or the server's version is unknown.
    """
    path = checked_path(path, "a folder with saved_model.pb, or a .tflite file")
    if not path.exists():
        raise UserError(f"No {path}. Give a folder that holds {_MODEL}, or a {_LITE} file.")
    if path.is_file():
        kind, (facts, findings) = "LiteRT file", lite_examination(path, server)
    else:
        path = _saved_model_folder(path)
        kind, (facts, findings) = "SavedModel", saved_model_examination(path, server)
    return Examination(str(path), kind, facts, sorted(findings, key=lambda finding: LEVELS.index(finding.level)))


def _saved_model_folder(path):
    """Returns the folder itself, or its highest numbered version."""
    if (path / _MODEL).is_file():
        return path
    versions = sorted((int(entry.name), entry) for entry in path.iterdir() if _is_version(entry))
    if versions:
        return versions[-1][1]
    names = sorted(entry.name for entry in Path(path).iterdir())
    shown = ", ".join(names[:6]) + (", …" if len(names) > 6 else "") if names else "nothing"
    raise UserError(f"{path} holds no model: it has {shown}. Give a folder that holds {_MODEL}, or a {_LITE} file.")


def _is_version(entry):
    return entry.name.isascii() and entry.name.isdigit() and (entry / _MODEL).is_file()
