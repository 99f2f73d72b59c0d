"""Reads a table once: counts labels, holds rows back for validation, draws a sample of rows. Knows no model."""

from array import array
from collections import Counter

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.unicode_text import same_text, text_fractions
from keras_bigmodel.data import DrawnRows
from keras_bigmodel.tables import TextTable
from keras_bigmodel.tables.label_cells import LabelCells
from keras_bigmodel.tables.table import INPUTS

_MOST_LABELS = 10_000
_MOST_HELD_OF_ONE = 200  # a text in more rows would dominate the validation rows: it stays in training
_MOST_SEEN_OF_ONE = 1000
_LARGE_SHARE = 0.05  # the largest share of the rows held back that one text may have


class TableSurvey:
    """Reads a stream once, and holds some ten thousand rows in memory at most.

    Rows are held back by their texts, as in `TableStream.split`, so that all rows of a text are on the same side. At
    most 20,000 rows are held back, enough to measure an accuracy well. The sample of rows, which figures on texts are
    computed on, is drawn in the same way from the other rows.

    Args:
        stream: `TableStream` with labels.
        share: float. The share of the different texts to hold back; 0 holds none back.
        seed: int. Another seed holds other rows back.
        known: collection of keys, as `key_of` returns them. The sample also has the first row of each of these texts.
            Defaults to none.

    Attributes:
        stream: the `TableStream`.
        label_counts: `Counter` of the labels of all rows; empty if they are numbers.
        numbers: float32 array of the labels of the rows not held back if they are numbers, else empty.
        label_kind: str. As in `TextTable`.
        rows: int. The number of all rows.

    Raises:
        UserError: as the stream; or the table has more than 10,000 different labels.
    """

    def __init__(self, stream, *, share, seed, known=()):
        self.stream, self._seed = stream, seed
        self.label_kind = stream.label_kind
        self.label_counts, self.rows, self._numbers = Counter(), 0, array("f")
        self._held = DrawnRows(share, most_of_one=_MOST_HELD_OF_ONE, leave_out=True)
        self._sampled = DrawnRows(1.0, most_of_one=_MOST_SEEN_OF_ONE)
        self._known_rows = {}  # key among `known` → the first row with it
        for block in stream:
            self._add_block(block, known)
        self._return_to_training()
        self._sha256 = stream.sha256()

    def _add_block(self, block, known):
        empty = [None] * len(block)
        rows = zip(*block.inputs.values(), strict=True)
        for row in zip(rows, block.labels, block.weights or empty, strict=True):
            number, (texts, label, _) = self.rows, row
            self.rows += 1
            self.label_counts.update(self._labels_in(label))
            if self.label_kind == "number":
                self._numbers.append(label)
            fractions, size = text_fractions(*texts, seed=self._seed), sum(map(len, texts))
            self._held.offer(fractions[0], (number, row), size)
            self._sampled.offer(fractions[1], (number, row), size)
            if known and (key := key_of(*texts)) in known:
                self._known_rows.setdefault(key, (number, row))
        if len(self.label_counts) > _MOST_LABELS:
            raise UserError(
                f"{self.stream.path} has more than {_MOST_LABELS:,} different labels in its first {self.rows:,} rows; "
                "these are no classes. Check the label's column (--label)."
            )

    def _return_to_training(self):
        """Moves texts back to training.

        These are the texts that have too large a share of the rows held back, and one text of each label whose rows are
        all held back.
        """
        groups = self._held.groups
        most = max(3, _LARGE_SHARE * sum(map(len, groups.values())))
        for fraction, rows in groups.items():
            if len(rows) > most:
                self._held.leave_out(fraction)
        held = Counter(one for _, (_, label, _) in self._rows_held() for one in self._labels_in(label))
        for label in [label for label, rows in held.items() if rows == self.label_counts[label]]:
            of_label = [
                fraction
                for fraction, rows in self._held.groups.items()
                if any(label in self._labels_in(row[1][1]) for row in rows)
            ]
            if of_label:  # the loop may have moved it back for another label already
                self._held.leave_out(max(of_label))

    def _rows_held(self):
        return [row for rows in self._held.groups.values() for row in rows]

    @property
    def numbers(self):
        """Returns the labels of the rows not held back if they are numbers, else an empty array: float32 array."""
        if not self._numbers:
            return np.zeros(0, "float32")
        return np.delete(np.array(self._numbers, "float32"), [number for number, _ in self._rows_held()])

    def _labels_in(self, label):
        """Returns the labels in the label of a row, one for each span: tuple of str, empty for a number."""
        return LabelCells(self.label_kind).parts(label)

    def has_one_of(self, label, labels):
        """Returns whether a row's label is one of some labels; True where a row has not exactly one label.

        Args:
            label: the label of a row.
            labels: collection of str.
        """
        return self.label_kind != "one" or label in labels

    def is_held(self, texts, label=None):
        """Returns whether a row is held back; the signature is that of `TableStream.where`.

        Args:
            texts: tuple of one or two str.
            label: not used.
        """
        return self._held.holds(text_fractions(*texts, seed=self._seed)[0])

    def held(self, labels):
        """Returns the rows held back for which `has_one_of` is True, in the table's order: `TextTable`.

        Args:
            labels: collection of str.
        """
        return self._table(_sorted(row for row in self._rows_held() if self.has_one_of(row[1][1], labels)))[0]

    def sample(self, labels):
        """Returns the sample of the rows that are not held back and for which `has_one_of` is True.

        Args:
            labels: collection of str.

        Returns:
            `(TextTable, list of int)`: the rows in the table's order, and their row numbers in the table, from 0.
        """
        drawn = dict(row for rows in self._sampled.groups.values() for row in rows) | dict(self._known_rows.values())
        return self._table(
            _sorted(
                (number, row)
                for number, row in drawn.items()
                if self.has_one_of(row[1], labels) and not self.is_held(row[0])
            )
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
        facts["label_kind"] = self.label_kind
        return TextTable(**columns, **facts), [number for number, _ in rows]


def _sorted(rows):
    """Returns pairs of a row number and a row, sorted by the number."""
    return sorted(rows, key=lambda row: row[0])


def key_of(*texts):
    """Returns a hash of a row's texts, equal for texts that differ in Unicode form and whitespace only: int.

    Args:
        *texts: str. The texts of the row.
    """
    return hash(tuple(map(same_text, texts)))
