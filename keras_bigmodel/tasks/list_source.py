"""Holds rows in memory with their targets, and batches them. Knows a preprocessor; no task, no losses."""

import hashlib

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data.examples import Examples
from keras_bigmodel.data.length_batches import LengthBatches
from keras_bigmodel.data.ragged_column import RaggedColumn


class ListSource:
    """Holds the rows, targets and weights of a call of `fit` or `evaluate` in memory.

    Args:
        preprocessor: `Preprocessor` that converts columns to features, such as a `TextPreprocessor`.
        columns: dict of column → list, checked.
        targets: array `(rows, ...)`, list with an array of any length for each row, or dict of these.
        weights: sample weights: float array `(rows,)`, or list of float arrays as long as the targets. Defaults to
            None: no sample weights.
        class_weights: function from targets to float array `(rows,)`. Defaults to None: no class weights.

    Raises:
        UserError: targets or weights have another number of rows than the columns; or a weight is not a finite number
            of 0 or more, or all are 0.
    """

    def __init__(self, preprocessor, columns, targets, weights=None, class_weights=None):
        self._preprocessor = preprocessor
        self._columns = columns
        self._targets = targets
        self._weights = checked_weights(weights)
        if self._weights is not None and len(self._weights) and not any(np.any(part) for part in self._weights):
            raise UserError("Every sample weight is 0, so nothing would count. Give at least one above 0.")
        self._class_weights = class_weights
        rows = self._rows
        given = [("label", part) for part in (targets.values() if isinstance(targets, dict) else [targets])]
        for name, column in [*given, ("sample weight", self._weights)]:
            if column is not None and len(column) != rows:
                raise UserError(
                    f"{counted(rows, 'text')} and {counted(len(column), name)} came; wanted as many of one as of the "
                    "other."
                )

    @property
    def _rows(self):
        return len(next(iter(self._columns.values())))

    def split(self, share):
        """Splits the last rows off.

        Args:
            share: float in (0, 1). Share of the rows that is split off.

        Returns:
            `(ListSource, ListSource)`: the first rows, and the rows that were split off.

        Raises:
            UserError: the share is out of its range, or a part has no rows.
        """
        check_number("validation_split", share, above=0, below=1)
        cut = int(self._rows * (1 - share))
        if not 0 < cut < self._rows:
            raise UserError(
                f"validation_split={share} of {counted(self._rows, 'text')} leaves one side empty. Choose another "
                "share."
            )
        return self._part(slice(None, cut)), self._part(slice(cut, None))

    def _part(self, rows):
        columns = {name: column[rows] for name, column in self._columns.items()}
        targets = self._targets
        targets = {name: part[rows] for name, part in targets.items()} if isinstance(targets, dict) else targets[rows]
        weights = None if self._weights is None else self._weights[rows]
        return ListSource(self._preprocessor, columns, targets, weights, self._class_weights)

    def fingerprint(self):
        """Returns the SHA-256 of the columns, the targets and all weights in hexadecimal: str."""
        digest = hashlib.sha256()
        for column in self._columns.values():
            for value in column:
                digest.update(value.encode("utf-8") + b"\0" if isinstance(value, str) else np.asarray(value).tobytes())
        for array in arrays_of(self._targets, self._weights, getattr(self._class_weights, "shares", None)):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def evaluation_dataset(self, *, batch_size):
        """Returns the batches for evaluation, sorted by length and without class weights: `tf.data.Dataset`.

        Args:
            batch_size: int. Number of rows in a batch.
        """
        return LengthBatches(self._examples(), batch_size=batch_size).dataset()

    def training_dataset(self, *, batch_size, tokens_per_batch, seed, first_epoch, steps_per_epoch=None):
        """Returns the batches for training, and their number in an epoch.

        Args:
            batch_size: int or None. Number of rows in a batch. Either this or `tokens_per_batch` is given.
            tokens_per_batch: int or None. Maximum number of padded tokens in a batch.
            seed: int or None. Seed of the order of the rows. None means that the rows are sorted by length.
            first_epoch: int. Number of the first epoch, from 0.
            steps_per_epoch: not used; accepted as in `DatasetSource.training_dataset`.

        Returns:
            `(tf.data.Dataset, int)`.
        """
        how = {"batch_size": batch_size, "tokens_per_batch": tokens_per_batch, "seed": seed}
        batches = LengthBatches(self._examples(self._class_weights), **how)
        batches.epoch = first_epoch
        return batches.dataset(), batches.steps

    def _examples(self, class_weights=None):
        return examples_of(self._preprocessor, self._columns, self._targets, self._weights, class_weights)


