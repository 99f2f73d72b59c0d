"""Defines the command `bigmodel train`: trains a model and writes a version. Knows no TensorFlow until it runs."""

import dataclasses
import inspect
import sys
from typing import Annotated

import typer

from keras_bigmodel.cli.options import option_parameters, with_parameters
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.settings import read_settings, settings_text
from keras_bigmodel.core.standard_streams import print_json
from keras_bigmodel.core.versions import LITE_PATH
from keras_bigmodel.pipeline.screen import Screen, import_tensorflow
from keras_bigmodel.pipeline.train_settings import TrainSettings

NAME = "train"
_FIELDS = {field.name: field for field in dataclasses.fields(TrainSettings)}
# First field of a panel → title of the panel in the help.
_PANELS = {"table": "Tables", "task": "Model", "epochs": "Training", "formats": "Export", "reject_below": "Rejection"}


def run(
    context: typer.Context,
    settings: Annotated[str | None, typer.Option(help="YAML file of settings; options beside it win.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the unfinished run of --out.")] = False,
    discard: Annotated[bool, typer.Option("--discard", help="Forget the unfinished run of --out.")] = False,
    print_settings: Annotated[
        bool, typer.Option("--print-settings", help="Print all settings as YAML, and train nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    **options,
):
    """Train a classifier on a table and publish it as the next version of its name."""
    # Compares names, because typer has its own copy of click, whose ParameterSource is another class.
    said = {name: options[name] for name in options if context.get_parameter_source(name).name == "COMMANDLINE"}
    from_file = read_settings(settings, TrainSettings) if settings else {}
    if print_settings:
        print(
            settings_text(
                _train_settings({"table": "reviews.csv", "out": "saved_models/reviews", **from_file, **said})
            ),
            end="",
        )
        return
    if resume and discard:
        raise UserError("--resume and --discard came; wanted one of them.")
    values = {**from_file, **said}
    _check_given("out", values)
    if not resume and not discard:
        from keras_bigmodel.pipeline.run_folder import RunFolder

        RunFolder(values["out"]).check_no_unfinished()  # raises before TensorFlow is loaded
    import_tensorflow(lean=True)
    from keras_bigmodel.pipeline.train_run import has_state, settings_of_unfinished, train
    from keras_bigmodel.training import RunStopped

    if resume:
        values = {**dataclasses.asdict(settings_of_unfinished(values["out"])), **values}
    made = _train_settings(values)
    try:
        unfinished = "resume" if resume else "discard" if discard else "refuse"
        folder, manifest = train(made, unfinished=unfinished, reporter=Screen())
    except KeyboardInterrupt as stop:
        position = f" at {stop.position}" if isinstance(stop, RunStopped) else ""
        resume = f"Go on with: bigmodel train --resume --out {made.out}" if has_state(made.out) else "Nothing was kept."
        typer.echo(f"Stopped{position}. {resume}", err=True)
        sys.exit(130)  # the exit code in a shell after Ctrl-C
    if as_json:
        result = {"folder": str(folder), "metrics": manifest.metrics, "parity": manifest.parity}
        print_json({**result, "notes": manifest.notes})
        return
    for part, headline in manifest.headlines.items():
        print(f"{part}: {headline}")
    print(f"model: {folder}")
    print(f"report: {folder / 'report' / 'index.html'}")
    if (folder / LITE_PATH).is_file():
        print(f"for phones: {folder / LITE_PATH}")


def _train_settings(values):
    for name in ("table", "out"):
        _check_given(name, values)
    return TrainSettings(**values)


def _check_given(name, values):
    if not values.get(name):
        wanted = {"table": "a table to train on", "out": "--out, the folder of the model, e.g. saved_models/reviews"}
        raise UserError(f"Nothing says {wanted[name]}. Example: bigmodel train reviews.csv --out saved_models/reviews")


def _with_settings_as_options(function):
    """Adds one parameter per setting to the command, so that no setting is defined twice."""
    context, *own = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    table = inspect.Parameter(
        "table",
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[str | None, typer.Argument(help=_FIELDS["table"].metadata["help"])],
    )
    settings = option_parameters(TrainSettings, panel=_panel_of, leave_out=("table",))
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    return with_parameters(function, [context, table, *settings, *own])


def _panel_of(name):
    names = list(_FIELDS)
    begun = [panel for first, panel in _PANELS.items() if names.index(first) <= names.index(name)]
    return begun[-1]


run = _with_settings_as_options(run)
