"""Reads, splits and reports the tables of a run. Knows settings and tables; no model, no kind of task."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted


def read_parts(settings, say, whole, read, hold_back):
    """Reads the validation and test tables of a run, or holds back rows of the training table for validation.

    Args:
        settings: `TrainSettings`.
        say: function of a sentence; called with the notes on how each table was read and which rows were left out.
        whole: the training table, before rows are held back.
        read: function of a path and the settings → table.
        hold_back: function of a table and the settings → `(rows kept, rows held back)`, two lists of row numbers.

    Returns:
        dict of part → table; the parts are `train`, `validation` and, if the settings name it, `test`.

    Raises:
        UserError: a table cannot be read, or is too small to hold rows back.
    """
    _report_reading(whole, say)
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
        _report_reading(tables["validation"], say)
    if settings.test is not None:
        tables["test"] = read(settings.test, settings)
        _report_reading(tables["test"], say)
    return tables


def report_reading(table, rows, say):
    """Reports how a table was read and which rows were left out.

    Args:
        table: `TextTable` or `StreamedTable`.
        rows: int. The number of all rows, including those left out.
        say: function of a sentence; called with each.
    """
    for note in table.notes:
        say(note)
    for reason, number in table.dropped.items():
        say(f"Left out {number} of {counted(rows, 'row')} of {table.path}: {reason}.")


def _report_reading(table, say):
    report_reading(table, len(table) + sum(table.dropped.values()), say)
