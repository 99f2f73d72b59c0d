"""Defines what the kinds of tasks on texts have in common. Knows tables of texts and encoders; no kind of label."""

import time

import keras

from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.data import data_report, dominant_script
from keras_bigmodel.data.text_inputs import check_column_names
from keras_bigmodel.evaluation import length_slices
from keras_bigmodel.pipeline.jobs.job import Job
from keras_bigmodel.pipeline.run_tables import read_parts
from keras_bigmodel.pipeline.streamed_tables import StreamedTable, is_streamed, stream_tables
from keras_bigmodel.pipeline.table_answers import predict_table
from keras_bigmodel.reports import write_card, write_report


class TextJob(Job):
    """Defines a kind of task on texts or pairs of texts: tables, streams, continued versions, report and card.

    A subclass defines what `Job` wants, `to_train`, `facts_of`, `figures`, `details` and `quality`. See `Job` for
    the arguments of the methods.
    """

    measures_exports = True

    # ---- the tables

    def read(self, settings, reporter, folder):
        """Reads the tables, all at once or row by row. See `Job.read`."""
        if is_streamed(settings):
            tables, counts = stream_tables(settings, reporter, folder, self)
        else:
            whole, counts = self.to_train(self.read_table(settings.table, settings), settings)
            tables = read_parts(settings, reporter.say, whole, self.read_table, self._hold_back)
        return tables, self.facts_of(tables, counts, settings)

    def to_train(self, table, settings):
        """Checks that a model can be trained on a table.

        Args:
            table: `TextTable`.
            settings: `TrainSettings`.

        Returns:
            `(TextTable, dict)`: the rows to train on, and the number of rows of each label, empty for numbers.

        Raises:
            UserError: it cannot.
        """
        return table, self.counts_to_train(table.path, table.label_counts, len(table), settings)

    def counts_to_train(self, path, counts, rows, settings):
        """Checks the labels of a table by their counts, and returns those to train on: dict of label → rows.

        Args:
            path: path of the table, for error messages.
            counts: dict of label → number of rows.
            rows: int. The number of all rows.
            settings: `TrainSettings`.

        Raises:
            UserError: no model can be trained on such labels.
        """
        return counts

    def facts_of(self, tables, counts, settings):
        """Returns what `make_task` needs to know of the tables; see `Job.read`.

        Args:
            tables: dict of part → table.
            counts: dict of label → number of rows, as `to_train` returned it.
            settings: `TrainSettings`.

        Raises:
            UserError: no model can be trained on these tables.
        """
        raise NotImplementedError

    def data_report(self, task, tables, reporter):
        """Returns the description of the tables for the report: dict; see `data.data_report`.

        Figures on the texts of a `StreamedTable` are computed on its sample.
        """
        whole = {name: table for name, table in tables.items() if isinstance(table, StreamedTable)}
        held = {name: whole[name].sample if name in whole else table for name, table in tables.items()}
        with reporter.bar("looking at the data", len(tables) + 1) as advance:
            lengths, unknown = {}, {}
            for name, table in held.items():
                if len(table):
                    lengths[name], unknown[name] = task.token_counts(table.inputs)
                advance()
            report = data_report(held, lengths=lengths, unknown=unknown, max_length=task.text_limit, whole=whole)
            advance()
        for note in report["notes"]:
            reporter.say(note)
        return report

    # ---- the task

    def encoder_options(self, settings, dtype):
        """Returns the arguments of `from_encoder` that all tasks on texts have: dict."""
        return {
            "pairs": len(settings.input_columns) > 1,
            "pooling": settings.pooling,
            "dropout": settings.dropout,
            "l2": settings.l2,
            "max_length": settings.max_length,
            "mode": settings.mode,
            "ops": settings.ops,
            "dtype": dtype,
        }

    def continued(self, parent, settings, dtype, **changes):
        """Returns a copy of a version's task to train on.

        Args:
            parent: `(path, task)` of the version.
            settings: `TrainSettings`.
            dtype: str. Dtype that training computes in.
            **changes: further entries of the config → new values.

        Raises:
            UserError: the table has other columns than the task takes.
        """
        folder, last = parent
        check_column_names(last.preprocessor.columns, settings.input_columns, folder)
        policy = keras.dtype_policies.serialize(keras.dtype_policies.get(dtype))
        last = last if settings.ops == "auto" else last.with_ops(settings.ops)
        changes = {name: getattr(settings, name) for name in ("dropout", "l2") if hasattr(last, name)} | changes
        return last.with_config(dtype=policy, **changes)

    # ---- the measures

    def measure(self, task, table, *, batch_size=64, reporter=SILENT):
        """Evaluates the task, with the details that a report shows; see `Job.measure`.

        Returns:
            dict: `metrics` as from `figures`, `details` as from `details`, and `seconds`, float: the time that the
            predictions took.
        """
        start = time.perf_counter()
        targets, outputs = self.targets_and_outputs(task, table, batch_size=batch_size, reporter=reporter)
        taken = time.perf_counter() - start
        slices = self.slices_of(task, table)
        with reporter.bar("weighing the answers", 2) as advance:
            metrics = self.figures(task, targets, outputs)
            advance()
            details = self.details(task, targets, outputs, table.inputs, slices)
            advance()
        return {"metrics": metrics, "details": details, "seconds": round(taken, 3)}

    def figures(self, task, targets, outputs):
        """Returns the measures of predictions: dict.

        Args:
            task: a task of this kind.
            targets: encoded targets.
            outputs: array `(texts, ...)` of `predict`.
        """
        raise NotImplementedError

    def details(self, task, targets, outputs, texts, slices):
        """Returns what a report shows besides the measures: dict.

        Args:
            task: as in `figures`.
            targets: as in `figures`.
            outputs: as in `figures`.
            texts: dict of column → list of str.
            slices: dict of criterion → list of str; see `slices_of`.
        """
        raise NotImplementedError

    def quality(self, task, targets, outputs):
        """Measures by one number what a file for another runtime may lose; see `LostAccuracy`.

        Args:
            task: a task of this kind.
            targets: encoded targets.
            outputs: array `(texts, ...)` of `predict`.

        Returns:
            `(name of the measure, float with 1 as the best)`.
        """
        raise NotImplementedError

    def choices(self, task, outputs):
        """Returns what is chosen for each row, so that changed rows can be counted: list, or None of numbers.

        Args:
            task: a task of this kind.
            outputs: as in `quality`.
        """
        return None

    def slices_of(self, task, table):
        """Returns the slices of a table's rows by their length and their script: dict of criterion → list of str."""
        return {
            "length in tokens": length_slices(task.token_counts(table.inputs)[0], task.text_limit),
            "script": [dominant_script(text) for text in table.texts],
        }

    def targets_and_outputs(self, task, table, *, batch_size, reporter, title="measuring", model="This model"):
        """Returns the encoded targets and the outputs of `predict` of a table's rows.

        Args:
            task: a task of this kind.
            table: `TextTable` with labels.
            batch_size: int. Rows in a batch.
            reporter: `Reporter` that receives the progress.
            title: str. Title of the progress bar. Defaults to `"measuring"`.
            model: str. Name of the model in the error message. Defaults to `"This model"`.

        Returns:
            `(array (texts, ...), array (texts, ...))`.

        Raises:
            UserError: the table does not fit the task.
        """
        self.check_table(task, table, model=model)
        outputs = predict_table(task, table, batch_size=batch_size, reporter=reporter, title=title)
        return task.encode_targets(table.labels), outputs

    def manifest_metrics(self, metrics):
        """Returns the measures that the manifest holds: all but what a report alone shows."""
        return {name: value for name, value in metrics.items() if name not in ("confusion_matrix", "labels")}

    # ---- the report

    def write_report(self, folder, figures):
        """Writes the report page and the card; see `Job.write_report`."""
        write_report(folder / "report", figures)
        write_card(folder / "card.md", figures)

    def write_table_report(self, folder, model, table, figures):
        """Writes the report page of one table; see `Job.write_table_report`."""
        write_report(folder, {"data": data_report({"test": table}), "measured": {"test": figures}, **model})
