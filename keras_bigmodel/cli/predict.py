"""`bigmodel predict`: texts in, one JSON line a text out. Knows no TensorFlow until it runs."""

import json
import sys
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from keras_bigmodel.cli.quiet_tensorflow import import_tensorflow
from keras_bigmodel.cli.screen import Screen
from keras_bigmodel.cli.table_notes import table_notes
from keras_bigmodel.cli.table_options import (
    EncodingOption,
    FormatOption,
    HeaderOption,
    PairOption,
    QuotesOption,
    TextOption,
)
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.reporter import SILENT

NAME = "predict"
_ROWS = 4096  # texts answered together: enough to sort by length, little enough to hold
_BATCH = 32
_ENDINGS = (".txt", ".json", ".gz", ".zip", ".xlsx")  # besides the tables'


def run(
    model: Annotated[str, typer.Argument(help="Folder of the model, or of one version.")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Texts, or one file (a table, or a text a line); default: standard input."),
    ] = None,
    text: TextOption = None,
    pair: PairOption = None,
    format: FormatOption = None,
    quotes: QuotesOption = True,
    encoding: EncodingOption = None,
    header: HeaderOption = None,
    top_k: Annotated[int | None, typer.Option(help="How many labels to show.", min=1)] = None,
):
    """Label texts: one JSON line a text, in the order given. For a model of pairs: text TAB text."""
    how = {"text": text, "pair": pair, "format": format, "quotes": quotes, "encoding": encoding, "header": header}
    rows, total = _rows(inputs, how)
    import_tensorflow()
    from keras_bigmodel.pipeline import load_task
    from keras_bigmodel.training import ReportPredicting

    task, answered = load_task(model), 0
    if pair is not None and not task.pairs:
        raise UserError("This model takes single texts: leave --pair out.")
    reporter = SILENT if sys.stdout.isatty() else Screen()  # a bar between the lines of answers helps nobody
    batches = None if total is None else sum(-(-min(_ROWS, total - at) // _BATCH) for at in range(0, total, _ROWS))
    with reporter.bar("predicting", batches) as advance:
        while chunk := list(islice(rows, _ROWS)):
            answered += len(chunk)
            texts = [_as_pair(row) for row in chunk] if task.pairs else chunk
            answers = task.classify(texts, top_k=top_k, batch_size=_BATCH, callbacks=[ReportPredicting(advance)])
            for row, answer in zip(texts, answers, strict=True):
                print(_as_json(row, answer))
            sys.stdout.flush()
    if not answered:
        raise UserError("No text came; give texts, a file with a text a line, or texts on standard input.")


def _as_json(row, answer):
    shown = {"text": row[0], "text_pair": row[1]} if isinstance(row, tuple) else {"text": row}
    best = {"label": answer.label, "probability": round(answer.probability, 6)}
    probabilities = {label: round(value, 6) for label, value in answer.probabilities.items()}
    return json.dumps({**shown, **best, "probabilities": probabilities}, ensure_ascii=False)


def _rows(inputs, how):
    """Gives `(the texts one by one, their number or None)`, from wherever they come."""
    if not inputs or inputs == ["-"]:
        return _lines(sys.stdin.buffer), None
    from keras_bigmodel.data import is_table_name

    looks_like_a_file = is_table_name(inputs[0]) or inputs[0].lower().endswith(_ENDINGS)
    if len(inputs) == 1 and not _is_file(inputs[0]) and looks_like_a_file and " " not in inputs[0]:
        raise UserError(f"No file {inputs[0]}. Check the name.")  # a file's name, mistyped, is no text to label
    if len(inputs) > 1 or not _is_file(inputs[0]):
        return iter(inputs), len(inputs)
    path = Path(inputs[0])
    if not is_table_name(path) and how["format"] is None:
        with path.open("rb") as file:
            return _lines_of(path), sum(1 for _ in file)
    return _table_rows(path, how)


def _table_rows(path, how):
    from keras_bigmodel.data import read_text_table

    table = read_text_table(path, **how, with_labels=False)
    for note in table_notes(table):
        typer.echo(note, err=True)
    texts = table.texts if table.seconds is None else list(zip(table.texts, table.seconds, strict=True))
    return iter(texts), len(texts)


def _is_file(name):
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # a text too long, or with characters that no file name has
        return False


def _lines_of(path):
    with path.open("rb") as file:
        yield from _lines(file)


def _lines(file):
    for line in file:
        yield line.decode("utf-8", errors="replace").rstrip("\r\n")


def _as_pair(row):
    if isinstance(row, tuple):
        return row
    first, tab, second = row.partition("\t")
    if not tab:
        raise UserError(
            f"This model takes pairs, and one text came: {row!r:.60}. Put a TAB between the two texts; in a table, "
            "name the second text's column with --pair."
        )
    return first, second
