"""A table's rows answered by a task. Knows tasks and tables; no measures."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.training import ReportPredicting


def ask(task, table, *, batch_size, reporter, title="measuring"):
    """Answers a table's rows, with a bar: what `Task.predict` gives."""
    with reporter.bar(title, -(-len(table) // batch_size)) as advance:
        return task.predict(table.inputs, batch_size=batch_size, callbacks=[ReportPredicting(advance)])


def check_columns(task, table, model="This model"):
    """Refuses a table whose rows have other columns than the task takes; see `refuse_other_columns`."""
    refuse_other_columns(task.preprocessor.columns, tuple(table.inputs), model)


def refuse_other_columns(wanted, found, model="This model"):
    """Refuses columns that are not those that a model takes.

    Args:
        wanted: tuple of str: the columns of its preprocessor.
        found: tuple of str: the columns that came.
        model: str. What the model is called in the sentence.

    Raises:
        UserError: they differ; the sentence says which option names, or leaves out, the first such column.
    """
    missing, more = [name for name in wanted if name not in found], [name for name in found if name not in wanted]
    advice = [_TO_NAME.get(name, f"{name} is missing") for name in missing]
    advice += [_TO_LEAVE_OUT.get(name, f"leave {name} out") for name in more]
    if advice:
        raise UserError(f"{model} takes {_IN_WORDS.get(tuple(wanted), ', '.join(wanted))}: {advice[0]}.")


_IN_WORDS = {("text",): "single texts", ("text", "text_pair"): "pairs of texts"}
_TO_NAME = {"text_pair": "name the second text's column with --pair"}
_TO_LEAVE_OUT = {"text_pair": "leave --pair out"}
