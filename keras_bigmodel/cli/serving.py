"""Defines the command `bigmodel serving`: shows or writes the files that run a model in production. Knows no server."""

from typing import Annotated

import typer

from keras_bigmodel.cli.options import with_table_options
from keras_bigmodel.cli.predict_inputs import check_no_table_options, read_filled_rows
from keras_bigmodel.core.standard_streams import print_json
from keras_bigmodel.pipeline.screen import Screen, import_tensorflow

NAME = "serving"


@with_table_options("label", "label_separator", "weight")
def run(
    model: Annotated[str, typer.Argument(help="Folder of the model, or of one version.")],
    out: Annotated[
        str | None, typer.Option(help="New folder for the files, after a measurement on this machine.")
    ] = None,
    texts: Annotated[
        str | None, typer.Option("--texts", help="File of texts, or a table, to measure with; default: bundled texts.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the folder and what was measured as JSON.")] = False,
    *,
    options,
):
    """Show how to run a model in TensorFlow Serving, or measure its batches on this machine and write the files."""
    if texts is None:
        check_no_table_options(options, "there is no --texts to read", "encoding")
    rows = None if texts is None else read_filled_rows(texts, options)
    import_tensorflow(lean=True)
    from keras_bigmodel.export.serving_files import read_measurement
    from keras_bigmodel.pipeline import serving

    folder = serving(model, out=out, texts=rows, reporter=Screen())
    measured = read_measurement(folder)
    if as_json:
        print_json({"folder": str(folder), **measured.as_json()})
        return
    print(f"Serving files: {folder}")
    print(f"Measured on {measured.cores} cores, rows a second by rows at once:", measured.words())
    print(f"docker compose -f {folder / 'docker-compose.yml'} up")
    print(f"kubectl apply -f {folder / 'kubernetes.yml'}")
