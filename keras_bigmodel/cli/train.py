"""`bigmodel train`: arguments in, a version folder out. Knows no TensorFlow until it runs."""

import dataclasses
import inspect
import sys
import typing
from typing import Annotated

import typer

from keras_bigmodel.cli.quiet_tensorflow import import_tensorflow
from keras_bigmodel.cli.screen import Screen
from keras_bigmodel.cli.standard_streams import print_json
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.settings import option_of, read_settings, settings_text
from keras_bigmodel.pipeline.train_settings import TrainSettings

NAME = "train"
_FIELDS = dataclasses.fields(TrainSettings)
# A panel of the help, from this field on.
_PANELS = {"table": "Tables", "task": "Model", "epochs": "Training"}


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
    # By the name: typer brings a copy of click of its own, whose ParameterSource is another class.
    said = {name: options[name] for name in options if context.get_parameter_source(name).name == "COMMANDLINE"}
    from_file = read_settings(settings, TrainSettings) if settings else {}
    if print_settings:
        print(
            settings_text(_made({"table": "reviews.csv", "out": "saved_models/reviews", **from_file, **said})), end=""
        )
        return
    if resume and discard:
        raise UserError("--resume and --discard came; wanted one of them.")
    values = {**from_file, **said}
    _need("out", values)
    if not resume and not discard:
        from keras_bigmodel.pipeline.run_folder import RunFolder

        RunFolder(values["out"]).refuse_unfinished()  # before TensorFlow is loaded
    import_tensorflow()
    from keras_bigmodel.pipeline.train_run import has_state, settings_of_unfinished, train
    from keras_bigmodel.training import RunStopped

    if resume:
        values = {**dataclasses.asdict(settings_of_unfinished(values["out"])), **values}
    made = _made(values)
    try:
        unfinished = "resume" if resume else "discard" if discard else "refuse"
        folder, manifest = train(made, unfinished=unfinished, reporter=Screen())
    except KeyboardInterrupt as stop:
        place = f" at {stop.place}" if isinstance(stop, RunStopped) else ""
        go_on = f"Go on with: bigmodel train --resume --out {made.out}" if has_state(made.out) else "Nothing was kept."
        typer.echo(f"Stopped{place}. {go_on}", err=True)
        sys.exit(130)  # what a shell gives after Ctrl-C
    if as_json:
        result = {"folder": str(folder), "metrics": manifest.metrics, "parity": manifest.parity}
        print_json({**result, "notes": manifest.notes})
        return
    for part, headline in manifest.headlines.items():
        print(f"{part}: {headline}")
    print(f"model: {folder}")
    print(f"report: {folder / 'report' / 'index.html'}")


def _made(values):
    for name in ("table", "out"):
        _need(name, values)
    return TrainSettings(**values)


def _need(name, values):
    if not values.get(name):
        wanted = {"table": "a table to train on", "out": "--out, the folder of the model, e.g. saved_models/reviews"}
        raise UserError(f"Nothing says {wanted[name]}. Example: bigmodel train reviews.csv --out saved_models/reviews")


def _parameter(entry, hint, panel):
    """Gives a field of the settings as a parameter of the command; the defaults are the settings' own."""
    help, default = entry.metadata["help"], None if entry.default is dataclasses.MISSING else entry.default
    if entry.name == "table":
        option, hint = typer.Argument(help=help), str | None
    else:
        name = option_of(entry)
        is_switch = hint in (bool, bool | None)
        name = f"{name}/--no-{name[2:]}" if is_switch else name
        option = typer.Option(name, help=help, rich_help_panel=panel)
        hint = str | None if (default is None and hint is str) or dict in typing.get_args(hint) else hint
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(entry.name, kind, default=default, annotation=Annotated[hint, option])


def _with_settings_as_options(function):
    """Gives the command one parameter a setting, so that no setting is written down twice."""
    own = [
        part
        for part in inspect.signature(function).parameters.values()
        if part.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    hints = typing.get_type_hints(TrainSettings)
    settings, panel = [], None
    for entry in _FIELDS:
        panel = _PANELS.get(entry.name, panel)
        settings.append(_parameter(entry, hints[entry.name], panel))
    context, *own = own
    parameters = [context, *(part.replace(kind=inspect.Parameter.KEYWORD_ONLY) for part in (*settings, *own))]
    function.__signature__ = inspect.Signature(parameters)
    function.__annotations__ = {part.name: part.annotation for part in parameters}
    return function


run = _with_settings_as_options(run)
