"""Defines the program `bigmodel`: commands, errors, exit codes. Imports no heavy package."""

import contextlib
import os
import sys
import traceback

import typer

from keras_bigmodel._version import __version__
from keras_bigmodel.cli import compare, data, doctor, evaluate, export, inspect, parity, predict, serving, train
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.standard_streams import SIGPIPE_EXIT, ReaderLeftError, discard_output, standard_streams

app = typer.Typer(
    name="bigmodel",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (data, train, evaluate, compare, predict, inspect, export, parity, serving, doctor):
    app.command(command.NAME)(command.run)


def _show_version(wanted: bool):
    if wanted:
        typer.echo(f"bigmodel {__version__}")
        raise typer.Exit


@app.callback()
def _describe(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Say the version."),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error (works behind a command too)."),
):
    """From a table of labelled text to a measured classifier that runs in TensorFlow Serving."""


def main():
    """Runs the program; a `UserError` ends it with its message and exit code 2."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hides TensorFlow's log messages
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        with standard_streams():
            app(arguments, prog_name="bigmodel")
    except UserError as error:
        if debug:
            traceback.print_exc()
        _say_error(error)
        discard_output()
        sys.exit(2)
    except ReaderLeftError:
        discard_output()
        sys.exit(SIGPIPE_EXIT)


def _say_error(error):
    with contextlib.suppress(OSError):  # standard error is closed
        typer.echo(f"Error: {error}", err=True)


if __name__ == "__main__":
    main()
