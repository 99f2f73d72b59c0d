"""Changes a loaded task for an export: other ops, a threshold, none. Knows versions and jobs; writes nothing."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.edge import CLASSIFIERS
from keras_bigmodel.pipeline.jobs import job_of
from keras_bigmodel.pipeline.train_settings import check_rejection
from keras_bigmodel.pipeline.version_contents import validation_table_of
from keras_bigmodel.tasks.export_formats import check_ops, format_named

_REJECTING = ("saved_model", *CLASSIFIERS)  # formats whose readers know a threshold


def check_changes(format, *, ops=None, reject_below=None, keep_accuracy=None):
    """Checks that changes are possible and that the format holds them.

    Args:
        format: str. One of `tasks.export_formats.EXPORTERS`.
        ops: as in `changed_task`.
        reject_below: as in `changed_task`.
        keep_accuracy: as in `changed_task`.

    Raises:
        UserError: they are not.
    """
    check_ops(ops, format)
    check_rejection(reject_below, keep_accuracy)
    if (reject_below, keep_accuracy) != (None, None) and format_named(format) not in _REJECTING:
        option = "--reject-below" if keep_accuracy is None else "--keep-accuracy"
        raise UserError(
            f'{option} came with the format "{format}", which knows no threshold; those that do are '
            f"{', '.join(_REJECTING)}. Leave it out."
        )


def changed_task(task, path, format, table, reporter, *, ops=None, reject_below=None, keep_accuracy=None):
    """Returns a task in float32 with changes, and a note on each of them.

    Args:
        task: task that was loaded from `path`.
        path: path of a version folder, a folder of versions, or a saved task.
        format: str. The format it is exported to.
        table: table on which a threshold is chosen, or None: the validation rows of the run.
        reporter: `Reporter` that receives the progress and the notes.
        ops: str. As in `Task.with_ops`. Defaults to None: as they are.
        reject_below: float. Threshold below which a text gets no label; 0 removes it. Defaults to None: as it is.
        keep_accuracy: float. Wanted accuracy of the answers kept, for which the threshold is chosen. Defaults to None.

    Returns:
        `(task, list of str)`.

    Raises:
        UserError: the task rejects nothing, there is no table, or no threshold reaches the accuracy.
    """
    notes, before = [], getattr(task, "reject_below", None)
    task = task if task.export_dtype == "float32" else task.with_dtype("float32")
    if ops is not None:
        task = task.with_ops(ops)
        notes.append(f"The tokenizer of this version was written with ops {ops}, which changes no answer.")
    if (reject_below, keep_accuracy) != (None, None):
        task = _with_threshold(task, path, table, reporter, reject_below, keep_accuracy)
        after = task.reject_below
        chosen = (
            "" if keep_accuracy is None else f", which keeps an accuracy of {keep_accuracy:.2%} on the rows measured"
        )
        if after is None:
            notes.append("Every text gets a label in this version.")
        else:
            notes.append(
                f"A text whose highest probability is below {after:.6f} gets no label in this version{chosen}. Report "
                "and card, copied from the version before, do not know it."
            )
    elif before is not None and format_named(format) not in _REJECTING:
        notes.append(f"The threshold of {before:.6f} is not in the export: {format} knows none.")
    for note in notes:
        reporter.say(note)
    return task, notes


def _with_threshold(task, path, table, reporter, reject_below, keep_accuracy):
    job = job_of(type(task).__name__)
    if "reject_below" not in job.optional_settings:
        raise UserError(f"{path} holds a {type(task).__name__}, which rejects nothing. Leave --reject-below out.")
    if keep_accuracy is not None and table is None:
        table = validation_table_of(path)
    if keep_accuracy is not None and table is None:
        raise UserError(
            f"--keep-accuracy came, and the validation rows of {path} are not there any more. Name a table with --data."
        )
    return job.rejecting(task, table, reject_below=reject_below, keep_accuracy=keep_accuracy, reporter=reporter)
