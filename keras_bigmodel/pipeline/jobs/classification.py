"""Defines the classification of texts or pairs of texts. Knows labels, their measures and their report; no run."""

import time

import numpy as np

from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data import hold_back, labels_to_train
from keras_bigmodel.data.class_labels import classes_to_train, sorted_counts, sorted_labels
from keras_bigmodel.evaluation import (
    answer_details,
    classification_metrics,
    paired_comparison,
    rejection_metrics,
    threshold_for,
)
from keras_bigmodel.pipeline.jobs.class_weights import class_weights
from keras_bigmodel.pipeline.jobs.job import check_same_labels
from keras_bigmodel.pipeline.jobs.text_job import TextJob
from keras_bigmodel.pipeline.measure_lines import class_lines, figure_lines, metric_lines
from keras_bigmodel.pipeline.table_answers import check_columns, check_known_labels
from keras_bigmodel.tasks import TextClassifier

KINDS = {(False, True): "fixed", (True, False): "broken", (False, False): "both wrong"}


class ClassificationJob(TextJob):
    """Defines classification: each row has one label. See `Job` for the arguments of the methods."""

    name = "classification"
    task_class = TextClassifier
    label_kind = "one"
    optional_settings = (
        "stream",
        "min_rows",
        "class_weight",
        "label_smoothing",
        "formats",
        "reject_below",
        "keep_accuracy",
    )

    # ---- the tables

    def to_train(self, table, settings):
        """Returns the rows to train on and the rows of each label; see `data.labels_to_train`."""
        whole, labels = labels_to_train(table, min_rows=settings.min_rows or 1)
        return whole, {label: rows for label, rows in whole.label_counts.items() if label in set(labels)}

    def counts_to_train(self, path, counts, rows, settings):
        """Returns the labels to train on; see `data.classes_to_train`."""
        return classes_to_train(path, counts, min_rows=settings.min_rows or 1)

    def facts_of(self, tables, counts, settings):
        """Returns the labels, sorted: list of str."""
        class_weights(settings.class_weight, tables["train"].label_counts)  # raises before the task is built
        return sorted_labels(counts)

    def _hold_back(self, table, settings):
        return hold_back(table.inputs, table.labels, settings.validation_share, seed=settings.seed)

    def table_facts(self, table):
        """Returns the facts of a table for the manifest, with the rows of each class: dict."""
        return {**super().table_facts(table), "classes": sorted_counts(table.label_counts)}

    # ---- the task

    def make_task(self, settings, facts, *, dtype, parent=None):
        """Returns a `TextClassifier` on an encoder, or one that continues the parent version; see `Job.make_task`."""
        labels = facts
        if parent is not None:
            check_no_new_labels(parent, labels)
            # A threshold belongs to the weights that it was chosen for.
            task = self.continued(parent, settings, dtype, reject_below=None)
        else:
            labels = in_order_of_head(open_checkpoint(settings.encoder), labels)
            task = TextClassifier.from_encoder(settings.encoder, labels, **self.encoder_options(settings, dtype))
        task.encoder.trainable = not settings.freeze_encoder
        return task

    def check(self, task, tables):
        """Checks that the task knows all labels of the tables.

        Raises:
            UserError: a table has a label that the task does not know.
        """
        for name, table in tables.items():
            check_known_labels(table, task.labels, f"{name} ")

    def check_table(self, task, table, model="This model"):
        """Checks that a table has the columns of a task, and labels that it knows; see `Job.check_table`."""
        check_columns(task, table, model)
        check_known_labels(table, task.labels)

    def start_message(self, task, tables):
        """Returns the sentence that is shown when training starts: str."""
        return (
            f"Training on {counted(len(tables['train']), 'text')} in {counted(len(task.labels), 'class')}, in "
            f"{task.export_dtype}."
        )

    def compile_options(self, settings):
        """Returns the label smoothing: dict of arguments of `Task.compile`."""
        return {"label_smoothing": settings.label_smoothing}

    def fit_options(self, settings, table):
        """Returns the weights of the classes: dict of arguments of `Task.fit`."""
        return {"class_weight": class_weights(settings.class_weight, table.label_counts)}

    def finished(self, task, table, settings, reporter):
        """Returns the classifier with its threshold, and notes; an accuracy out of reach becomes a note."""
        if settings.reject_below is None and settings.keep_accuracy is None:
            return task, []
        how = {"reject_below": settings.reject_below, "keep_accuracy": settings.keep_accuracy, "reporter": reporter}
        try:
            return self.rejecting(task, table, **how), []
        except UserError as error:
            return task.with_config(reject_below=None), [f"The version gives every text a label. {error}"]

    def rejecting(self, task, table, *, reject_below=None, keep_accuracy=None, reporter):
        """Returns the classifier with a threshold, given or chosen on a table; see `Job.rejecting`."""
        if keep_accuracy is not None:
            how = {"batch_size": 64, "reporter": reporter, "title": "choosing"}
            targets, answers = self.targets_and_outputs(task, table, **how)
            reject_below = threshold_for(targets, answers, task.labels, keep_accuracy)
        return task.with_config(reject_below=reject_below or None)  # 0 rejects nothing

    # ---- the measures

    def measure(self, task, table, *, batch_size=64, reporter=SILENT):
        """Evaluates the task, with the details that a report shows; see `Job.measure`.

        Returns:
            dict: `metrics` as from `evaluation.classification_metrics`, with `rejection` as from
            `evaluation.rejection_metrics` if the task rejects texts; `details` as from `evaluation.answer_details`; and
            `seconds`, float: the time that the predictions took.
        """
        start = time.perf_counter()
        targets, answers = self.targets_and_outputs(task, table, batch_size=batch_size, reporter=reporter)
        taken = time.perf_counter() - start
        slices = self.slices_of(task, table)
        with reporter.bar("weighing the answers", 2) as advance:
            metrics = classification_metrics(targets, answers, task.labels)
            if task.reject_below is not None:
                metrics["rejection"] = rejection_metrics(targets, answers, task.labels, task.reject_below)
            advance()
            details = answer_details(targets, answers, task.labels, table.inputs, slices=slices)
            advance()
        return {"metrics": metrics, "details": details, "seconds": round(taken, 3)}

    def quality(self, task, targets, outputs):
        """Returns the accuracy; see `Job.quality`."""
        return "accuracy", float(np.mean(outputs.argmax(-1) == targets))

    def choices(self, task, outputs):
        """Returns the most probable label of each row: list of str."""
        return [task.labels[number] for number in outputs.argmax(-1)]

    def headline(self, metrics):
        """Returns accuracy, macro F1 and log loss with their intervals in one line: str."""
        return metric_lines(metrics)

    def lines(self, metrics):
        """Returns lines with all measures, and one line per class: list of str."""
        return [*figure_lines(metrics), *class_lines(metrics)]

    def compare(self, models, table, *, batch_size, reporter):
        """Compares two classifiers with the same labels, in any order; see `pipeline.compare`.

        Raises:
            UserError: the labels differ, or the table does not fit a model.
        """
        (first, load_first), (second, load_second) = models
        # Loads one model after the other: two encoders need not be in memory at the same time.
        how = {"batch_size": batch_size, "reporter": reporter}
        labels, targets, answers = self._predicted(first, load_first(), table, how)
        others, _, other_answers = self._predicted(second, load_second(), table, how, wanted=labels)
        other_answers = other_answers[:, [others.index(label) for label in labels]]
        compared = paired_comparison(targets, answers, other_answers, labels)
        both = {"first": answers, "second": other_answers}
        changed = [_change(table, row, targets[row], labels, both) for row in compared.pop("changed_rows")]
        return {**compared, "changed": changed}

    def _predicted(self, folder, task, table, how, wanted=None):
        check_same_labels(wanted, task.labels, folder)
        return task.labels, *self.targets_and_outputs(task, table, **how, title=f"asking {folder}", model=folder)


