"""The names of a classifier's answers and their numbers. Knows no model."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from numbers import Real

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.unicode_text import check_label
from keras_bigmodel.tasks.label_column import label_column

_WORDS = {True: ("true", "yes", "y", "t", "on"), False: ("false", "no", "n", "f", "off")}


class LabelNames:
    """Turns label names into numbers and back.

    Args:
        names: sequence of str, in the order of the model's outputs.

    Raises:
        UserError: fewer than two names, a name twice, or a name that is no string.
    """

    def __init__(self, names):
        if isinstance(names, (str, bytes)) or not hasattr(names, "__iter__"):
            raise UserError(f'labels={names!r} came; wanted a list of names, e.g. labels=["negative", "positive"].')
        if isinstance(names, (set, frozenset)):
            raise UserError("The labels came as a set, which has no order. Write sorted(labels).")
        names = list(names)
        for name in names:
            if not isinstance(name, str):
                shown = [label.decode("utf-8", "replace") if isinstance(label, bytes) else label for label in names[:3]]
                raise UserError(
                    f"The label {name!r:.60} is of type {type(name).__name__}; wanted a string. Write labels=["
                    + ", ".join(f'"{label!s:.40}"' for label in shown)
                    + (", ...]." if len(names) > 3 else "].")
                )
            check_label(name)
        names = [str.__str__(name) for name in names]  # plain ones: of NumPy, of an Enum
        twice = sorted(name for name, times in Counter(names).items() if times > 1)
        if twice:
            raise UserError(f'The label "{twice[0]}" is given twice in labels. Give every label once.')
        if len(names) < 2:
            raise UserError(f"{len(names)} label came ({names}); a classifier needs at least two.")
        self.names = names
        self._of_text = {name: number for number, name in enumerate(names)}
        self._of_number, self._of_word = {}, {}
        for number, name in enumerate(names):
            self._of_word.setdefault(name.casefold(), []).append(number)
            value = _as_decimal(name)
            if value is not None:
                self._of_number.setdefault(value, []).append(number)

    def __len__(self):
        return len(self.names)

    def numbers(self, labels):
        """Returns the numbers of labels, read as one column.

        If every value equals a name, the values are names: as text, as a number (1.0 is "1") or as a truth value (True
        is "true"). If no value does and all are whole numbers from 0 to below the number of labels, they are positions.

        Args:
            labels: list, array or column of label names or of positions; or a float array `(texts, labels)` of shares
                (one-hot, say), which is handed on as it is. See `label_column`.

        Returns:
            int32 array `(texts,)`, or the float32 array `(texts, labels)`.

        Raises:
            UserError: a label is missing, unknown, or can be read in two ways; the sentence says which row.
        """
        return LabelReader(self).numbers(labels)

    def meaning(self, value):
        """Returns the `Meaning` of one value, None where there is no label.

        Raises:
            UserError: the value equals two names alike.
        """
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if value is None or _is_missing(value):
            return None
        number = self._of_text.get(_text(value))
        if isinstance(value, str) or not isinstance(value, (Real, Decimal)):
            return Meaning(number, None)
        if number is None and isinstance(value, bool):
            number = self._one_of(self._with_words(value), value)
        if number is None:
            number = self._one_of(self._of_number.get(_as_decimal(_text(+value)), ()), value)
        word = None
        if number is None and value in (0, 1):
            number = word = self._one_of(self._with_words(bool(value)), value)
        is_position = 0 <= value < len(self.names) and value == int(value)
        return Meaning(number, int(value) if is_position else None, is_word=word is not None)

    def _with_words(self, truth):
        return [number for word in _WORDS[truth] for number in self._of_word.get(word, ())]

    def _one_of(self, found, value):
        if len(found) > 1:
            raise UserError(
                f'The label {value!r} could be "{self.names[found[0]]}" or "{self.names[found[1]]}". Hand in the '
                "names, as strings."
            )
        return found[0] if found else None

    def listed(self):
        """Returns the names as a part of a sentence, ten at most."""
        shown = ", ".join(self.names[:10])
        return shown + (f", … ({len(self.names)} in all)" if len(self.names) > 10 else "")


@dataclass(frozen=True)
class Meaning:
    """What one value of a column of labels may stand for.

    Args:
        name: int or None. The number of the name that it equals.
        position: int or None. The position that it is, where it is a number.
        is_word: bool. Whether it is the number 0 or 1, and the name is a word such as false or true, no or yes.
    """

    name: int | None
    position: int | None
    is_word: bool = False


class LabelReader:
    """Reads one column of labels that comes in parts, all in the same way: as names, or as positions.

    Args:
        names: `LabelNames`.
    """

    def __init__(self, names):
        self._names = names
        self._meanings = {}  # (type, value) → Meaning
        self._first_name = self._first_position = None  # (row, value) that can be read in one way only
        self._rows = 0

    def numbers(self, labels):
        """Returns the numbers of the next part; see `LabelNames.numbers`, whose rows are counted over all parts."""
        column = label_column(labels, self._names.names, first_row=self._rows)
        if isinstance(column, np.ndarray) and column.ndim == 2:
            self._rows += len(column)
            return column
        values, rows, inverse = _distinct(column)
        meanings = [self._meaning(value, self._rows + row) for value, row in zip(values, rows, strict=True)]
        for value, row, meaning in zip(values, rows, meanings, strict=True):
            self._note(value, self._rows + int(row), meaning)
        self._rows += len(column)
        found = [meaning.position if meaning.name is None else meaning.name for meaning in meanings]
        return np.array(found, "int32")[inverse] if found else np.zeros(0, "int32")

    def _meaning(self, value, row):
        key = (type(value), value)
        if key not in self._meanings:
            meaning = self._names.meaning(value)
            if meaning is None:
                raise UserError(f"Row {row} has no label ({value!r}). Fill it, or drop such rows.")
            if meaning.name is None and meaning.position is None:
                raise UserError(self._unknown(value, row))
            self._meanings[key] = meaning
        return self._meanings[key]

    def _unknown(self, value, row):
        names = self._names
        if isinstance(value, (Real, Decimal)) and not isinstance(value, bool):
            return (
                f"Row {row} has the label {_text(value)}; wanted 0 to {len(names) - 1} ({names.listed()}), or the "
                "names themselves."
            )
        return (
            f"Row {row} has the label {value!r:.80}, which is not one of {names.listed()}. Name it in labels= when the "
            "task is created, or drop such rows."
        )

    def _note(self, value, row, meaning):
        """Notes how a value can be read, and refuses a column whose values cannot all be read alike."""
        if meaning.name == meaning.position:
            return
        names = self._names.names
        if meaning.is_word:
            raise UserError(
                f'Row {row} has the label {value}: as a truth value that is "{names[meaning.name]}", as a position '
                f'"{names[meaning.position]}". Hand in the names, as strings.'
            )
        if meaning.name is None:
            self._first_position = self._first_position or (row, value)
        else:
            self._first_name = self._first_name or (row, value)
        if self._first_name and self._first_position:
            (name_row, name), (row, position) = self._first_name, self._first_position
            raise UserError(
                f"The labels can be read in two ways, and neither fits all. Row {name_row} has {name!r}, the name of a "
                f"label; row {row} has {position!r}, which is no name, and as a position it is "
                f'"{names[int(position)]}". Hand in the names ({self._names.listed()}), as strings, or positions from '
                "0 on."
            )


def _distinct(column):
    """Returns the different values of a column, the first row of each, and for each row the number of its value."""
    if isinstance(column, np.ndarray):
        if column.dtype.kind == "f" and column.dtype.itemsize < 8:  # as it prints: float32 0.1 is 0.1
            column = np.array([float(str(value)) for value in column])
        values, rows, inverse = np.unique(column, return_index=True, return_inverse=True)
        return values.tolist(), rows.tolist(), inverse
    numbers, rows, inverse = {}, [], []
    for row, value in enumerate(column):
        try:
            number = numbers.setdefault((type(value), value), len(numbers))
        except TypeError as error:  # a list, a dict
            raise UserError(f"Row {row} has the label {value!r:.60}; wanted one label a text.") from error
        if number == len(rows):
            rows.append(row)
        inverse.append(number)
    return [value for _, value in numbers], rows, inverse


def _is_missing(value):
    """Whether this is NaN, pandas' NA or NaT."""
    try:
        return bool(value != value)
    except TypeError:  # NA is neither
        return True


def _as_decimal(text):
    """Returns the finite number that a text is, or None."""
    if not text.isascii() or "_" in text or text != text.strip():
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _text(value):
    """Returns a value as text; a number of thousands of digits, which Python does not write out, as its size."""
    try:
        return str.__str__(value) if isinstance(value, str) else str(value)  # the value of an Enum of str, not its name
    except ValueError:
        return f"a number of {value.bit_length()} bits"
