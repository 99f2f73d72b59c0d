"""Some rows of a table, in memory. Knows columns; no file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TableBlock:
    """Some rows of a table, one behind the other.

    Args:
        inputs: dict of column (`"text"`, and `"text_pair"` of pairs) → list of str: what a task takes.
        labels: list of str or None.
        weights: list of float or None.
    """

    inputs: dict[str, list[str]]
    labels: list[str] | None = None
    weights: list[float] | None = None

    def __len__(self):
        return len(self.texts)

    @property
    def texts(self):
        """List of str: the texts, of pairs the first ones."""
        return self.inputs["text"]


# The role of a table's column → the column of a task's input.
INPUTS = {"text": "text", "pair": "text_pair"}


def inputs_of(columns):
    """Returns what a task takes of a table's columns by role: dict of column → list."""
    return {name: columns[role] for role, name in INPUTS.items() if role in columns}
