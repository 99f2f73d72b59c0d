"""Some rows of a table, in memory. Knows columns; no file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TableBlock:
    """Some rows of a table, one behind the other.

    Args:
        texts: list of str.
        seconds: list of str, the second texts of pairs, or None.
        labels: list of str or None.
        weights: list of float or None.
    """

    texts: list[str]
    seconds: list[str] | None = None
    labels: list[str] | None = None
    weights: list[float] | None = None

    def __len__(self):
        return len(self.texts)

    @property
    def inputs(self):
        """What a task takes: the texts, or both columns of the pairs."""
        return self.texts if self.seconds is None else (self.texts, self.seconds)
