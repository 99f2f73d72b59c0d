"""Defines the classification of texts with any number of labels. Knows sets of labels and their measures; no run."""

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import look_like_scores
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data import hold_back
from keras_bigmodel.data.class_labels import sorted_labels
from keras_bigmodel.evaluation import (
    label_set_details,
    label_set_metrics,
    label_thresholds,
    paired_label_sets,
)
from keras_bigmodel.pipeline.jobs.label_job import CHANGES, LabelJob, check_same_labels
from keras_bigmodel.pipeline.measure_lines import figures_in_short, label_lines, named_figure_lines
from keras_bigmodel.tasks import MultiLabelClassifier

_FIGURES = {  # key in the dict → name on the screen
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "micro_precision": "micro precision",
    "micro_recall": "micro recall",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "subset_accuracy": "subset accuracy",
    "hamming_loss": "hamming loss",
    "average_precision": "average precision",
    "roc_auc": "ROC AUC",
    "log_loss": "log loss",
}
_IN_SHORT = ("micro_f1", "macro_f1", "subset_accuracy")
_MANY = 5  # labels; a table has at least two rows for each of more


class MultiLabelJob(LabelJob):
    """Defines multi-label classification: each row has none, one or several labels. See `Job` for the arguments."""

    name = "multi_label"
    task_class = MultiLabelClassifier
    label_kind = "several"
    optional_settings = ("stream", "label_smoothing", "formats", "threshold")

    # ---- the tables

    def counts_to_train(self, path, counts, rows, settings):
        """Returns the labels to train on: all of them.

        Raises:
            UserError: no row has a label, or the labels look like scores or like texts.
        """
        if not counts:
            raise UserError(f"No row of {path} has a label. Check the labels' column (--label).")
        if look_like_scores(counts):
            raise UserError(
                f"The labels of {path} look like scores: {len(counts)} different numbers, such as "
                f"{', '.join(sorted(counts)[:3])}. Say --task regression, or name another column with --label."
            )
        if len(counts) > max(rows / 2, _MANY):
            raise UserError(
                f"{path} has {len(counts)} different labels in {counted(rows, 'row')}; they are too many for so few "
                "rows. Check the labels' column (--label) and the sign between labels (--label-separator)."
            )
        return dict(counts)

    def facts_of(self, tables, counts, settings):
        """Returns the labels, sorted: list of str."""
        labels, trained = sorted_labels(counts), tables["train"].label_counts
        missing = [label for label in labels if not trained.get(label)]
        if missing:
            raise UserError(
                f'No training row has the label "{missing[0]}": all its rows are held back for validation. Add rows '
                "with it, or take it out of the table."
            )
        return labels

    def _hold_back(self, table, settings):
        """Holds rows back as if each had only its rarest label, so that rare labels are on both sides."""
        counts = table.label_counts
        rarest = [min(labels, key=lambda label: (counts[label], label), default="") for labels in table.labels]
        return hold_back(table.inputs, rarest, settings.validation_share, seed=settings.seed)

    # ---- the task

    def start_message(self, task, tables):
        """Returns the sentence that is shown when training starts: str."""
        return (
            f"Training on {counted(len(tables['train']), 'text')} with {counted(len(task.labels), 'label')}, any "
            f"number of them a text, in {task.export_dtype}."
        )

    def finished(self, task, table, settings, reporter):
        """Returns the classifier with the threshold that was given, or with those chosen on the validation rows."""
        if settings.threshold is not None:
            return task.with_thresholds(settings.threshold), []
        how = {"batch_size": 64, "reporter": reporter, "title": "choosing thresholds"}
        return task.with_thresholds(label_thresholds(*self.targets_and_outputs(task, table, **how))), []

    # ---- the measures

    def figures(self, task, targets, outputs):
        """Returns `evaluation.label_set_metrics`: dict."""
        return label_set_metrics(targets, outputs, task.labels, task.thresholds)

    def details(self, task, targets, outputs, texts, slices):
        """Returns `evaluation.label_set_details`: dict."""
        return label_set_details(targets, outputs, task.labels, task.thresholds, texts, slices=slices)

    def quality(self, task, targets, outputs):
        """Returns micro F1; see `Job.quality`."""
        answers, targets = outputs >= np.asarray(task.thresholds, "float32"), np.asarray(targets, bool)
        return "micro F1", float(2 * (answers & targets).sum() / max(answers.sum() + targets.sum(), 1))

    def choices(self, task, outputs):
        """Returns the labels of each row, joined by commas: list of str."""
        read = task.answer_reader()
        return [", ".join(sorted(read(row).labels)) for row in outputs]

    def headline(self, metrics):
        """Returns micro F1, macro F1 and subset accuracy with their intervals in one line: str."""
        return figures_in_short(metrics, {name: _FIGURES[name] for name in _IN_SHORT})

    def lines(self, metrics):
        """Returns lines with all measures, and one line per label: list of str."""
        return [*named_figure_lines(metrics, _FIGURES), *label_lines(metrics)]

    def compare(self, models, table, *, batch_size, reporter):
        """Compares two classifiers with the same labels, in any order; see `pipeline.compare`.

        Raises:
            UserError: the labels differ, or the table does not fit a model.
        """
        predicted, labels = [], None
        for folder, load in models:  # one model after the other: two encoders need not be in memory at once
            task = load()
            check_same_labels(labels, task.labels, folder)
            how = {"batch_size": batch_size, "reporter": reporter, "title": f"asking {folder}", "model": folder}
            targets, answers = self.targets_and_outputs(task, table, **how)
            labels = labels or task.labels
            order = [task.labels.index(label) for label in labels]
            predicted.append((targets[:, order], answers[:, order], [task.thresholds[place] for place in order]))
        (targets, first, first_border), (_, second, second_border) = predicted
        compared = paired_label_sets(targets, first, second, labels, (first_border, second_border))
        rows, answers = compared.pop("changed_rows"), compared.pop("answers")
        changed = [_change(table, row, *both) for row, *both in zip(rows, *answers, strict=True)]
        return {**compared, "changed": changed}


def _change(table, row, first, second):
    labels = set(table.labels[row])
    return {
        **{name: column[row] for name, column in table.inputs.items()},
        "label": list(table.labels[row]),
        "first": first,
        "second": second,
        "kind": CHANGES[set(first) == labels, set(second) == labels],
    }
