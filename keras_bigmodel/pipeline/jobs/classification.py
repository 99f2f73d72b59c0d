"""Defines the classification of texts or pairs of texts. Knows labels, their measures and their report; no run."""

import keras

from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data import data_report, hold_back, labels_to_train
from keras_bigmodel.data.class_labels import sorted_counts
from keras_bigmodel.data.text_inputs import check_column_names
from keras_bigmodel.evaluation import paired_comparison, threshold_for
from keras_bigmodel.pipeline.jobs.class_weights import class_weights
from keras_bigmodel.pipeline.jobs.classification_measures import (
    measure_classifier,
    tables_report,
    targets_and_answers,
)
from keras_bigmodel.pipeline.jobs.job import OPTIONAL_SETTINGS, Job
from keras_bigmodel.pipeline.measure_lines import class_lines, figure_lines, metric_lines
from keras_bigmodel.pipeline.run_tables import read_parts
from keras_bigmodel.pipeline.streamed_tables import is_streamed, stream_tables
from keras_bigmodel.pipeline.table_answers import check_known_labels
from keras_bigmodel.reports import write_card, write_report
from keras_bigmodel.tasks import TextClassifier

_KINDS = {(False, True): "fixed", (True, False): "broken", (False, False): "both wrong"}


class ClassificationJob(Job):
    """Defines classification: each row has one label. See `Job` for the arguments of the methods."""

    name = "classification"
    task_class = TextClassifier
    optional_settings = OPTIONAL_SETTINGS

    # ---- the tables

    def read(self, settings, reporter, folder):
        """Reads the tables, all at once or row by row; the facts are the list of labels. See `Job.read`."""
        if is_streamed(settings):
            tables, labels = stream_tables(settings, reporter, folder)
        else:
            table = self._read_table(settings.table, settings)
            whole, labels = labels_to_train(table, min_rows=settings.min_rows or 1)
            tables = read_parts(settings, reporter.say, whole, self._read_table, self._hold_back)
        class_weights(settings.class_weight, tables["train"].label_counts)  # raises before the task is built
        return tables, labels

    def _hold_back(self, table, settings):
        return hold_back(table.inputs, table.labels, settings.validation_share, seed=settings.seed)

    def table_facts(self, table):
        """Returns the facts of a table for the manifest, with the rows of each class: dict."""
        return {**super().table_facts(table), "classes": sorted_counts(table.label_counts)}

    def data_report(self, task, tables, reporter):
        """Returns the description of the tables for the report: dict; see `data.data_report`."""
        return tables_report(task, tables, reporter)

    # ---- the task

    def make_task(self, settings, facts, *, dtype, parent=None):
        """Returns a `TextClassifier` on an encoder, or one that continues the parent version; see `Job.make_task`."""
        labels = facts
        if parent is not None:
            task = _continued_task(parent, settings, labels, dtype)
        else:
            known = open_checkpoint(settings.encoder).labels
            same = known is not None and set(known) == set(labels)
            task = TextClassifier.from_encoder(
                settings.encoder,
                labels=known if same else labels,  # in the order of the encoder's own head
                pairs=len(settings.input_columns) > 1,
                pooling=settings.pooling,
                dropout=settings.dropout,
                l2=settings.l2,
                max_length=settings.max_length,
                mode=settings.mode,
                ops=settings.ops,
                dtype=dtype,
            )
        task.encoder.trainable = not settings.freeze_encoder
        return task

    def check(self, task, tables):
        """Checks that the task knows all labels of the tables.

        Raises:
            UserError: a table has a label that the task does not know.
        """
        for name, table in tables.items():
            check_known_labels(table, task.labels, f"{name} ")

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

    def rejecting(self, task, table, *, reject_below=None, keep_accuracy=None, reporter):
        """Returns the classifier with a threshold, given or chosen on a table; see `Job.rejecting`."""
        if keep_accuracy is not None:
            targets, answers = targets_and_answers(task, table, batch_size=64, reporter=reporter, title="choosing")
            reject_below = threshold_for(targets, answers, task.labels, keep_accuracy)
        return task.with_config(reject_below=reject_below or None)  # 0 rejects nothing

    # ---- the measures

    def measure(self, task, table, *, batch_size=64, reporter):
        """Evaluates the task and returns `metrics`, `details` and `seconds`; see `measure_classifier`."""
        return measure_classifier(task, table, batch_size=batch_size, reporter=reporter)

    def headline(self, metrics):
        """Returns accuracy, macro F1 and log loss with their intervals in one line: str."""
        return metric_lines(metrics)

    def lines(self, metrics):
        """Returns lines with all measures, and one line per class: list of str."""
        return [*figure_lines(metrics), *class_lines(metrics)]

    def manifest_metrics(self, metrics):
        """Returns the measures without the confusion matrix: dict.

        The matrix would be most of a manifest; the report has it.
        """
        return {name: value for name, value in metrics.items() if name not in ("confusion_matrix", "labels")}

    def compare(self, models, table, *, batch_size, reporter):
        """Compares two classifiers with the same labels, in any order; see `pipeline.compare`.

        Raises:
            UserError: the labels differ, or the table does not fit a model.
        """
        (first, load_first), (second, load_second) = models
        # Loads one model after the other: two encoders need not be in memory at the same time.
        labels, targets, answers = self._predicted(first, load_first(), table, batch_size, reporter)
        others, _, other_answers = self._predicted(second, load_second(), table, batch_size, reporter, wanted=labels)
        other_answers = other_answers[:, [others.index(label) for label in labels]]
        compared = paired_comparison(targets, answers, other_answers, labels)
        both = {"first": answers, "second": other_answers}
        changed = [_change(table, row, targets[row], labels, both) for row in compared.pop("changed_rows")]
        return {**compared, "changed": changed}

    def _predicted(self, folder, task, table, batch_size, reporter, wanted=None):
        if wanted is not None:
            _check_labels(wanted, task.labels, folder)
        how = {"batch_size": batch_size, "reporter": reporter, "title": f"asking {folder}", "model": folder}
        return (task.labels, *targets_and_answers(task, table, **how))

    # ---- the report

    def write_report(self, folder, figures):
        """Writes the report page and the card; see `Job.write_report`."""
        write_report(folder / "report", figures)
        write_card(folder / "card.md", figures)

    def write_table_report(self, folder, model, table, figures):
        """Writes the report page of one table; see `Job.write_table_report`."""
        write_report(folder, {"data": data_report({"test": table}), "measured": {"test": figures}, **model})


