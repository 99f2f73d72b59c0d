"""Converts the fields of a settings class to options of a command. Knows typer; not the meaning of a field."""

import dataclasses
import functools
import inspect
import typing
from typing import Annotated

import typer

from keras_bigmodel.core.settings import option_of
from keras_bigmodel.tables.table import TableOptions

_TABLE_PANEL = "How the table is read"


def option_parameters(cls, *, panel=None, leave_out=()):
    """Returns the fields of a settings class as parameters of a command, with the defaults of the class.

    Args:
        cls: dataclass whose fields are `core.settings.setting`s.
        panel: str, the title of the panel in the help; or function of a field's name → str. Defaults to None.
        leave_out: collection of str. Names of fields that the command does not take. Defaults to none.

    Returns:
        list of `inspect.Parameter`, keyword-only.
    """
    hints, panel_of = typing.get_type_hints(cls), panel if callable(panel) else lambda name: panel
    return [
        _parameter(field, hints[field.name], panel_of(field.name))
        for field in dataclasses.fields(cls)
        if field.name not in leave_out
    ]


def _parameter(field, hint, panel):
    default = None if field.default is dataclasses.MISSING else field.default
    name = option_of(field)
    if hint in (bool, bool | None):
        name = f"{name}/--no-{name[2:]}"
    elif (default is None and hint is str) or dict in typing.get_args(hint):
        hint = str | None
    option = typer.Option(name, help=field.metadata["help"], rich_help_panel=panel)
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[hint, option]
    )


def with_parameters(function, parameters):
    """Sets the signature of a function, which typer reads, and returns the function.

    Args:
        function: function of a command.
        parameters: list of `inspect.Parameter`.
    """
    function.__signature__ = inspect.Signature(parameters)
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return function


def with_table_options(*leave_out):
    """Returns a decorator that adds the options of `TableOptions` to a command.

    The command is called with `options=TableOptions(...)`.

    Args:
        *leave_out: str. Names of fields that the command does not take.

    Returns:
        decorator of a function with a parameter `options`.
    """
    shared = option_parameters(TableOptions, panel=_TABLE_PANEL, leave_out=leave_out)

    def decorate(function):
        @functools.wraps(function)
        def run(**values):
            options = TableOptions(**{parameter.name: values.pop(parameter.name) for parameter in shared})
            return function(**values, options=options)

        own = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in inspect.signature(function).parameters.values()
            if parameter.name != "options"
        ]
        return with_parameters(run, [*own, *shared])

    return decorate
