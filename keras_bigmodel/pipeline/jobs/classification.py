"""Defines the classification of texts or pairs of texts. Knows labels, their measures and their report; no run."""

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data import hold_back, labels_to_train
from keras_bigmodel.data.class_labels import classes_to_train, sorted_labels
from keras_bigmodel.evaluation import (
    answer_details,
    classification_metrics,
    paired_comparison,
    rejection_metrics,
    threshold_for,
)
from keras_bigmodel.pipeline.jobs.class_weights import class_weights
from keras_bigmodel.pipeline.jobs.label_job import CHANGES, LabelJob, check_same_labels
from keras_bigmodel.pipeline.measure_lines import class_lines, figure_lines, metric_lines
from keras_bigmodel.tasks import TextClassifier


class ClassificationJob(LabelJob):
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

    # ---- the task

    # A threshold belongs to the weights that it was chosen for.
    forgotten = {"reject_below": None}

    def start_message(self, task, tables):
        """Returns the sentence that is shown when training starts: str."""
        return (
            f"Training on {counted(len(tables['train']), 'text')} in {counted(len(task.labels), 'class')}, in "
            f"{task.export_dtype}."
        )

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

    def figures(self, task, targets, outputs):
        """Returns `evaluation.classification_metrics`, with `rejection_metrics` if the task rejects texts: dict."""
        metrics = classification_metrics(targets, outputs, task.labels)
        if task.reject_below is not None:
            metrics["rejection"] = rejection_metrics(targets, outputs, task.labels, task.reject_below)
        return metrics

    def details(self, task, targets, outputs, texts, slices):
        """Returns `evaluation.answer_details`: dict."""
        return answer_details(targets, outputs, task.labels, texts, slices=slices)

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


def _change(table, row, target, labels, answers):
    numbers = {name: int(of[row].argmax()) for name, of in answers.items()}
    return {
        **{name: column[row] for name, column in table.inputs.items()},
        "label": labels[target],
        **{name: labels[number] for name, number in numbers.items()},
        **{f"{name}_probability": float(answers[name][row, number]) for name, number in numbers.items()},
        "kind": CHANGES[tuple(number == target for number in numbers.values())],
    }