def in_order_of_head(checkpoint, labels):
    """Returns labels in the order of a checkpoint's own head if it has the same ones, else as they are: list of str.

    Args:
        checkpoint: what `checkpoints.open_checkpoint` returned.
        labels: list of str.
    """
    known = checkpoint.labels
    return known if known is not None and set(known) == set(labels) else labels


def check_no_new_labels(parent, labels):
    """Checks that the task of a version knows all labels that it is trained on next.

    Args:
        parent: `(path, task)` of the version.
        labels: collection of str.

    Raises:
        UserError: a label is new.
    """
    folder, last = parent
    new = sorted(set(labels) - set(last.labels))
    if new:
        raise UserError(
            f'The label "{new[0]}" is not one of {folder} ({", ".join(last.labels[:10])}). Leave --continue out to '
            "train from the encoder on the new labels."
        )


def _change(table, row, target, labels, answers):
    numbers = {name: int(of[row].argmax()) for name, of in answers.items()}
    return {
        **{name: column[row] for name, column in table.inputs.items()},
        "label": labels[target],
        **{name: labels[number] for name, number in numbers.items()},
        **{f"{name}_probability": float(answers[name][row, number]) for name, number in numbers.items()},
        "kind": KINDS[tuple(number == target for number in numbers.values())],
    }
