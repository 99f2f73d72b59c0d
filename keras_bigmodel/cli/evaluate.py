"""`bigmodel evaluate`: a model and a table in, measures out. Knows no TensorFlow until it runs."""

import json
from typing import Annotated

import typer

from keras_bigmodel.cli.metric_table import class_lines, metric_lines
from keras_bigmodel.cli.quiet_tensorflow import import_tensorflow
from keras_bigmodel.cli.screen import Screen

NAME = "evaluate"


def run(
    model: Annotated[str, typer.Argument(help="Folder of the model, or of one version.")],
    table: Annotated[str, typer.Argument(help="Table with texts and labels.")],
    text: Annotated[str, typer.Option(help="Column of the text.")] = "text",
    pair: Annotated[str | None, typer.Option(help="Column of the second text, for pairs.")] = None,
    label: Annotated[str, typer.Option(help="Column of the label.")] = "label",
    as_json: Annotated[bool, typer.Option("--json", help="Print the measures as JSON.")] = False,
):
    """Measure a model on a table: accuracy, F1, log loss, and each class."""
    import_tensorflow()
    from keras_bigmodel.data import read_text_table
    from keras_bigmodel.pipeline import load_task, measure

    rows = read_text_table(table, text=text, pair=pair, label=label)
    metrics = measure(load_task(model), rows, reporter=Screen())
    if as_json:
        print(json.dumps({**metrics, "dropped": rows.dropped}, ensure_ascii=False))
        return
    print(metric_lines(metrics))
    print("\n".join(class_lines(metrics)))
    for reason, number in rows.dropped.items():
        typer.echo(f"Left out {number} rows: {reason}.", err=True)
