"""Answers a table's rows by a task, and refuses tables that do not fit it. Knows tasks and tables; no measures."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
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


def refuse_unknown_labels(table, labels, part=""):
    """Refuses a table with a label that the model does not know.

    Args:
        table: `TextTable` or `StreamedTable`.
        labels: list of str, those of the model.
        part: str. What the table is in the run, with a blank behind it.

    Raises:
        UserError: the sentence names up to five such labels, and how many rows have one.
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