def examples_of(preprocessor, columns, targets, weights, class_weights=None):
    """Returns rows, their targets and their weights as `Examples`.

    Args:
        preprocessor: `Preprocessor` that converts columns to features.
        columns: dict of column → list or array, checked.
        targets: as in `ListSource`.
        weights: as in `ListSource`.
        class_weights: as in `ListSource`.
    """
    encoded = preprocessor.encode(columns)
    targets, own_weights = preprocessor.aligned(columns, encoded, targets)
    of_classes = None if class_weights is None else class_weights(targets)
    weights = product_of_weights(weights, own_weights, of_classes)
    column = lambda values: None if values is None else RaggedColumn.of(values)
    targets = {name: column(part) for name, part in targets.items()} if isinstance(targets, dict) else column(targets)
    return Examples(encoded.features, targets, column(weights), encoded.length_of)


def product_of_weights(*weights):
    """Returns the product of weights of rows, or of the targets of each row.

    Args:
        *weights: float arrays `(rows,)`, lists with a float array for each row, or None, which is skipped.

    Returns:
        float array `(rows,)`, list of float arrays if one of the weights is a list, or None if all are None.
    """
    found = None
    for part in weights:
        if found is None or part is None:
            found = part if found is None else found
        elif isinstance(found, list) or isinstance(part, list):
            found = [one * other for one, other in zip(found, part, strict=True)]
        else:
            found = found * part
    return found


def arrays_of(*values):
    """Yields the arrays that values consist of.

    Args:
        *values: arrays, lists of arrays, dicts of these, or None, which is skipped.

    Yields:
        NumPy array.
    """
    for value in values:
        if isinstance(value, dict):
            yield from arrays_of(*value.values())
        elif isinstance(value, (list, tuple)):
            yield from map(np.asarray, value)
        elif value is not None:
            yield np.asarray(value)


def checked_weights(weights):
    """Converts sample weights to float32, and checks them.

    Args:
        weights: numbers `(rows,)` or `(rows, 1)`, list with an array of numbers for each row, or None.

    Returns:
        float32 array `(rows,)`, list of float32 arrays, or None.

    Raises:
        UserError: the weights are not numbers, not finite, below 0, or of another shape.
    """
    if weights is None:
        return None
    if isinstance(weights, (list, tuple)) and any(np.ndim(part) for part in weights):
        return [_numbers(part) for part in weights]
    weights = _numbers(weights)
    if weights.shape[1:] == (1,):
        weights = weights[:, 0]
    if weights.ndim != 1:
        raise UserError(f"Sample weights of shape {weights.shape} came; wanted one number a text.")
    return weights


def _numbers(values):
    try:
        array = np.asarray(values)
        if array.dtype.kind in "USO" and any(isinstance(value, (str, bytes)) for value in array.ravel().tolist()):
            raise TypeError("there are texts among them")
        array = array.astype("float32")
    except (TypeError, ValueError) as error:
        raise UserError(f"The sample weights are no numbers ({error!s:.80}); wanted one number a text.") from error
    bad = np.flatnonzero(~(np.isfinite(array) & (array >= 0)).ravel())
    if len(bad):
        raise UserError(
            f"Entry {bad[0]} of the sample weights is {array.ravel()[bad[0]]}; wanted finite numbers, 0 or more."
        )
    return array
