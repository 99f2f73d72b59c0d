"""Settings of a run as a YAML file. Knows frozen dataclasses, whichever; not what their fields mean."""

import dataclasses
import difflib
import types
import typing

import yaml

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.settings_yaml import SettingsDumper, SettingsLoader

_FORMAT = 1
_FORMAT_KEY = "settings_format"


def setting(default=dataclasses.MISSING, *, help, option=None):
    """Declares a field of a settings class.

    Args:
        default: its value where none is given; without it the field must be given.
        help: str. One sentence for people.
        option: str. Its name on the command line and in files. Defaults to the field's own, with dashes on the command
            line.
    """
    return dataclasses.field(default=default, metadata={"help": help, "option": option})


def key_of(entry):
    """Gives the name of a field in a file."""
    return entry.metadata.get("option") or entry.name


def option_of(entry):
    """Gives the name of a field on the command line."""
    return "--" + key_of(entry).replace("_", "-")


def read_settings(path, cls):
    """Reads the settings that a file gives.

    Args:
        path: path of a YAML file.
        cls: the settings class, a dataclass of `setting`s.

    Returns:
        dict of field name → value, of the fields that stand in the file.

    Raises:
        UserError: no such file, no YAML, an unknown key (the sentence names the nearest), a value of another kind, a
            file of a newer version.
    """
    path = checked_path(path, "a YAML file of settings")
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), SettingsLoader)
    except OSError as error:
        raise UserError(f"The settings file {path} cannot be read ({error.strerror}). Check the name.") from error
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        twice = f": {error.problem}" if "twice" in str(getattr(error, "problem", "")) else ""
        raise UserError(
            f"{path} is no YAML of settings{where}{twice}. Write one setting a line, e.g. epochs: 3"
        ) from error
    if not isinstance(values, dict):
        raise UserError(f"{path} holds no settings. Write one a line, e.g. epochs: 3")
    version = values.pop(_FORMAT_KEY, _FORMAT)
    if str(version).strip() != str(_FORMAT):  # "1" in quotes, too
        raise UserError(
            f"{path} has {_FORMAT_KEY} {version!r:.40}, this package knows {_FORMAT}. Install the keras_bigmodel that "
            "wrote it, or write the file anew: bigmodel train --print-settings"
        )
    fields = {key_of(entry): entry for entry in dataclasses.fields(cls)}
    for key in values:
        if key not in fields:
            near = difflib.get_close_matches(str(key).replace("-", "_"), fields, 1, 0.5)
            advice = f'Did you mean "{near[0]}"?' if near else f"Known are {', '.join(fields)}."
            raise UserError(f'{path} has the setting "{key}", which there is none of. {advice}')
    hints = typing.get_type_hints(cls)
    return {fields[key].name: _checked(value, hints[fields[key].name], key, path) for key, value in values.items()}


def settings_text(settings):
    """Gives settings as the text of a YAML file, each with its sentence.

    Args:
        settings: a settings object, or its class (then fields without a default are left open).
    """
    lines = [f"{_FORMAT_KEY}: {_FORMAT}"]
    for entry in dataclasses.fields(settings):
        value = getattr(settings, entry.name, None)
        value = None if value is dataclasses.MISSING else value
        one = {key_of(entry): value}
        written = yaml.dump(one, Dumper=SettingsDumper, allow_unicode=True, width=1000, sort_keys=False)
        lines += ["", f"# {entry.metadata['help']}", written.rstrip("\n")]
    return "\n".join(lines) + "\n"


def _checked(value, hint, key, path):
    """Gives the value as the field's type, or refuses it."""
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    kinds = tuple(typing.get_origin(kind) or kind for kind in kinds)
    if value is None and types.NoneType in kinds:
        return None
    if isinstance(value, dict) and dict in kinds:
        return {_checked(name, str, f"{key}, a name", path): part for name, part in value.items()}
    if isinstance(value, bool) is (bool in kinds) and isinstance(value, kinds):
        return value
    if float in kinds and not isinstance(value, bool):
        try:
            return float(value)  # "1e-4" is text in YAML, and 1 a whole number
        except (TypeError, ValueError):
            pass
    if str in kinds and isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # the number of a column
    names = " or ".join(_WORDS.get(kind, kind.__name__) for kind in kinds if kind is not types.NoneType)
    advice = " If it is a text, put it in quotes." if isinstance(value, bool) else ""
    raise UserError(f"{path} has {key}: {value!r}; wanted {names}.{advice}")


_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "names with values",
}
