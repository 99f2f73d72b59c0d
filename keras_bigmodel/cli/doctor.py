"""Defines the command `bigmodel doctor`: examines a model of anyone. Knows no TensorFlow until it runs."""

from typing import Annotated

import typer

from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.standard_streams import print_json
from keras_bigmodel.pipeline.screen import import_tensorflow

NAME = "doctor"
_PROBLEMS = 1  # exit code, as linters have it


def run(
    model: Annotated[str, typer.Argument(help="Folder of a SavedModel, or a .tflite file, of whatever origin.")],
    server: Annotated[
        str | None, typer.Option(help="Version of TensorFlow Serving that is to run it, e.g. 2.19; default 2.14.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
):
    """Say what of a SavedModel or a .tflite file will not work on a server or a phone; exit code 1 if so."""
    import_tensorflow(lean=True)
    from keras_bigmodel.doctor import examine

    examination = examine(model, server=server)
    if as_json:
        print_json(examination.as_json())
    else:
        _show(examination)
    if examination.has_problems:
        raise typer.Exit(_PROBLEMS)


def _show(examination):
    print(f"{examination.path}: a {examination.kind}")
    for name, value in examination.facts.items():
        values = value if isinstance(value, list) else [value]
        for number, line in enumerate(values or ["none"]):
            print(f"{name if number == 0 else '':12} {line}")
    if not examination.findings:
        print("\nNothing was found that a server, a phone or a client would trip over.")
        return
    print()
    for finding in examination.findings:
        print(f"{finding.level:8} {finding.what} [{finding.code}]")
        print(f"{'':8} → {finding.advice}")
    levels = [finding.level for finding in examination.findings]
    print("\n" + ", ".join(counted(levels.count(level), level) for level in dict.fromkeys(levels)))
