"""Predicts a table's rows, and checks that the table fits the task. Knows tasks and tables; no measures."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data.text_inputs import check_column_names
from keras_bigmodel.training import ReportPredicting


def predict_table(task, table, *, batch_size, reporter, title="measuring"):
    """Predicts a table's rows with a progress bar.

    Args:
        task: a task.
        table: a table; see `Job.read`.
        batch_size: int. Rows in a batch.
        reporter: `Reporter` that receives the progress.
        title: str. Title of the bar. Defaults to `"measuring"`.

    Returns:
        the outputs of `Task.predict`.
    """
    with reporter.bar(title, -(-len(table) // batch_size)) as advance:
        return task.predict(table.inputs, batch_size=batch_size, callbacks=[ReportPredicting(advance)])


def check_columns(task, table, model="This model"):
    """Checks that a table has the columns that a task takes; see `check_column_names`.

    Args:
        task: a task.
        table: a table; see `Job.read`.
        model: str. Name of the model in the error message. Defaults to `"This model"`.

    Raises:
        UserError: the columns differ.
    """
    check_column_names(task.preprocessor.columns, tuple(table.inputs), model)


def check_known_labels(table, labels, part=""):
    """Raises `UserError` if a table has a label that the model does not know.

    Args:
        table: `TextTable` or `StreamedTable`.
        labels: list of str. The labels of the model.
        part: str. Part of the run that the table is for, with a space at the end, e.g. `"test "`. Defaults to none.

    Raises:
        UserError: there is such a label; the message names up to five of them, and the number of their rows.
    """
    counts = table.label_counts
    unknown = sorted(set(counts) - set(labels))
    if unknown:
        rows = sum(counts[label] for label in unknown)
        shown = ", ".join(f'"{label}"' for label in unknown[:5]) + (" …" if len(unknown) > 5 else "")
        more = " …" if len(labels) > 10 else ""
        raise UserError(
            f"{counted(rows, f'{part}row')} of {table.path} {'has' if rows == 1 else 'have'} a label that the model "
            f"was not trained on: {shown}. It knows {', '.join(labels[:10])}{more}. Drop such rows, or train with rows "
            "of that label."
        )
