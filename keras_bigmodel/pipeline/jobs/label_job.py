"""Defines what the kinds of tasks with labels have in common. Knows labels and tables; not how many a row has."""

from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.class_labels import sorted_counts
from keras_bigmodel.pipeline.jobs.text_job import TextJob
from keras_bigmodel.pipeline.table_answers import check_columns, check_known_labels

# (whether the first model is right, whether the second is) → what became of the answer
CHANGES = {(False, True): "fixed", (True, False): "broken", (False, False): "both wrong"}


class LabelJob(TextJob):
    """Defines a kind of task whose answers are labels. See `Job` for the arguments of the methods.

    Attributes:
        forgotten: dict of entry of the config → value that a version's task gets when training continues from it.
            Defaults to none.
    """

    forgotten = {}

    def table_facts(self, table):
        """Returns the facts of a table for the manifest, with the rows of each class: dict."""
        return {**super().table_facts(table), "classes": sorted_counts(table.label_counts)}

    def make_task(self, settings, facts, *, dtype, parent=None):
        """Returns a task on an encoder, or one that continues the parent version; see `Job.make_task`."""
        labels = facts
        if parent is not None:
            _check_no_new_labels(parent, labels)
            task = self.continued(parent, settings, dtype, **self.forgotten)
        else:
            labels = _in_order_of_head(open_checkpoint(settings.encoder), labels)
            task = self.task_class.from_encoder(settings.encoder, labels, **self.encoder_options(settings, dtype))
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

    def compile_options(self, settings):
        """Returns the label smoothing: dict of arguments of `Task.compile`."""
        return {"label_smoothing": settings.label_smoothing}


def _in_order_of_head(checkpoint, labels):
    """Returns labels in the order of a checkpoint's own head if it has the same ones, else as they are: list of str.

    Args:
        checkpoint: what `checkpoints.open_checkpoint` returned.
        labels: list of str.
    """
    known = checkpoint.labels
    return known if known is not None and set(known) == set(labels) else labels


def _check_no_new_labels(parent, labels):
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


def check_same_labels(wanted, labels, folder):
    """Checks that the second of two models that are compared has the labels of the first.

    Args:
        wanted: list of str, or None for the first model.
        labels: list of str. The labels of a model.
        folder: path of the model, for the error message.

    Raises:
        UserError: it has others.
    """
    lacking = [label for label in wanted or () if label not in labels]
    more = [] if wanted is None else [label for label in labels if label not in wanted]
    if lacking or more:
        parts = [f"{folder} lacks {_listed(lacking)}"] * bool(lacking)
        parts += [f"the first model lacks {_listed(more)}, which {folder} has"] * bool(more)
        raise UserError(f"The two models have different labels: {'; '.join(parts)}. Compare models of the same labels.")


def _listed(labels):
    return ", ".join(f'"{label}"' for label in labels[:10]) + (f" and {len(labels) - 10} more" if labels[10:] else "")
