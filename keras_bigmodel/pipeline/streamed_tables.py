"""The tables of a run that are read row by row. Knows settings and streams; no model."""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data import classes_to_train
from keras_bigmodel.data.class_labels import in_order, left_out
from keras_bigmodel.pipeline.run_tables import tell
from keras_bigmodel.pipeline.table_survey import TableSurvey, key_of
from keras_bigmodel.tables import TableStream, TextTable, read_text_table

_LARGE = 256 << 20  # bytes; what a table of that size takes in memory, most machines have
_SHOWN_ROWS = 1000  # between two steps of a bar


def is_streamed(settings):
    """Says whether a run reads its table row by row: as its settings say, or where the file is large."""
    return _is_large(settings.table) if settings.stream is None else settings.stream


def stream_tables(settings, reporter, folder):
    """Surveys the tables that the settings name, holding some ten thousand rows of each at most.

    Args:
        settings: `TrainSettings`.
        reporter: `Reporter` that is told how far it is and what was left out.
        folder: path where token ids are kept while the run lasts.

    Returns:
        `(dict of part → StreamedTable or TextTable, list of labels)`, as `Job.read`.

    Raises:
        UserError: a table cannot be read or trained on.
    """
    if settings.stream is None:
        reporter.say(
            f"{settings.table} is large: it is read row by row, and its token ids are kept in {folder} while the run "
            "lasts (--no-stream reads it into memory)."
        )
    others = {
        name: _to_measure(path, settings, reporter)
        for name, path in (("validation", settings.validation), ("test", settings.test))
        if path is not None
    }
    stream = _ToldStream(settings.table, options=settings, folder=folder)
    stream.tell(reporter, f"reading {settings.table}")
    share = settings.validation_share if settings.validation is None else 0.0
    known = {key for table in others.values() for key in _keys(table)}
    survey = TableSurvey(stream, share=share, seed=settings.seed, known=known)
    counts = classes_to_train(stream.path, survey.label_counts, min_rows=settings.min_rows or 1)
    train = _train_table(stream, survey, counts, settings, reporter)
    tell(train, survey.rows + sum(stream.dropped.values()), reporter.say)
    held = survey.held(counts) if settings.validation is None else others.pop("validation")
    if not len(held):
        raise UserError(
            f"{stream.path} has {survey.rows} usable rows, too few or too much alike to hold "
            f"{settings.validation_share:.0%} back for validation. Raise --validation-share, or name a table with "
            "--validation."
        )
    return {"train": train, "validation": held, **others}, in_order(counts)


def _train_table(stream, survey, counts, settings, reporter):
    dropped, notes = dict(stream.dropped), list(stream.notes)
    rare = {label: rows for label, rows in survey.label_counts.items() if label not in counts}
    if rare:
        reason, note = left_out(settings.min_rows, len(rare))
        dropped[reason] = sum(rare.values())
        notes.append(note)
    kept = stream.where(lambda texts, label: label in counts and not survey.is_held(texts))
    sample, rows = survey.sample(counts)
    held = survey.held(counts).label_counts
    label_counts = {label: number - held.get(label, 0) for label, number in counts.items()}
    kept.tell(reporter, "writing token ids", sum(label_counts.values()))
    facts = {"path": stream.path, "columns": stream.columns, "cut": stream.cut, "sha256": sample.sha256}
    return StreamedTable(kept, label_counts, sample, rows, dropped=dropped, notes=notes, **facts)


class _ToldStream(TableStream):
    """A stream that reports how far it has been read."""

    def tell(self, reporter, title, rows=None):
        self._told = reporter, title, rows

    def __iter__(self):
        reporter, title, rows = self._told
        with reporter.bar(title, None if rows is None else rows // _SHOWN_ROWS) as advance:
            done = 0
            for block in super().__iter__():
                yield block
                for _ in range((done + len(block)) // _SHOWN_ROWS - done // _SHOWN_ROWS):
                    advance()
                done += len(block)


def _to_measure(path, settings, reporter):
    """Reads a table to measure on: all of it, or of a large one rows drawn by their texts."""
    if not _is_large(path):
        table = read_text_table(path, options=settings)
        tell(table, len(table) + sum(table.dropped.values()), reporter.say)
        return table
    stream = _ToldStream(path, options=settings)
    stream.tell(reporter, f"reading {path}")
    survey = TableSurvey(stream, share=0.0, seed=settings.seed)
    table, _ = survey.sample(survey.label_counts)
    note = f"Measures of {path} are of {len(table):,} of its {survey.rows:,} rows, drawn by their texts."
    table = replace(table, dropped=stream.dropped, cut=stream.cut, notes=[*stream.notes, note])
    tell(table, survey.rows + sum(stream.dropped.values()), reporter.say)
    return table


def _is_large(path):
    with contextlib.suppress(OSError):  # whoever reads it says what is wrong
        return Path(path).stat().st_size > _LARGE
    return False


def _keys(table):
    return map(key_of, *table.inputs.values())


@dataclass(frozen=True)
class StreamedTable:
    """Stands where a `TextTable` stands otherwise, with what a run asks of either.

    Args:
        stream: `TableStream` of the rows.
        label_counts: dict of label → rows.
        sample: `TextTable` of some of the rows: what is said of texts is said of these.
        sample_rows: list of int. Where the sample's rows stand in the table, from 0.
        path: str, and all below, as in `TextTable`.
        dropped: dict of reason → rows.
        sha256: str.
        columns: dict of role → column.
        cut: int.
        notes: list of str.
    """

    stream: TableStream
    label_counts: dict[str, int]
    sample: TextTable
    sample_rows: list[int]
    path: str
    dropped: dict[str, int]
    sha256: str
    columns: dict[str, str | int]
    cut: int
    notes: list[str]

    def __len__(self):
        return sum(self.label_counts.values())
