"""The tables of a run: read, checked, split, described. Knows settings and tables; no model."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data import hold_back, labels_to_train, read_text_table
from keras_bigmodel.data.tables.label_check import counts_in_order


def read_tables(settings, say):
    """Reads the tables that the settings name.

    Args:
        settings: `TrainSettings`.
        say: function that is told what was left out.

    Returns:
        `(dict of part → TextTable, list of labels)`; the parts are `train`, `validation` and, if named, `test`.

    Raises:
        UserError: a table cannot be read or trained on.
    """
    whole, labels = labels_to_train(_read(settings.table, settings), min_rows=settings.min_rows or 1)
    _tell(whole, say)
    if settings.validation is None:
        kept, held = hold_back(
            whole.texts, whole.labels, settings.validation_share, seed=settings.seed, seconds=whole.seconds
        )
        if not held:
            raise UserError(
                f"{whole.path} has {len(whole)} usable rows, too few or too much alike to hold "
                f"{settings.validation_share:.0%} back for validation. Raise --validation-share, or name a table with "
                "--validation."
            )
        tables = {"train": whole.rows(kept), "validation": whole.rows(held)}
    else:
        tables = {"train": whole, "validation": _read(settings.validation, settings)}
        _tell(tables["validation"], say)
    if settings.test is not None:
        tables["test"] = _read(settings.test, settings)
        _tell(tables["test"], say)
    return tables, labels


def described(table):
    """Gives what the manifest keeps of a table."""
    return {
        "path": table.path,
        "sha256": table.sha256,
        "rows": len(table),
        "classes": counts_in_order(table.label_counts),
        "dropped": table.dropped,
    }


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
        say(f"Left out {number} of {rows} rows of {table.path}: {reason}.")


def _read(path, settings):
    return read_text_table(path, **settings.table_options)


def _tell(table, say):
    tell(table, len(table) + sum(table.dropped.values()), say)
