"""`bigmodel train`: arguments in, a version folder out. Knows no TensorFlow until it runs."""

import json
from typing import Annotated

import typer

from keras_bigmodel.cli.metric_table import metric_lines
from keras_bigmodel.cli.quiet_tensorflow import import_tensorflow
from keras_bigmodel.cli.screen import Screen
from keras_bigmodel.pipeline.train_settings import TrainSettings

NAME = "train"


def run(
    table: Annotated[str, typer.Argument(help="Table to train on: .csv, .tsv, .jsonl or .parquet.")],
    out: Annotated[str, typer.Option(help="Folder of the model, e.g. saved_models/reviews; gets the next version.")],
    text: Annotated[str, typer.Option(help="Column of the text.")] = "text",
    pair: Annotated[str | None, typer.Option(help="Column of the second text, for pairs.")] = None,
    label: Annotated[str, typer.Option(help="Column of the label.")] = "label",
    validation: Annotated[str | None, typer.Option(help="Table to validate on, instead of a part held back.")] = None,
    validation_share: Annotated[float, typer.Option(help="Share of the rows held back.")] = 0.1,
    test: Annotated[str | None, typer.Option(help="Table to measure on at the end.")] = None,
    encoder: Annotated[str, typer.Option(help="minilm, or a BERT folder as Hugging Face writes it.")] = "minilm",
    epochs: Annotated[int, typer.Option(help="Times through the table.")] = 3,
    batch_size: Annotated[int, typer.Option(help="Rows in a batch.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="Highest learning rate.")] = TrainSettings.learning_rate,
    weight_decay: Annotated[float, typer.Option(help="Weight decay of AdamW.")] = TrainSettings.weight_decay,
    dropout: Annotated[float, typer.Option(help="Share of the text's vector dropped in training.")] = 0.1,
    pooling: Annotated[str | None, typer.Option(help="mean, cls or pooler; default: as the encoder says.")] = None,
    max_length: Annotated[int | None, typer.Option(help="Tokens of a text at most; default 128.")] = None,
    mode: Annotated[str, typer.Option(help="Tokenizer: exact (as Hugging Face) or fast.")] = "exact",
    dtype: Annotated[str, typer.Option(help="auto, float32 or mixed_bfloat16.")] = "auto",
    seed: Annotated[int, typer.Option(help="Of the split, the order and the dropout.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
):
    """Train a classifier on a table and publish it as the next version of its name."""
    settings = TrainSettings(
        table=table,
        out=out,
        text=text,
        pair=pair,
        label=label,
        validation=validation,
        validation_share=validation_share,
        test=test,
        encoder=encoder,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        dropout=dropout,
        pooling=pooling,
        max_length=max_length,
        mode=mode,
        dtype=dtype,
        seed=seed,
    )
    import_tensorflow()
    from keras_bigmodel.pipeline.train_run import train

    folder, manifest = train(settings, reporter=Screen())
    if as_json:
        print(json.dumps({"folder": str(folder), "metrics": manifest.metrics, "parity": manifest.parity}))
        return
    for part, metrics in manifest.metrics.items():
        print(f"{part}: {metric_lines(metrics)}")
    print(f"model: {folder}")
