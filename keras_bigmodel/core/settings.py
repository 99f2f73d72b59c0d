"""Reads and writes settings of a run as YAML. Knows any frozen dataclass; not what its fields mean."""

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
    """Defines a field of a settings class.

    Args:
        default: value of the field if none is given. A field without a default must be given.
        help: str. One sentence that describes the field to users.
        option: str. Name of the field on the command line and in files. Defaults to the field's own name. The command
            line shows it with dashes.

    Returns:
        `dataclasses.Field`.
    """
    return dataclasses.field(default=default, metadata={"help": help, "option": option})


def key_of(entry):
    """Returns the name of a field in a file: str.

    Args:
        entry: `dataclasses.Field` that `setting` defined.
    """
    return entry.metadata.get("option") or entry.name


def option_of(entry):
    """Returns the name of a field on the command line, such as `--batch-size`: str.

    Args:
        entry: `dataclasses.Field` that `setting` defined.
    """
    return "--" + key_of(entry).replace("_", "-")


def read_settings(path, cls):
    """Reads the settings in a YAML file.

    Args:
        path: path of a YAML file.
        cls: the settings class, a dataclass of `setting`s.

    Returns:
        dict of field name → value, for the fields that the file holds.

    Raises:
        UserError: the file cannot be read, is not YAML, has a key twice, an unknown key (the message names the
            nearest) or a value of another type, or is of another format.
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
    if str(version).strip() != str(_FORMAT):  # "1" in quotes is accepted too
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
    """Returns settings as the text of a YAML file, each with its help sentence as a comment: str.

    Args:
        settings: a settings object, or a settings class, whose fields without a default are written without a value.
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
    """Returns the value as the field's type, or raises `UserError`."""
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
            return float(value)  # a whole number such as 1, or a text such as "1e-4" in quotes
        except (TypeError, ValueError):
            pass
    if str in kinds and isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # a column may be named by its number
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
