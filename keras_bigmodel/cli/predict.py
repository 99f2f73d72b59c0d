"""`bigmodel predict`: texts in, one JSON line a text out. Knows no TensorFlow until it runs."""

import contextlib
import itertools
import json
import sys
from typing import Annotated

import typer

from keras_bigmodel.cli.answer_file import answer_lines, check_free
from keras_bigmodel.cli.predict_inputs import texts_asked
from keras_bigmodel.cli.quiet_tensorflow import import_tensorflow
from keras_bigmodel.cli.screen import Screen
from keras_bigmodel.cli.table_options import (
    EncodingOption,
    FormatOption,
    HeaderOption,
    PairOption,
    QuotesOption,
    TextOption,
)
from keras_bigmodel.core.errors import UserError

NAME = "predict"
_ROWS = 4096  # texts answered together: enough to sort by length, little enough to hold
_CHARACTERS = 4_000_000  # and fewer, where texts are long
_BATCH = 32


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
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="New file for the answers, instead of standard output.")
    ] = None,
    top_k: Annotated[int | None, typer.Option(help="How many labels to show.", min=1)] = None,
):
    """Label texts: one JSON line a text, in the order given. For a model of pairs: text TAB text."""
    if out is not None:
        check_free(out)
    how = {"text": text, "pair": pair, "format": format, "quotes": quotes, "encoding": encoding, "header": header}
    rows, total = texts_asked(inputs, how)
    import_tensorflow()
    from keras_bigmodel.pipeline import load_task

    task, answered = load_task(model), 0
    if pair is not None and not task.pairs:
        raise UserError("This model takes single texts: leave --pair out.")
    quiet = out is None and sys.stdout.isatty()  # a bar between the lines of answers helps nobody
    with (
        answer_lines(out) as write,
        contextlib.nullcontext() if quiet else Screen().row_bar("predicting", total) as bar,
    ):
        for texts, answers in _answers(task, rows, bar or (lambda rows: None)):
            write(_json_lines(task, texts, answers, top_k))
            answered += len(answers)
        if not answered:
            raise UserError("No text came; give texts, a file with a text a line, or texts on standard input.")
    if out is not None:
        typer.echo(f"Wrote {answered:,} answers to {out}.", err=True)


def _answers(task, rows, show):
    """Yields `(texts, probabilities)`, some thousand rows each; `show` hears how many rows are done."""
    from keras_bigmodel.training import ReportPredicting

    done, batches = 0, itertools.count(1)
    hear = ReportPredicting(lambda: show(done + min(next(batches) * _BATCH, _ROWS)))
    for texts, answers in task.predict_stream(_parts(task, rows), batch_size=_BATCH, callbacks=[hear]):
        yield list(zip(*texts, strict=True)) if task.pairs else texts, answers
        done, batches = done + len(answers), itertools.count(1)
        show(done)


def _parts(task, rows):
    """Yields lists of texts, or both columns of pairs."""
    columns = lambda part: tuple(map(list, zip(*part, strict=True))) if task.pairs else part
    part, characters = [], 0
    for row in rows:
        row = _as_pair(row) if task.pairs else row
        part.append(row)
        characters += sum(map(len, row)) if task.pairs else len(row)
        if len(part) == _ROWS or characters > _CHARACTERS:
            yield columns(part)
            part, characters = [], 0
    if part:
        yield columns(part)


def _json_lines(task, texts, answers, top_k):
    from keras_bigmodel.core.prediction import Prediction

    for row, answer in zip(texts, answers, strict=True):
        yield _as_json(row, Prediction.from_row(task.labels, answer, top_k))


def _as_json(row, answer):
    shown = {"text": row[0], "text_pair": row[1]} if isinstance(row, tuple) else {"text": row}
    best = {"label": answer.label, "probability": round(answer.probability, 6)}
    probabilities = {label: round(value, 6) for label, value in answer.probabilities.items()}
    return json.dumps({**shown, **best, "probabilities": probabilities}, ensure_ascii=False)


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
