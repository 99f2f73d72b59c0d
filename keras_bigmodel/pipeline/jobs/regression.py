"""Defines the prediction of a number for texts or pairs of texts. Knows numbers and their measures; no run."""

import numpy as np

from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data import hold_back
from keras_bigmodel.evaluation import paired_numbers, regression_details, regression_metrics
from keras_bigmodel.pipeline.jobs.text_job import TextJob
from keras_bigmodel.pipeline.measure_lines import figures_in_short, named_figure_lines
from keras_bigmodel.tasks import TextRegressor
from keras_bigmodel.tasks.text_regressor import form_of

_FIGURES = {  # key in the dict → name on the screen
    "pearson": "Pearson",
    "spearman": "Spearman",
    "rmse": "root mean squared error",
    "mean_absolute_error": "mean absolute error",
    "r2": "R²",
}
_IN_SHORT = ("spearman", "pearson", "rmse")
_BINS = 10  # of the targets, from each of which rows are held back


class RegressionJob(TextJob):
    """Defines regression: each row has a number. See `Job` for the arguments of the methods."""

    name = "regression"
    task_class = TextRegressor
    label_kind = "number"
    optional_settings = ("stream", "formats", "head")

    # ---- the tables

    def to_train(self, table, settings):
        """Checks that the numbers differ, and returns the table and an empty dict."""
        numbers = np.asarray(table.labels)
        if np.ptp(numbers) == 0:
            rows = f"All {len(numbers)} rows" if len(numbers) > 1 else "The only row"
            raise UserError(
                f"{rows} of {table.path} {'have' if len(numbers) > 1 else 'has'} the number {numbers[0]:g}; there is "
                "nothing to learn. Check the column of the numbers (--label)."
            )
        return table, {}

    def facts_of(self, tables, counts, settings):
        """Returns the scale and the offset of the training targets: two floats; see `text_regressor.form_of`."""
        train = tables["train"]
        return form_of(train.numbers if hasattr(train, "numbers") else train.labels, settings.head)

    def _hold_back(self, table, settings):
        """Holds rows back from each tenth of the numbers."""
        numbers = np.asarray(table.labels)
        borders = np.quantile(numbers, np.linspace(0, 1, _BINS + 1)[1:-1])
        bins = [str(place) for place in np.searchsorted(borders, numbers, side="right")]
        return hold_back(table.inputs, bins, settings.validation_share, seed=settings.seed)

    def table_facts(self, table):
        """Returns the facts of a table for the manifest, with the range of its numbers: dict."""
        numbers = np.asarray(table.numbers if hasattr(table, "numbers") else table.labels, "float64")
        about = {"lowest": numbers.min(), "highest": numbers.max(), "mean": numbers.mean(), "deviation": numbers.std()}
        return {**super().table_facts(table), "numbers": {name: float(value) for name, value in about.items()}}

    # ---- the task

    def make_task(self, settings, facts, *, dtype, parent=None):
        """Returns a `TextRegressor` on an encoder, or one that continues the parent version; see `Job.make_task`."""
        if parent is not None:
            folder, last = parent
            if last.head_kind != settings.head:
                raise UserError(
                    f"{folder} has the head {last.head_kind}, and --head {settings.head} came. Say --head "
                    f"{last.head_kind}, or leave --continue out."
                )
            task = self.continued(parent, settings, dtype)
        else:
            task = TextRegressor.from_encoder(
                settings.encoder,
                head_kind=settings.head,
                **self._form(settings, facts),
                **self.encoder_options(settings, dtype),
            )
        task.encoder.trainable = not settings.freeze_encoder
        return task

    def _form(self, settings, facts):
        """Returns scale and offset for a new head: dict, empty if the encoder's folder has a head that fits."""
        checkpoint = open_checkpoint(settings.encoder)
        fits = checkpoint.num_head_outputs == 1 and checkpoint.head_kind in (None, "regression")
        if settings.head == "linear" and fits and settings.pooling in (None, checkpoint.pooling):
            return {}
        return dict(zip(("scale", "offset"), facts, strict=True))

    def start_message(self, task, tables):
        """Returns the sentence that is shown when training starts: str."""
        what = "the cosine of two texts' vectors" if task.head_kind == "cosine" else "a number a row"
        return f"Training on {counted(len(tables['train']), 'row')}, {what}, in {task.export_dtype}."

    # ---- the measures

    def figures(self, task, targets, outputs):
        """Returns `evaluation.regression_metrics`: dict."""
        return regression_metrics(targets, outputs)

    def details(self, task, targets, outputs, texts, slices):
        """Returns `evaluation.regression_details`: dict."""
        return regression_details(targets, outputs, texts, slices=slices)

    def quality(self, task, targets, outputs):
        """Returns the rank correlation, 0 if all predictions are equal; see `Job.quality`."""
        return "Spearman", regression_metrics(targets, outputs, resamples=0)["spearman"] or 0.0

    def headline(self, metrics):
        """Returns both correlations and the error with their intervals in one line: str."""
        return figures_in_short(metrics, {name: _FIGURES[name] for name in _IN_SHORT})

    def lines(self, metrics):
        """Returns lines with all measures: list of str."""
        return list(named_figure_lines(metrics, _FIGURES))

    def compare(self, models, table, *, batch_size, reporter):
        """Compares two regressors; see `pipeline.compare`.

        Raises:
            UserError: the table does not fit a model.
        """
        predicted = []
        for folder, load in models:  # one model after the other: two encoders need not be in memory at once
            how = {"batch_size": batch_size, "reporter": reporter, "title": f"asking {folder}", "model": folder}
            predicted.append(self.targets_and_outputs(load(), table, **how))
        (targets, first), (_, second) = predicted
        compared = paired_numbers(targets, first, second)
        changed = [_change(table, row, first[row], second[row]) for row in compared.pop("changed_rows")]
        return {**compared, "changed": changed}


def _change(table, row, first, second):
    target = table.labels[row]
    return {
        **{name: column[row] for name, column in table.inputs.items()},
        "label": target,
        "first": float(first),
        "second": float(second),
        "kind": "closer" if abs(second - target) < abs(first - target) else "farther",
    }