def _continued_task(parent, settings, labels, dtype):
    folder, last = parent
    new = sorted(set(labels) - set(last.labels))
    if new:
        raise UserError(
            f'The label "{new[0]}" is not one of {folder} ({", ".join(last.labels[:10])}). Leave --continue out to '
            "train from the encoder on the new labels."
        )
    check_column_names(last.preprocessor.columns, settings.input_columns, folder)
    policy = keras.dtype_policies.serialize(keras.dtype_policies.get(dtype))
    last = last if settings.ops == "auto" else last.with_ops(settings.ops)
    # A threshold belongs to the weights that it was chosen for.
    return last.with_config(dtype=policy, dropout=settings.dropout, l2=settings.l2, reject_below=None)


def _check_labels(wanted, labels, folder):
    lacking = [label for label in wanted if label not in labels]
    more = [label for label in labels if label not in wanted]
    if lacking or more:
        parts = [f"{folder} lacks {_listed(lacking)}"] * bool(lacking)
        parts += [f"the first model lacks {_listed(more)}, which {folder} has"] * bool(more)
        raise UserError(f"The two models have different labels: {'; '.join(parts)}. Compare models of the same labels.")


def _listed(labels):
    return ", ".join(f'"{label}"' for label in labels[:10]) + (f" and {len(labels) - 10} more" if labels[10:] else "")


def _change(table, row, target, labels, answers):
    numbers = {name: int(of[row].argmax()) for name, of in answers.items()}
    return {
        **{name: column[row] for name, column in table.inputs.items()},
        "label": labels[target],
        **{name: labels[number] for name, number in numbers.items()},
        **{f"{name}_probability": float(answers[name][row, number]) for name, number in numbers.items()},
        "kind": _KINDS[tuple(number == target for number in numbers.values())],
    }
