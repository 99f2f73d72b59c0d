"""What a person is told of how a table was read. Knows tables' facts; no screen."""

from keras_bigmodel.core.counted import counted


def table_notes(table):
    """Gives the sentences on a `TextTable`: its notes, and the rows left out for each reason."""
    yield from table.notes
    for reason, rows in table.dropped.items():
        yield f"Left out {counted(rows, 'row')}: {reason}."
