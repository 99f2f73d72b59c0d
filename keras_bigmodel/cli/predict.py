"""Defines the command `bigmodel predict`: writes one JSON line per text. Knows no TensorFlow until it runs."""

import contextlib
import itertools
import sys
from typing import Annotated

import typer

from keras_bigmodel.cli.answer_file import answer_lines, check_free
from keras_bigmodel.cli.options import with_table_options
from keras_bigmodel.cli.predict_inputs import read_inputs
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.standard_streams import json_text
from keras_bigmodel.data.text_inputs import check_column_names
from keras_bigmodel.pipeline.screen import Screen, import_tensorflow

NAME = "predict"
_ROWS = 4096  # texts predicted together: enough to sort by length, few enough to hold in memory
_CHARACTERS = 4_000_000  # of the texts predicted together: fewer texts if they are long
_BATCH = 32


@with_table_options("label", "label_separator", "weight")
def run(
    model: Annotated[str, typer.Argument(help="Folder of the model, or of one version.")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Texts, or one file (a table, or a text a line); default: standard input."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="New file for the answers, instead of standard output.")
    ] = None,
    dtype: Annotated[
        str, typer.Option(help="float32, as measured and exported, or mixed_bfloat16: faster on some machines.")
    ] = "float32",
    top_k: Annotated[int | None, typer.Option(help="How many labels of a classifier to show.", min=1)] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="Answer with the model's file for phones: litert-int8, …; docs/exports.md lists them."),
    ] = None,
    *,
    options,
):
    """Answer texts: one JSON line a text, in the order given. For a model of pairs: text TAB text."""
    if out is not None:
        check_free(out)
    rows, total = read_inputs(inputs, options)
    answer_options = {} if top_k is None else {"top_k": top_k}
    answerer = (_Model if engine is None else _Engine)(model, dtype, engine, answer_options)
    columns, answered, empty = answerer.columns, 0, 0
    check_column_names(columns, columns if options.pair is None else (*columns, "text_pair"))
    encoding_of_lines = sys.stdout.encoding if out is None else "utf-8"
    quiet = out is None and sys.stdout.isatty()  # a progress bar would mix with the lines of answers
    with (
        answer_lines(out) as write,
        contextlib.nullcontext() if quiet else Screen().row_bar("predicting", total) as bar,
    ):
        for part, answers in _answers(answerer, rows, bar or (lambda rows: None)):
            write(_json_lines(answerer, part, answers, encoding_of_lines))
            answered += len(answers)
            empty += answers.count(None)
        if not answered:
            raise UserError("No text came; give texts, a file with a text a line, or texts on standard input.")
    if empty:
        words = "1 row has no text: its answer is" if empty == 1 else f"{empty:,} rows have no text: their answers are"
        typer.echo(f"{words} null.", err=True)
    if out is not None:
        typer.echo(f"Wrote {counted(answered, 'answer')} to {out}.", err=True)


class _Model:
    """Answers with the model itself."""

    def __init__(self, path, dtype, engine, options):
        import_tensorflow(lean=True)
        from keras_bigmodel.pipeline import load_task

        self._task, self._options = load_task(path, dtype=dtype), options
        self.columns, self.reader = self._task.preprocessor.columns, self._task.answer_reader()

    def __call__(self, columns, show):
        """Returns the answers to rows; `show` is called with the number of rows done so far."""
        from keras_bigmodel.training import ReportPredicting

        batches = itertools.count(1)
        callbacks = [ReportPredicting(lambda: show(min(next(batches) * _BATCH, _ROWS)))]
        try:
            return self._task.answers(columns, batch_size=_BATCH, callbacks=callbacks, **self._options)
        except TypeError as error:
            if not self._options or "unexpected keyword argument" not in str(error):
                raise
            raise UserError("--top-k came, and the answers of this model have no labels to choose from.") from error


class _Engine:
    """Answers with a file of the model for another runtime; loads neither TensorFlow nor Keras."""

    def __init__(self, path, dtype, engine, options):
        from keras_bigmodel.edge import load_engine

        if dtype != "float32":
            raise UserError(f"--dtype {dtype} came with --engine {engine}, whose file has its own. Leave one out.")
        self._classifier, self._options = load_engine(path, engine), options
        self.columns, self.reader = self._classifier.columns, self._classifier.answer_reader()
        typer.echo(self._classifier.loss_sentence, err=True)

    def __call__(self, columns, show):
        """Returns the answers to rows."""
        return self._classifier.answers(columns, **self._options)


def _answers(answerer, rows, show):
    """Yields `(rows, answers)` in parts of up to `_ROWS` rows; a row without a text has the answer None.

    `show` is called with the number of rows done so far.
    """
    done, names = 0, answerer.columns
    for part in _parts(names, rows):
        filled = [row for row in part if row[0].strip()]
        columns = _columns(names, filled)
        answers = iter(answerer(columns, lambda now: show(done + now)) if filled else ())  # noqa: B023, used here
        yield part, [next(answers) if row[0].strip() else None for row in part]
        done += len(part)
        show(done)


def _parts(names, rows):
    """Yields lists of rows; a row is a tuple of texts.

    Args:
        names: tuple of str. The columns that the model takes.
        rows: iterable of tuples of texts, or of lines.
    """
    part, characters = [], 0
    for row in rows:
        row = _as_row(row, names)
        part.append(row)
        characters += sum(map(len, row))
        if len(part) == _ROWS or characters > _CHARACTERS:
            yield part
            part, characters = [], 0
    if part:
        yield part


def _columns(names, rows):
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _as_row(row, names):
    """Returns the texts of a row as a tuple; a line is split at TABs if the model takes several columns."""
    if not isinstance(row, tuple) and not row.strip():
        return ("",) * len(names)  # an empty line
    texts = row if isinstance(row, tuple) else tuple(row.split("\t", len(names) - 1))
    if len(texts) != len(names):
        raise UserError(
            f"This model takes pairs, and one text came: {texts[0]!r:.60}. Put a TAB between the two texts; in a "
            "table, name the second text's column with --pair."
        )
    return texts


def _json_lines(answerer, rows, answers, encoding):
    """Yields one JSON line per row; the answer to a row without a text is null."""
    nothing = answerer.reader.empty_json()
    for texts, answer in zip(rows, answers, strict=True):
        shown = dict(zip(answerer.columns, texts, strict=True))
        yield json_text({**shown, **(nothing if answer is None else answer.as_json())}, encoding)
