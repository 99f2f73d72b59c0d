"""Reads the tables of a run row by row. Knows settings and streams; no model."""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.class_labels import left_out_note
from keras_bigmodel.pipeline.run_tables import report_reading
from keras_bigmodel.pipeline.table_survey import TableSurvey, key_of
from keras_bigmodel.tables import TableStream, TextTable

_LARGE = 256 << 20  # bytes; most machines can hold a table of this size in memory
_SHOWN_ROWS = 1000  # between two steps of a progress bar


def is_streamed(settings):
    """Returns whether a run reads its table row by row: as `stream` is set, else for files above 256 MiB.

    Args:
        settings: `TrainSettings`.
    """
    return _is_large(settings.table) if settings.stream is None else settings.stream


def stream_tables(settings, reporter, folder, job):
    """Reads the tables of a run once, and holds some ten thousand rows of each in memory at most.

    Args:
        settings: `TrainSettings`.
        reporter: `Reporter` that receives the progress, the notes and the rows left out.
        folder: path of the folder that holds token ids during the run.
        job: object with `label_kind`, `read_table` and `counts_to_train`, such as a `TextJob`.

    Returns:
        `(dict of part → StreamedTable or TextTable, dict)`; the dict has the number of rows of each label to train on.

    Raises:
        UserError: a table cannot be read or trained on.
    """
    if settings.stream is None:
        reporter.say(
            f"{settings.table} is large: it is read row by row, and its token ids are kept in {folder} while the run "
            "lasts (--no-stream reads it into memory)."
        )
    others = {
        name: _read_to_evaluate(path, settings, reporter, job)
        for name, path in (("validation", settings.validation), ("test", settings.test))
        if path is not None
    }
    stream = _ReportingStream(settings.table, options=settings, label_kind=job.label_kind, folder=folder)
    stream.report_to(reporter, f"reading {settings.table}")
    share = settings.validation_share if settings.validation is None else 0.0
    known = {key for table in others.values() for key in _keys(table)}
    survey = TableSurvey(stream, share=share, seed=settings.seed, known=known)
    counts = job.counts_to_train(stream.path, survey.label_counts, survey.rows, settings)
    train = _train_table(stream, survey, counts, settings, reporter)
    report_reading(train, survey.rows + sum(stream.dropped.values()), reporter.say)
    held = survey.held(counts) if settings.validation is None else others.pop("validation")
    if not len(held):
        raise UserError(
            f"{stream.path} has {survey.rows} usable rows, too few or too much alike to hold "
            f"{settings.validation_share:.0%} back for validation. Raise --validation-share, or name a table with "
            "--validation."
        )
    return {"train": train, "validation": held, **others}, counts


def _train_table(stream, survey, counts, settings, reporter):
    dropped, notes = dict(stream.dropped), list(stream.notes)
    rare = {label: rows for label, rows in survey.label_counts.items() if label not in counts}
    if rare:
        reason, note = left_out_note(settings.min_rows, len(rare))
        dropped[reason] = sum(rare.values())
        notes.append(note)
    kept = stream.where(lambda texts, label: survey.has_one_of(label, counts) and not survey.is_held(texts))
    sample, rows = survey.sample(counts)
    held = survey.held(counts)
    label_counts = {label: number - held.label_counts.get(label, 0) for label, number in counts.items()}
    number = survey.rows - sum(rare.values()) - len(held)
    kept.report_to(reporter, "writing token ids", number)
    facts = {"path": stream.path, "columns": stream.columns, "cut": stream.cut, "sha256": sample.sha256}
    facts |= {"num_rows": number, "label_kind": survey.label_kind, "numbers": survey.numbers}
    return StreamedTable(kept, label_counts, sample, rows, dropped=dropped, notes=notes, **facts)


class _ReportingStream(TableStream):
    """Reads a table as a `TableStream` does, and reports the progress."""

    def report_to(self, reporter, title, rows=None):
        self._report = reporter, title, rows

    def __iter__(self):
        reporter, title, rows = self._report
        with reporter.bar(title, None if rows is None else rows // _SHOWN_ROWS) as advance:
            done = 0
            for block in super().__iter__():
                yield block
                for _ in range((done + len(block)) // _SHOWN_ROWS - done // _SHOWN_ROWS):
                    advance()
                done += len(block)


def _read_to_evaluate(path, settings, reporter, job):
    """Reads a table to evaluate on: all rows, or for a large file a sample drawn by the texts."""
    if not _is_large(path):
        table = job.read_table(path, settings)
        report_reading(table, len(table) + sum(table.dropped.values()), reporter.say)
        return table
    stream = _ReportingStream(path, options=settings, label_kind=job.label_kind)
    stream.report_to(reporter, f"reading {path}")
    survey = TableSurvey(stream, share=0.0, seed=settings.seed)
    table, _ = survey.sample(survey.label_counts)
    note = f"Measures of {path} are of {len(table):,} of its {survey.rows:,} rows, drawn by their texts."
    table = replace(table, dropped=stream.dropped, cut=stream.cut, notes=[*stream.notes, note])
    report_reading(table, survey.rows + sum(stream.dropped.values()), reporter.say)
    return table


def _is_large(path):
    with contextlib.suppress(OSError):  # the code that reads the file reports the error
        return Path(path).stat().st_size > _LARGE
    return False


def _keys(table):
    return map(key_of, *table.inputs.values())


@dataclass(frozen=True)
class StreamedTable:
    """Holds a training table that is read row by row, with the attributes of a `TextTable` that a run needs.

    Args:
        stream: `TableStream` of the rows.
        label_counts: dict of label → number of rows; empty if the labels are numbers.
        sample: `TextTable` of some of the rows; figures on texts are computed on these.
        sample_rows: list of int. Row numbers of the sample in the table, from 0.
        path: str. Path of the file.
        dropped: dict of reason → number of rows left out.
        sha256: str. Hash of the file's bytes.
        columns: dict of role → the column's name, or its number from 1.
        cut: int. Number of texts that were truncated at 100,000 characters.
        notes: list of str. Sentences for the user on how the table was read.
        num_rows: int. The number of rows.
        label_kind: str. As in `TextTable`.
        numbers: float32 array of the labels of the rows if they are numbers, else empty.
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
    num_rows: int
    label_kind: str
    numbers: object

    def __len__(self):
        return self.num_rows
