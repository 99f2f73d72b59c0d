"""The rows that a run trains on where its table is not held in memory. Knows the table's stream and its figures."""

from dataclasses import dataclass

from keras_bigmodel.tables import TableStream, TextTable


@dataclass(frozen=True)
class StreamedTable:
    """Stands where a `TextTable` stands otherwise, with what a run asks of either.

    Args:
        stream: `TableStream` of the rows.
        label_counts: dict of label → rows.
        sample: `TextTable` of some of the rows: what is said of texts is said of these.
        sample_rows: list of int. Where the sample's rows stand in the table, from 0.
        path: str, and all below, as in `TextTable`.
        dropped: dict of reason → rows.
        sha256: str.
        columns: dict of role → column.
        cut: int.
        notes: list of str.
    """

    stream: TableStream
    label_counts: dict[str, int]
    sample: TextTable
    sample_rows: list[int]
    path: str
    dropped: dict[str, int]
    sha256: str
    columns: dict[str, str | int]
    cut: int
    notes: list[str]

    def __len__(self):
        return sum(self.label_counts.values())
