"""`bigmodel export`: a trained model in another format. Knows no TensorFlow until it runs."""

import json
from typing import Annotated

import typer

from keras_bigmodel.cli.quiet_tensorflow import import_tensorflow
from keras_bigmodel.cli.screen import Screen

NAME = "export"


def run(
    model: Annotated[str, typer.Argument(help="Folder of the model, or of one version.")],
    format: Annotated[str, typer.Option("--format", help="saved_model.")] = "saved_model",
    out: Annotated[str | None, typer.Option(help="New folder; without it the export becomes the next version.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the certificate as JSON.")] = False,
):
    """Write a model for another runtime, compared with the original before it appears."""
    import_tensorflow()
    from keras_bigmodel.pipeline import export

    folder, certificate = export(model, format=format, out=out, reporter=Screen())
    if as_json:
        print(json.dumps({"folder": str(folder), "parity": certificate}, ensure_ascii=False))
        return
    print(
        f"Wrote {folder}. On {certificate['texts']} texts in a process without keras_bigmodel: "
        f"{certificate['texts_with_other_tokens']} with other tokens, largest difference of a logit "
        f"{certificate['largest_logit_difference']:.1e}."
    )
