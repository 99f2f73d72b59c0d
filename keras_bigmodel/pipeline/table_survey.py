"""A table read once from end to end: what is counted of it, what is held back, what is looked at. Knows no model."""

from collections import Counter

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.unicode_text import same_text, text_fractions
from keras_bigmodel.data import DrawnRows
from keras_bigmodel.tables import TextTable
from keras_bigmodel.tables.table import INPUTS

_MOST_LABELS = 10_000
_MOST_HELD_OF_ONE = 200  # a text in more rows is no measure of anything: it stays in training
_MOST_SEEN_OF_ONE = 1000
_LARGE_SHARE = 0.05  # of the rows held back: what a text may have at most


class TableSurvey:
    """Reads a stream once, holding some ten thousand rows of it at most.

    Rows are held back by their texts, as `TableStream.split` does it, so that the same text stands on one side; 20,000
    at most, as many as measure an accuracy well. Others, drawn in the same way, are the sample that is looked at.

    Args:
        stream: `TableStream` with labels.
        share: float. Of the different texts, to hold back; 0 for none.
        seed: int. Another number holds others back.
        known: collection of keys, as `key_of` gives them: rows with one of these texts come into the sample, too.

    Attributes:
        label_counts: `Counter` of all rows.
        rows: int.

    Raises:
        UserError: what the stream refuses; more labels than any classifier has.
    """

    def __init__(self, stream, *, share, seed, known=()):
        self.stream, self._seed = stream, seed
        self.label_counts, self.rows = Counter(), 0
        self._held = DrawnRows(share, most_of_one=_MOST_HELD_OF_ONE, leave_out=True)
        self._seen = DrawnRows(1.0, most_of_one=_MOST_SEEN_OF_ONE)
        self._known_rows = {}  # key among `known` → the first row with it
        for block in stream:
            self._take(block, known)
        self._give_back()
        self._sha256 = stream.sha256()

    def _take(self, block, known):
        empty = [None] * len(block)
        rows = zip(*block.inputs.values(), strict=True)
        for row in zip(rows, block.labels, block.weights or empty, strict=True):
            number, (texts, label, _) = self.rows, row
            self.rows += 1
            self.label_counts[label] += 1
            fractions, size = text_fractions(*texts, seed=self._seed), sum(map(len, texts))
            self._held.offer(fractions[0], (number, row), size)
            self._seen.offer(fractions[1], (number, row), size)
            if known and (key := key_of(*texts)) in known:
                self._known_rows.setdefault(key, (number, row))
        if len(self.label_counts) > _MOST_LABELS:
            raise UserError(
                f"{self.stream.path} has more than {_MOST_LABELS:,} different labels in its first {self.rows:,} rows; "
                "these are no classes. Check the label's column (--label)."
            )

    def _give_back(self):
        """Lets texts go that would be too large a part of what is held back, or leave a label without a row."""
        groups = self._held.groups
        most = max(3, _LARGE_SHARE * sum(map(len, groups.values())))
        for fraction, rows in groups.items():
            if len(rows) > most:
                self._held.leave_out(fraction)
        held = Counter(label for _, (_, label, _) in self._rows_held())
        for label in [label for label, rows in held.items() if rows == self.label_counts[label]]:
            of_label = [
                fraction for fraction, rows in self._held.groups.items() if any(row[1][1] == label for row in rows)
            ]
            if of_label:  # another label's turn may have let it go already
                self._held.leave_out(max(of_label))

    def _rows_held(self):
        return [row for rows in self._held.groups.values() for row in rows]

    def is_held(self, texts, label=None):
        """Says whether a row is held back: for `TableStream.where`."""
        return self._held.holds(text_fractions(*texts, seed=self._seed)[0])

    def held(self, labels):
        """Gives the rows held back that have one of the labels, in the table's order: a `TextTable`."""
        return self._table(sorted(row for row in self._rows_held() if row[1][1] in labels))[0]

    def sample(self, labels):
        """Gives `(TextTable, their row numbers in the table)`: rows to look at, of those that are not held back."""
        drawn = dict(row for rows in self._seen.groups.values() for row in rows) | dict(self._known_rows.values())
        return self._table(
            sorted((number, row) for number, row in drawn.items() if row[1] in labels and not self.is_held(row[0]))
        )

    def _table(self, rows):
        stream = self.stream
        names = [name for role, name in INPUTS.items() if role in stream.columns]
        columns = {
            "inputs": {name: [texts[index] for _, (texts, *_) in rows] for index, name in enumerate(names)},
            "labels": [label for _, (_, label, _) in rows],
            "weights": [weight for _, (*_, weight) in rows] if "weight" in stream.columns else None,
        }
        facts = {"path": stream.path, "dropped": {}, "sha256": self._sha256, "columns": stream.columns}
        return TextTable(**columns, **facts), [number for number, _ in rows]


def key_of(*texts):
    """Gives what rows of texts have in common that differ in Unicode form and whitespace only: a small number."""
    return hash(tuple(map(same_text, texts)))
