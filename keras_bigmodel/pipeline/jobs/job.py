"""Defines what a run needs of a kind of task. Knows tables, tasks and figures; no run, no files but the report's."""

import dataclasses
import json
import numbers

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.settings import option_of
from keras_bigmodel.data import hold_back
from keras_bigmodel.pipeline.run_tables import read_parts
from keras_bigmodel.pipeline.table_answers import check_columns, predict_table
from keras_bigmodel.tables import read_text_table

CARD = """# {name}, version {version}

A {task}. {headline}

| Measure | {part} |
|---|--:|
{rows}
"""


OPTIONAL_SETTINGS = (
    "stream",
    "min_rows",
    "class_weight",
    "label_smoothing",
    "formats",
    "reject_below",
    "keep_accuracy",
    "threshold",
    "head",
    "overlap",
    "truncate",
)


class Job:
    """Defines a kind of task, from reading the table to writing the report: one subclass and one row of `JOBS` each.

    A subclass defines `name`, `task_class`, `make_task` and `metrics`. The other methods work for tables of texts with
    the targets in one column, and are overridden where they do not fit.

    Attributes:
        name: str. Name of the kind, as given to `--task`.
        task_class: class of the tasks.
        label_kind: str. What a label of a table is: `"one"`, `"several"`, `"number"` or `"spans"`; see
            `tables.LabelCells`.
        optional_settings: tuple of str. Those that this kind takes of `OPTIONAL_SETTINGS`.
        measures_exports: bool. Whether this kind measures what a file for another runtime loses; see `TextJob`.
    """

    name = None
    task_class = None
    label_kind = "one"
    optional_settings = ()
    measures_exports = False

    def check_settings(self, settings):
        """Checks that the settings have no option that this kind of task does not take.

        Args:
            settings: `TrainSettings`.

        Raises:
            UserError: there is one; the message names it.
        """
        entries = {entry.name: entry for entry in dataclasses.fields(settings)}
        for name in OPTIONAL_SETTINGS:
            value = getattr(settings, name)
            given = value is not False and (type(value), value) != (type(entries[name].default), entries[name].default)
            if given and name not in self.optional_settings:
                raise UserError(f"{option_of(entries[name])} came, and the kind of task {self.name} takes none.")

    # ---- the tables

    def read(self, settings, reporter, folder):
        """Reads the tables of a run.

        Args:
            settings: `TrainSettings`.
            reporter: `Reporter` that receives the progress, the notes and the rows left out.
            folder: path of a folder that may hold features during the run.

        Returns:
            `(dict of part → table, facts)`. The parts are `train`, `validation` and, if the settings name it, `test`.
            The facts are what `make_task` needs to know of the tables. A table has `len`, `path`, `sha256`, `inputs`
            and `labels` (the arguments of the task's `fit`), `weights`, `dropped` and `rows(numbers)`.

        Raises:
            UserError: a table cannot be read or trained on.
        """
        whole = self.read_table(settings.table, settings)
        return read_parts(settings, reporter.say, whole, self.read_table, self._hold_back), None

    def read_table(self, path, options):
        """Reads a table with labels.

        Args:
            path: path of the table.
            options: `TableOptions`, such as `TrainSettings`.

        Returns:
            a table; see `read`.

        Raises:
            UserError: the table cannot be read.
        """
        return read_text_table(path, options=options, label_kind=self.label_kind)

    def _hold_back(self, table, settings):
        same = [""] * len(table)  # targets are not classes here: the split is not stratified
        return hold_back(table.inputs, same, settings.validation_share, seed=settings.seed)

    def table_facts(self, table):
        """Returns the facts of a table for the manifest: dict with `path`, `sha256`, `rows` and `dropped`."""
        return {"path": table.path, "sha256": table.sha256, "rows": len(table), "dropped": table.dropped}

    def data_report(self, task, tables, reporter):
        """Returns the description of the tables for the report.

        Args:
            task: the task of the run.
            tables: dict of part → table; see `read`.
            reporter: `Reporter` that receives the progress and the notes.

        Returns:
            dict with `tables`: dict of part → facts of the table.
        """
        return {"tables": {name: self.table_facts(table) for name, table in tables.items()}}

    # ---- the task

    def make_task(self, settings, facts, *, dtype, parent=None):
        """Returns the task of a run.

        Args:
            settings: `TrainSettings`.
            facts: the facts that `read` returned with the tables.
            dtype: str. Dtype that training computes in.
            parent: `(path, task)` of the version to start from. Defaults to None: starts from the encoder.
        """
        raise NotImplementedError

    def check(self, task, tables):
        """Checks that the task can be trained and evaluated on the targets of the tables; does nothing here.

        Args:
            task: the task of the run.
            tables: dict of part → table; see `read`.
        """

    def start_message(self, task, tables):
        """Returns the sentence that is shown when training starts: str."""
        return f"Training a {type(task).__name__} on {counted(len(tables['train']), 'row')}, in {task.export_dtype}."

    def compile_options(self, settings):
        """Returns the arguments of `Task.compile` that only this kind of task has: dict."""
        return {}

    def fit_options(self, settings, table):
        """Returns the arguments of `Task.fit` that only this kind of task has: dict.

        Args:
            settings: `TrainSettings`.
            table: the training table.
        """
        return {}

    def finished(self, task, table, settings, reporter):
        """Returns a trained task as it is measured and published, and notes on it; here the task itself and no note.

        Args:
            task: the trained task, in float32.
            table: the validation table.
            settings: `TrainSettings`.
            reporter: `Reporter` that receives the progress.

        Returns:
            `(task, list of str)`.
        """
        return task, []

    def rejecting(self, task, table, *, reject_below=None, keep_accuracy=None, reporter):
        """Returns the task with a threshold below which it gives no answer; only for kinds that take these settings.

        Args:
            task: a trained task.
            table: the table on which the threshold is chosen.
            reject_below: float. The threshold. Defaults to None.
            keep_accuracy: float. Wanted accuracy of the answers above the threshold. Defaults to None.
            reporter: `Reporter` that receives the progress.

        Raises:
            UserError: no threshold reaches the accuracy.
        """
        raise NotImplementedError

    # ---- the measures

    def check_table(self, task, table, model="This model"):
        """Checks that a task can be measured on a table.

        Args:
            task: a task of this kind.
            table: a table; see `read`.
            model: str. Name of the model in the error message. Defaults to `"This model"`.

        Raises:
            UserError: the table has other columns than the task takes.
        """
        check_columns(task, table, model)

    def metrics(self, targets, outputs):
        """Computes the measures of a task's predictions.

        Args:
            targets: the `labels` of a table.
            outputs: the outputs of `Task.predict` for its rows.

        Returns:
            dict of name → float.
        """
        raise NotImplementedError

    def measure(self, task, table, *, batch_size=64, reporter):
        """Evaluates a task on a table.

        Args:
            task: a task of this kind.
            table: a table; see `read`.
            batch_size: int. Rows in a batch. Defaults to 64.
            reporter: `Reporter` that receives the progress.

        Returns:
            dict with `metrics`: dict of `texts` (the number of rows) and the measures.

        Raises:
            UserError: the table has other columns than the task takes, or a measure is not a number.
        """
        self.check_table(task, table)
        outputs = predict_table(task, table, batch_size=batch_size, reporter=reporter)
        measures = self.metrics(table.labels, outputs)
        for name, value in measures.items():
            if not isinstance(value, numbers.Real):
                raise UserError(f"The job {self.name} measures {name} as {value!r:.60}; wanted a number.")
        return {"metrics": {"texts": len(table), **{name: float(value) for name, value in measures.items()}}}

    def headline(self, metrics):
        """Returns the measures in one line: str.

        Args:
            metrics: dict; see `measure`.
        """
        words = [f"{name.replace('_', ' ')} {value:.4f}" for name, value in metrics.items() if isinstance(value, float)]
        return ", ".join([counted(metrics["texts"], "text"), *words])

    def lines(self, metrics):
        """Returns the measures as lines for the screen: iterable of str.

        Args:
            metrics: dict; see `measure`.
        """
        return [self.headline(metrics)]

    def manifest_metrics(self, metrics):
        """Returns the measures that are saved in the manifest: dict.

        Args:
            metrics: dict; see `measure`.
        """
        return metrics

    def compare(self, models, table, *, batch_size, reporter):
        """Compares the predictions of two models; see `pipeline.compare`.

        Args:
            models: two pairs `(folder, function that loads the task)`.
            table: a table; see `read`.
            batch_size: int. Rows in a batch.
            reporter: `Reporter` that receives the progress.

        Returns:
            dict; see `pipeline.compare`.

        Raises:
            UserError: this kind of task has no comparison.
        """
        raise UserError(f"bigmodel compare knows no measure for two models of the kind {self.name}.")

    # ---- the report

    def write_report(self, folder, figures):
        """Writes `report/` and `card.md`.

        Args:
            folder: `Path` of the version folder.
            figures: dict with `model`, `data`, `history`, `notes`, `measured` and `parity`; see `write_run_report`.
        """
        (folder / "report").mkdir()
        text = json.dumps(figures, indent=2, ensure_ascii=False, default=str)
        (folder / "report" / "metrics.json").write_text(text + "\n", encoding="utf-8")
        part, measured = list(figures["measured"].items())[-1]
        rows = "\n".join(f"| {name} | {value:.4g} |" for name, value in measured["metrics"].items())
        facts = {name: figures["model"][name] for name in ("name", "version", "task")}
        card = CARD.format(**facts, part=part, headline=self.headline(measured["metrics"]), rows=rows)
        (folder / "card.md").write_text(card, encoding="utf-8")

    def write_table_report(self, folder, model, table, figures):
        """Writes the report of one table that a model was evaluated on: `index.html`.

        Args:
            folder: path of an existing folder.
            model: dict with `model`, the description of the model, or an empty dict.
            table: a table; see `read`.
            figures: dict as from `measure`.

        Raises:
            UserError: this kind of task has no report of one table.
        """
        raise UserError(f"A report of one table is not written for the kind {self.name}; leave --report out.")
