"""What a run asks of a kind of task. Knows tables, tasks and figures; no run, no files but the report's."""

import dataclasses
import json
import numbers

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.settings import option_of
from keras_bigmodel.data import hold_back
from keras_bigmodel.pipeline.run_tables import read_parts
from keras_bigmodel.pipeline.table_answers import ask, check_columns
from keras_bigmodel.tables import read_text_table

CARD = """# {name}, version {version}

A {task}. {headline}

| Measure | {part} |
|---|--:|
{rows}
"""


class Job:
    """What differs by kind of task, from the table to the report: one subclass and one row of `JOBS` a kind.

    A subclass gives `name`, `task_class`, `make_task` and `metrics`; the rest here serves tables of texts whose targets
    stand in one column, and is overridden where it does not fit.

    Attributes:
        name: str. What `--task` says.
        task_class: the class of its tasks.
        takes: tuple of str: the settings that not every kind of task takes, and this one does.
    """

    name = None
    task_class = None
    takes = ()

    def check_settings(self, settings):
        """Refuses settings that this kind of task does not take.

        Raises:
            UserError: the sentence names the option.
        """
        entries = {entry.name: entry for entry in dataclasses.fields(settings)}
        for name in ("stream", "min_rows", "class_weight", "label_smoothing"):
            given = getattr(settings, name) not in (entries[name].default, False)
            if given and name not in self.takes:
                raise UserError(f"{option_of(entries[name])} came, and the kind of task {self.name} takes none.")

    # ---- the tables

    def read(self, settings, reporter, folder):
        """Reads the tables that the settings name.

        Args:
            settings: `TrainSettings`.
            reporter: `Reporter` that is told what was left out.
            folder: path where features may be kept while the run lasts.

        Returns:
            `(dict of part → table, facts)`: the parts are `train`, `validation` and, if named, `test`; the facts are
            what `make_task` wants to know of them. A table has `len`, `path`, `sha256`, `inputs` and `labels` (what
            the task's `fit` takes), `weights`, `dropped` and `rows(numbers)`.

        Raises:
            UserError: a table cannot be read or trained on.
        """
        whole = self._read_table(settings.table, settings)
        return read_parts(settings, reporter.say, whole, self._read_table, self._hold_back), None

    def _read_table(self, path, settings):
        return read_text_table(path, options=settings)

    def _hold_back(self, table, settings):
        same = [""] * len(table)  # a row's target is no class to keep the share of
        return hold_back(table.inputs, same, settings.validation_share, seed=settings.seed)

    def table_facts(self, table):
        """Returns what the manifest keeps of a table: dict."""
        return {"path": table.path, "sha256": table.sha256, "rows": len(table), "dropped": table.dropped}

    def data_report(self, task, tables, reporter):
        """Returns what the report says of the tables: dict with `tables`."""
        return {"tables": {name: self.table_facts(table) for name, table in tables.items()}}

    # ---- the task

    def make_task(self, settings, facts, *, dtype, parent=None):
        """Returns the task of a run.

        Args:
            settings: `TrainSettings`.
            facts: what `read` returned beside the tables.
            dtype: str. What training computes in.
            parent: `(path, task)` of the version to begin from. Defaults to None: the encoder.
        """
        raise NotImplementedError

    def check(self, task, tables):
        """Refuses tables whose targets the task cannot learn or be measured on."""

    def begins(self, task, tables):
        """Returns the sentence that a run begins with."""
        return f"Training a {type(task).__name__} on {counted(len(tables['train']), 'row')}, in {task.export_dtype}."

    def compile_options(self, settings):
        """Returns arguments of `Task.compile` that only this kind of task has: dict."""
        return {}

    def fit_options(self, settings, table):
        """Returns arguments of `Task.fit` that only this kind of task has: dict.

        Args:
            settings: `TrainSettings`.
            table: the table that is trained on.
        """
        return {}

    # ---- the measures

    def metrics(self, targets, outputs):
        """Returns the measures of answers: dict of name → float.

        Args:
            targets: what the table has as labels.
            outputs: what `Task.predict` gave for its rows.
        """
        raise NotImplementedError

    def measure(self, task, table, *, batch_size=64, reporter):
        """Answers a table's rows and compares them with its targets: dict with `metrics`."""
        check_columns(task, table)
        outputs = ask(task, table, batch_size=batch_size, reporter=reporter)
        measures = self.metrics(table.labels, outputs)
        for name, value in measures.items():
            if not isinstance(value, numbers.Real):
                raise UserError(f"The job {self.name} measures {name} as {value!r:.60}; wanted a number.")
        return {"metrics": {"texts": len(table), **{name: float(value) for name, value in measures.items()}}}

    def headline(self, metrics):
        """Returns measures in one line: str."""
        words = [f"{name.replace('_', ' ')} {value:.4f}" for name, value in metrics.items() if isinstance(value, float)]
        return ", ".join([counted(metrics["texts"], "text"), *words])

    def lines(self, metrics):
        """Returns measures as lines for a screen: iterable of str."""
        return [self.headline(metrics)]

    def short(self, metrics):
        """Returns the measures that a manifest keeps: dict."""
        return metrics

    def compare(self, models, table, *, batch_size, reporter):
        """Compares the answers of two models; see `pipeline.compare`."""
        raise UserError(f"bigmodel compare knows no measure for two models of the kind {self.name}.")

    # ---- the report

    def write_report(self, folder, figures):
        """Writes `report/` and `card.md`.

        Args:
            folder: `Path` of the version folder.
            figures: dict: `model`, `data`, `history`, `notes`, `measured`, `parity`.
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
        """Writes the report of one table that a model was measured on: `index.html`."""
        raise UserError(f"A report of one table is not written for the kind {self.name}; leave --report out.")
