"""Converts a classifier's labels, given as names or positions, to label numbers. Knows no model."""

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
    """Holds the names of labels and finds their numbers; a label's number is its index in the names.

    Args:
        names: sequence of str, in the order of the model's outputs.
        least: int. The fewest names that are accepted. Defaults to 2.

    Raises:
        UserError: there are fewer than `least` names, they have no order, or a name occurs twice, is not a string, is
            blank or cannot be written to a file.
    """

    def __init__(self, names, *, least=2):
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
        names = [str.__str__(name) for name in names]  # NumPy's strings and str Enums become str
        twice = sorted(name for name, times in Counter(names).items() if times > 1)
        if twice:
            raise UserError(f'The label "{twice[0]}" is given twice in labels. Give every label once.')
        if len(names) < least:
            wanted = "two" if least == 2 else "one"
            raise UserError(f"{len(names)} label came ({names}); a classifier needs at least {wanted}.")
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
        """Returns the numbers of the labels in a column, all of which are read in the same way.

        If every value equals a name, the values are names. A value equals a name as a text, as a number (1.0 equals
        "1") or as a truth value (True equals "true"). If no value equals a name, and all values are whole numbers from
        0 to below the number of labels, the values are positions.

        Args:
            labels: list, array or column of label names or positions; or a float array `(texts, labels)` of soft labels
                (one-hot, for example), which is returned as float32. See `label_column`.

        Returns:
            int32 array `(texts,)` of label numbers, or float32 array `(texts, labels)` of soft labels.

        Raises:
            UserError: a label is missing, is unknown, or can be read in two ways, and the message says in which row; or
                as `label_column`.
        """
        return LabelReader(self).numbers(labels)

    def meaning(self, value):
        """Returns the `Meaning` of one value of a column, or None if the label is missing.

        Args:
            value: a value as `label_column` returns it.

        Raises:
            UserError: the value equals two names in the same way.
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
        """Returns at most ten of the names, joined by commas, as a part of a sentence: str."""
        shown = ", ".join(self.names[:10])
        return shown + (f", … ({len(self.names)} in all)" if len(self.names) > 10 else "")


@dataclass(frozen=True)
class Meaning:
    """Holds the label numbers that one value of a column may mean, as a name and as a position.

    Args:
        name: int or None. Number of the label whose name equals the value.
        position: int or None. Number of the label at this position, if the value is a whole number in range.
        is_word: bool. Whether the value is the number 0 or 1 and the name is a word such as false or true, no or yes.
            Defaults to False.
    """

    name: int | None
    position: int | None
    is_word: bool = False


class LabelReader:
    """Reads a column of labels in parts, and all parts in the same way: as names or as positions.

    Args:
        names: `LabelNames`.
    """

    def __init__(self, names):
        self._names = names
        self._meanings = {}  # (type, value) → Meaning
        self._first_name = self._first_position = None  # (row, value) of the first that can be read in this way only
        self._rows = 0

    def numbers(self, labels, *, rows=None):
        """Returns the numbers of the labels in the next part of the column.

        Args:
            labels: as in `LabelNames.numbers`.
            rows: sequence of int. Row number of each label, for error messages. Defaults to None: they are counted.

        Returns:
            array, as `LabelNames.numbers`.

        Raises:
            UserError: as `LabelNames.numbers`; row numbers in messages count from the first part.
        """
        column = label_column(labels, self._names.names, first_row=self._rows)
        if isinstance(column, np.ndarray) and column.ndim == 2:
            self._rows += len(column)
            return column
        values, firsts, inverse = _distinct(column)
        numbers = [self._rows + int(row) if rows is None else int(rows[row]) for row in firsts]
        meanings = [self._meaning(value, row) for value, row in zip(values, numbers, strict=True)]
        for value, row, meaning in zip(values, numbers, meanings, strict=True):
            self._note(value, row, meaning)
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
        """Records how a value can be read, and raises `UserError` if not all values can be read in the same way."""
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
    """Returns the different values of a column, the first row of each, and for each row the index of its value."""
    if isinstance(column, np.ndarray):
        if column.dtype.kind == "f" and column.dtype.itemsize < 8:  # float32 0.1 becomes 0.1, as it prints
            column = np.array([float(str(value)) for value in column])
        values, rows, inverse = np.unique(column, return_index=True, return_inverse=True)
        return values.tolist(), rows.tolist(), inverse
    numbers, rows, inverse = {}, [], []
    for row, value in enumerate(column):
        try:
            number = numbers.setdefault((type(value), value), len(numbers))
        except TypeError as error:  # not hashable, such as a list
            raise UserError(f"Row {row} has the label {value!r:.60}; wanted one label a text.") from error
        if number == len(rows):
            rows.append(row)
        inverse.append(number)
    return [value for _, value in numbers], rows, inverse


def _is_missing(value):
    """Returns whether a value is NaN, or pandas' NA or NaT."""
    try:
        return bool(value != value)
    except TypeError:  # comparing NA returns NA, which has no truth value
        return True


def _as_decimal(text):
    """Returns the finite number that a text denotes as a `Decimal`, or None if it denotes none."""
    if not text.isascii() or "_" in text or text != text.strip():
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _text(value):
    """Returns a value as text; a number with too many digits for Python to print is described by its size."""
    try:
        return str.__str__(value) if isinstance(value, str) else str(value)  # the value of an Enum of str, not its name
    except ValueError:
        return f"a number of {value.bit_length()} bits"
