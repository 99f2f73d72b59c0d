"""The tables of a run: read, split, told of. Knows settings and tables; no model, no kind of task."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted


def read_parts(settings, say, whole, read, hold_back):
    """Reads the tables that the settings name beside the one to train on, or holds rows of that one back.

    Args:
        settings: `TrainSettings`.
        say: function that is told what was left out.
        whole: the table to train on.
        read: function of a path and the settings → table.
        hold_back: function of a table and the settings → `(rows kept, rows held back)`, two lists of numbers.

    Returns:
        dict of part → table; the parts are `train`, `validation` and, if named, `test`.

    Raises:
        UserError: a table cannot be read, or is too small to hold rows back.
    """
    _tell(whole, say)
    if settings.validation is None:
        kept, held = hold_back(whole, settings)
        if not held:
            raise UserError(
                f"{whole.path} has {counted(len(whole), 'usable row')}, too few or too much alike to hold "
                f"{settings.validation_share:.0%} back for validation. Raise --validation-share, or name a table with "
                "--validation."
            )
        tables = {"train": whole.rows(kept), "validation": whole.rows(held)}
    else:
        tables = {"train": whole, "validation": read(settings.validation, settings)}
        _tell(tables["validation"], say)
    if settings.test is not None:
        tables["test"] = read(settings.test, settings)
        _tell(tables["test"], say)
    return tables


def tell(table, rows, say):
    """Says how a table was read.

    Args:
        table: `TextTable` or `StreamedTable`.
        rows: int. All of its rows, those left out among them.
        say: function that is told.
    """
    for note in table.notes:
        say(note)
    for reason, number in table.dropped.items():
        say(f"Left out {number} of {counted(rows, 'row')} of {table.path}: {reason}.")


def _tell(table, say):
    tell(table, len(table) + sum(table.dropped.values()), say)
