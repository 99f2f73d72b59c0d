"""A table's rows answered by a task. Knows tasks and tables; no measures."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.training import ReportPredicting


def ask(task, table, *, batch_size, reporter, title="measuring"):
    """Answers a table's rows, with a bar: what `Task.predict` gives."""
    with reporter.bar(title, -(-len(table) // batch_size)) as advance:
        return task.predict(table.inputs, batch_size=batch_size, callbacks=[ReportPredicting(advance)])


def check_columns(task, table, model="This model"):
    """Refuses a table whose rows have other columns than the task takes.

    Args:
        task: a task.
        table: a table; its `inputs` are a dict of column → values.
        model: str. What the model is called in the sentence.

    Raises:
        UserError: they do not fit.
    """
    wanted, found = set(task.preprocessor.columns), set(table.inputs)
    if wanted - found == {"text_pair"}:
        raise UserError(f"{model} takes pairs of texts: name the second text's column with --pair.")
    if found - wanted == {"text_pair"}:
        raise UserError(f"{model} takes single texts: leave --pair out.")
    if wanted != found:
        raise UserError(f"{model} takes the columns {', '.join(sorted(wanted))}; {', '.join(sorted(found))} came.")
