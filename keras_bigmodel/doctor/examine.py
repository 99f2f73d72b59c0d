"""Examines a model of either kind. Knows where a model stands in a folder; not what is checked."""

from keras_bigmodel.checkpoints.hub_handle import MODULE_FILE
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.doctor.examination import LEVELS, Examination, Finding
from keras_bigmodel.doctor.lite_file_checks import lite_examination
from keras_bigmodel.doctor.saved_model_checks import saved_model_examination

_WANTED = f"Give a folder that holds {MODULE_FILE}, or a .tflite file."


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
    try:
        if path.is_file():
            kind, (facts, findings) = "LiteRT file", lite_examination(path, server)
        else:
            path, unready = _saved_model_folder(path)
            kind, (facts, findings) = "SavedModel", saved_model_examination(path, server)
            findings = [*unready, *findings]
    except OSError as error:
        raise UserError(f"{error.filename or path} cannot be read ({error.strerror}). Allow it to be read.") from error
    return Examination(str(path), kind, facts, sorted(findings, key=lambda finding: LEVELS.index(finding.level)))


def _saved_model_folder(path):
    """Returns the folder itself or its highest version that holds a model, and findings on higher ones that do not."""
    if not path.exists():
        raise UserError(f"No {path}. {_WANTED}")
    if not path.is_dir():
        raise UserError(f"{path} is neither a folder nor a file. {_WANTED}")
    if (path / MODULE_FILE).is_file():
        return path, []
    versions = [entry for entry in path.iterdir() if entry.name.isascii() and entry.name.isdigit() and entry.is_dir()]
    versions.sort(key=lambda entry: int(entry.name), reverse=True)
    found = next((entry for entry in versions if (entry / MODULE_FILE).is_file()), None)
    if found is None:
        names = sorted(entry.name for entry in path.iterdir())
        shown = ", ".join(names[:6]) + (", …" if len(names) > 6 else "") if names else "nothing"
        raise UserError(f"{path} holds no model: it has {shown}. {_WANTED}")
    if found is versions[0]:
        return found, []
    what = f"Version {versions[0].name} holds no {MODULE_FILE}, and TensorFlow Serving loads the highest number."
    advice = "Remove that folder, or copy the version whole: aside, and renamed when it is complete."
    return found, [Finding("problem", "version-without-model", f"{what} Examined is {found.name}.", advice)]
