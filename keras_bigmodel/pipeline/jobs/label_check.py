"""Whether a table has labels that a model was not trained on. Knows labels; no model."""

from keras_bigmodel.core.counted import counted
from keras_bigmodel.core.errors import UserError


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
