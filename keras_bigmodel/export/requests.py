"""Builds the batches of rows on which an export is compared. Knows columns and features; no format."""

import json
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.export.saved_model_client import packed

_BATCH = 64


@dataclass(frozen=True)
class Requests:
    """Holds batches of rows of similar length, and which endpoint computes which batches.

    Args:
        columns: dict of raw column → array. All rows.
        batches: list of dicts of input name → array `(rows, ...)`: the raw columns and the features.
        batches_of: dict of endpoint → list of indices of batches.
    """

    columns: dict
    batches: list
    batches_of: dict

    @classmethod
    def of(cls, preprocessor, columns, endpoints):
        """Returns the requests for rows, whose features are computed here.

        Args:
            preprocessor: `Preprocessor`.
            columns: dict of column → list or array, checked.
            endpoints: dict of name → `Endpoint`.

        Returns:
            `Requests`.

        Raises:
            UserError: an endpoint has an input that is neither a column nor a feature.
        """
        known = {*preprocessor.columns, *preprocessor.features}
        for name, endpoint in endpoints.items():
            unknown = [part for part in endpoint.input_names if part not in known]
            if unknown:
                raise UserError(
                    f"The endpoint {name} takes {unknown[0]}, which is neither a column nor a feature of the "
                    f"preprocessor; those are {', '.join(sorted(known))}."
                )
        needed = {part for endpoint in endpoints.values() for part in endpoint.input_names}
        batches = []
        columns = {name: _as_array(column, preprocessor.specs[name].dtype) for name, column in columns.items()}
        for rows in _rows_of_like_length(columns):
            batch = {name: column[rows] for name, column in columns.items()}
            features = {} if needed <= set(batch) else preprocessor.padded(batch)
            batches.append(batch | {name: value.numpy() for name, value in features.items()})
        everything = list(range(len(batches)))
        middle = everything[len(everything) // 2 :][:1]
        batches_of = {name: middle if endpoint.sampled else everything for name, endpoint in endpoints.items()}
        return cls(columns, batches, batches_of)

    @property
    def rows(self):
        """Returns the number of rows: int."""
        return len(next(iter(self.columns.values())))

    @property
    def order(self):
        """Returns the index of the row at each position of the joined batches: int array `(rows,)`."""
        return np.concatenate(_rows_of_like_length(self.columns))

    def row_words(self, number, rows):
        """Returns some rows of a batch as text.

        Args:
            number: int. Index of the batch.
            rows: sequence of int. Indices of the rows in the batch.

        Returns:
            list of str; where rows have several columns, list of lists of str.
        """
        columns = [self.batches[number][name] for name in self.columns]
        return [_word(*(column[row] for column in columns)) for row in rows]

    def write(self, path):
        """Writes an `.npz` file that a client script reads.

        Args:
            path: path of the file.
        """
        arrays = {}
        for number, batch in enumerate(self.batches):
            for name, array in batch.items():
                arrays |= packed(f"{number}/{name}", array)
        plan = json.dumps({"batches": len(self.batches), "batches_of": self.batches_of})
        np.savez(path, plan=np.frombuffer(plan.encode(), "uint8"), **arrays)


def rows_to_compare(preprocessor, rows):
    """Returns the given rows followed by the preprocessor's samples.

    Args:
        preprocessor: `Preprocessor`.
        rows: dict of column → list or array, checked; or None.

    Returns:
        dict of column → list or array.
    """
    samples = preprocessor.samples()
    if rows is None:
        return samples
    joined = lambda first, second: (
        np.concatenate([first, second]) if isinstance(second, np.ndarray) else [*first, *second]
    )
    return {name: joined(rows[name], sample) for name, sample in samples.items()}


def _rows_of_like_length(columns):
    lengths = np.zeros(len(next(iter(columns.values()))), "int64")
    for column in columns.values():
        if column.dtype == object:
            lengths += [len(value) for value in column]
    order = np.argsort(lengths, kind="stable")
    return [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]


def _as_array(column, dtype):
    """Returns a column as an array; an array of strings holds UTF-8 bytes."""
    if dtype != tf.string:
        return np.asarray(column, dtype.as_numpy_dtype)
    strings = np.empty(len(column), object)
    strings[:] = [value.encode("utf-8") if isinstance(value, str) else value for value in column]
    return strings


def _word(*values):
    values = [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in values]
    return values[0] if len(values) == 1 else values
