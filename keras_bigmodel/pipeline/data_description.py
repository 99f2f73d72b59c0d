"""What a run says of its data before it trains. Knows tables, held or streamed, and how tokens are counted."""

from keras_bigmodel.data import data_report
from keras_bigmodel.pipeline.streamed_table import StreamedTable


def describe_data(task, tables, reporter):
    """Describes the tables of a run; see `data.data_report`.

    Args:
        task: `TextClassifier`.
        tables: dict of part → `TextTable` or `StreamedTable`.
        reporter: `Reporter` that is told how far it is, and each note.

    Returns:
        dict; see `data_report`. Of a `StreamedTable`, what is said of texts is said of its sample.
    """
    whole = {name: table for name, table in tables.items() if isinstance(table, StreamedTable)}
    held = {name: whole[name].sample if name in whole else table for name, table in tables.items()}
    with reporter.bar("looking at the data", len(tables) + 1) as advance:
        lengths, unknown = {}, {}
        for name, table in held.items():
            if len(table):
                lengths[name], unknown[name] = task.token_counts(table.inputs)
            advance()
        report = data_report(held, lengths=lengths, unknown=unknown, max_length=task.max_length, whole=whole)
        advance()
    for note in report["notes"]:
        reporter.say(note)
    return report
