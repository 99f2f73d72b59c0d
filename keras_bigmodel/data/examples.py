"""Holds examples of any shape for batching: features, targets and weights. Knows no tokenizer, no model."""

from dataclasses import dataclass

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.file_column import columns_in_files
from keras_bigmodel.data.ragged_column import check_same_lengths, value_positions


@dataclass(frozen=True)
class Examples:
    """Holds the columns of features, and optionally of targets and weights.

    A column is a `RaggedColumn` or a `FileColumn`.

    Args:
        features: dict of name → column.
        targets: column, dict of output name → column, or None.
        weights: column or None. Weight of each example, or of each value of its ragged targets.
        length_of: str. The feature by whose lengths examples are batched. Defaults to None: all lengths are equal.

    Raises:
        UserError: the columns differ in their number of examples, or ragged targets or weights do not have as many
            values per example as a ragged column of the features or targets.
    """

    features: dict
    targets: object = None
    weights: object = None
    length_of: str | None = None

    def __post_init__(self):
        columns = {**self.features, **_named("targets", self.targets), **_named("weights", self.weights)}
        sizes = {name: len(column) for name, column in columns.items()}
        if len(set(sizes.values())) > 1:
            told = ", ".join(f"{size} {name}" for name, size in sizes.items())
            raise UserError(f"The columns of the examples are of different lengths: {told}. Wanted as many of each.")
        for name, column in _named("targets", self.targets).items():
            check_same_lengths(column, self.features, name)
        if self.weights is not None and self.weights.is_ragged:
            check_same_lengths(self.weights, _named("targets", self.targets), "weights")

    def __len__(self):
        return len(next(iter(self.features.values())))

    @property
    def lengths(self):
        """Returns the lengths by which batches are planned: int32 array `(examples,)`."""
        return np.ones(len(self), "int32") if self.length_of is None else self.features[self.length_of].lengths

    def batch(self, rows):
        """Returns a batch of examples, padded to the longest of them.

        Args:
            rows: int array of example indices.

        Returns:
            `features` without targets, `(features, targets, weights)` with weights or ragged targets, else
            `(features, targets)`. The features are a dict of name → array; the targets and weights are arrays in the
            structure of the argument `targets`. Padded targets have the weight 0.
        """
        positions = {}

        def positions_in(column):
            if not column.is_ragged:
                return None
            key = id(column.row_splits)  # the columns of one tokenizer share their row splits
            if key not in positions:
                positions[key] = value_positions(column.row_splits, rows)
            return positions[key]

        def padded(column):
            return column.batch(rows, positions_in(column))

        features = {name: padded(column) for name, column in self.features.items()}
        if self.targets is None:
            return features
        targets = _mapped(padded, self.targets)
        if not self._is_weighted:
            return features, targets
        given = None if self.weights is None else padded(self.weights)
        return features, targets, _mapped(lambda column: _weights(positions_in(column), given), self.targets)

    @property
    def _is_weighted(self):
        ragged = any(column.is_ragged for column in _named("targets", self.targets).values())
        return self.weights is not None or ragged

    def shapes(self):
        """Returns `(shape, dtype)` of each part of a batch, in the structure of `batch`."""
        of = lambda column: (column.shape, column.dtype)
        features = {name: of(column) for name, column in self.features.items()}
        if self.targets is None:
            return features
        targets = _mapped(of, self.targets)
        if not self._is_weighted:
            return features, targets
        float32 = np.dtype("float32")
        return features, targets, _mapped(lambda part: ((None, *[None] * part.is_ragged), float32), self.targets)

    @classmethod
    def in_files(cls, parts, folder=None):
        """Returns examples whose ragged columns are stored in files, from parts that are read one after another.

        Args:
            parts: iterable of `Examples`.
            folder: path of an existing folder. Defaults to the system's temporary folder.

        Returns:
            `Examples` of all parts.

        Raises:
            UserError: the disk is full, or there are no parts.
        """
        first = []

        def columns():
            for part in parts:
                first[:] = first or [part]
                yield {
                    **{f"features/{name}": column for name, column in part.features.items()},
                    **{f"targets/{name}": column for name, column in _named("", part.targets).items()},
                    **{f"weights/{name}": column for name, column in _named("", part.weights).items()},
                }

        found = columns_in_files(columns(), folder)
        if not first:
            raise UserError("No examples came; wanted at least one.")
        take = lambda kind: {
            name.partition("/")[2]: part for name, part in found.items() if name.startswith(f"{kind}/")
        }
        targets, weights = take("targets"), take("weights")
        if not isinstance(first[0].targets, dict):
            targets = targets.get("")
        return cls(take("features"), targets, weights.get(""), first[0].length_of)


def _named(name, columns):
    """Returns columns as a dict: empty for None, one column under a name, or the dict itself."""
    if columns is None:
        return {}
    return columns if isinstance(columns, dict) else {name: columns}


def _mapped(function, columns):
    if isinstance(columns, dict):
        return {name: function(column) for name, column in columns.items()}
    return function(columns)


def _weights(positions, given):
    """Returns the weights of a batch's targets, 0 for padding: float32 array."""
    if positions is None:
        return given.astype("float32")
    real = positions[0].astype("float32")  # (rows, longest)
    if given is None:
        return real
    return real * (given if given.ndim == 2 else given[:, None])
