"""Defines the command `bigmodel data`: describes tables before training. Knows no TensorFlow until it runs."""

from typing import Annotated

import typer

from keras_bigmodel.cli.data_lines import data_lines
from keras_bigmodel.cli.options import with_table_options
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.standard_streams import can_print, print_json
from keras_bigmodel.pipeline.screen import Screen, import_tensorflow

NAME = "data"
_DEFAULT_ENCODER = "minilm"
_LABEL_KINDS = {
    "classification": "one",
    "multi_label": "several",
    "regression": "number",
    "token_classification": "spans",
}
_MAX_LENGTH = 128  # tokens; the default of train, unless the encoder's limit is lower
_TEXTS_AT_ONCE = 1000  # counted between two steps of the progress bar


@with_table_options()
def run(
    table: Annotated[str, typer.Argument(help="Table to train on: .csv, .tsv, .jsonl or .parquet.")],
    validation: Annotated[str | None, typer.Option(help="Table to validate on.")] = None,
    test: Annotated[str | None, typer.Option(help="Table to measure on.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Whose tokens are counted: minilm (the default) or a BERT folder.")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option(min=1, help="Tokens of a text at most; default: as train, 128 or the encoder's limit.")
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            help="Kind of task: classification, multi_label, regression, token_classification; default: as it looks."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    *,
    options,
):
    """Describe tables before training: classes, lengths, scripts, repeated texts, conflicting labels, leaks."""
    from keras_bigmodel.data import data_report
    from keras_bigmodel.tables import read_text_table

    if task is not None and task not in _LABEL_KINDS:
        raise UserError(f'No kind of task "{task}". Known: {", ".join(_LABEL_KINDS)}.')
    tables = {"train": read_text_table(table, options=options, label_kind=_LABEL_KINDS.get(task))}
    sign = {"label_separator": tables["train"].label_separator}  # None: as the other tables look
    how = {"options": options, "label_kind": tables["train"].label_kind, **sign}
    paths = {"validation": validation, "test": test}
    tables |= {name: read_text_table(path, **how) for name, path in paths.items() if path is not None}
    counts, missing, limit = _token_counts(tables, encoder)
    lengths = {name: tokens for name, (tokens, _) in counts.items()}
    unknown = {name: tokens for name, (_, tokens) in counts.items()}
    limit = max_length or (None if tables["train"].label_kind == "spans" else limit)  # spans: read in windows
    report = data_report(tables, lengths=lengths, unknown=unknown, max_length=limit)
    report["notes"] += missing
    if as_json:
        print_json(report)
    else:
        print("\n".join(data_lines(report, bar="█" if can_print("█") else "#")))


def _token_counts(tables, encoder):
    """Returns `(counts, notes, limit)`.

    `counts` is a dict of part → `(tokens, unknown tokens)`, two lists of int with one number per text. `notes` are
    sentences on why nothing was counted. `limit` is the number of tokens at which texts are truncated.
    """
    columns = tuple(tables["train"].inputs)
    try:
        preprocessor = _preprocessor(encoder or _DEFAULT_ENCODER, columns)
    except UserError as error:
        if encoder is not None:
            raise
        return {}, [f"Tokens were not counted. {error}"], _MAX_LENGTH
    chunks = sum(-(-len(table) // _TEXTS_AT_ONCE) for table in tables.values())
    with Screen().bar("counting tokens", chunks) as advance:
        counts = {name: _table_counts(table, preprocessor, advance) for name, table in tables.items()}
    return counts, [], preprocessor.max_length


def _preprocessor(encoder, columns):
    """Returns the `TextPreprocessor` that train builds from an encoder's vocabulary."""
    import_tensorflow(lean=True)
    from keras_bigmodel.checkpoints import open_checkpoint
    from keras_bigmodel.preprocessors import TextPreprocessor
    from keras_bigmodel.tokenizers import WordPieceTokenizer

    checkpoint = open_checkpoint(encoder)
    vocabulary, settings = checkpoint.vocabulary()
    limit = min(_MAX_LENGTH, checkpoint.encoder_settings.get("max_length", _MAX_LENGTH))
    return TextPreprocessor(WordPieceTokenizer(vocabulary, **settings), columns=columns, max_length=limit)


def _table_counts(table, preprocessor, advance):
    """Returns `(tokens, unknown tokens)` of a table's rows, as two lists of int."""
    tokens, unknown = [], []
    for start in range(0, len(table), _TEXTS_AT_ONCE):
        part = table.rows(range(start, min(start + _TEXTS_AT_ONCE, len(table))))
        for counts, found in zip((tokens, unknown), preprocessor.token_counts(part.inputs), strict=True):
            counts.extend(found.tolist())
        advance()
    return tokens, unknown
