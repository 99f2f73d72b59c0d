"""Reads the cells of a label column: one label, several, or a number. Knows the values of a cell; no file."""

import itertools
import math
from collections import Counter

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import is_number, look_like_scores
from keras_bigmodel.tables.cells import cell_label, cell_text

LABEL_KINDS = ("one", "several", "number")
SEPARATORS = (",", ";", "|")  # signs between labels that are found by looking
_OTHER_SIGNS = ("/", "+", "&", "#", "\t", " ")  # signs that are reported if they stand between labels
_OF_LABELS = "Models of labels are trained with --task classification or multi_label."


class LabelCells:
    """Reads cells of a label column.

    Args:
        kind: str. `"one"` (a label is a str), `"several"` (a tuple of different str, which may be empty) or `"number"`
            (a float).
        separator: str. The sign between labels in a text, for `"several"`. Defaults to `","`.

    Raises:
        UserError: the kind is unknown, or the separator is empty.
    """

    def __init__(self, kind, separator=","):
        if kind not in LABEL_KINDS:
            raise UserError(f'label_kind="{kind}" came; known are {", ".join(LABEL_KINDS)}.')
        if not separator:
            raise UserError("An empty label separator came; wanted the sign between labels, e.g. a comma.")
        self.kind, self.separator = kind, separator
        self._read = {"one": _one, "several": self._several, "number": _number}[kind]

    def __call__(self, cell):
        """Returns the value of a cell, or None if the cell has none.

        Args:
            cell: as in `cell_text`; for `"several"` also a list.

        Raises:
            UserError: the cell holds no such value. The message begins with what it holds.
        """
        return self._read(cell)

    def parts(self, value):
        """Returns the labels in a value: tuple of str, empty for a number."""
        return {"one": lambda: (value,), "several": lambda: value, "number": tuple}[self.kind]()

    def _several(self, cell):
        if isinstance(cell, dict):
            raise UserError("an object; wanted a list of labels. Take another column.")
        if not isinstance(cell, list | tuple):
            text = cell_text(cell)
            if text is None:
                return None
            cell = text.split(self.separator)
        labels = dict.fromkeys(cell_label(part) for part in cell)
        return tuple(label for label in labels if label)

    def check_separated(self, counts, path):
        """Checks that no label consists of others that another sign joins.

        Args:
            counts: dict of label → number of rows.
            path: path of the table, for the error message.

        Raises:
            UserError: there is such a label.
        """
        if self.kind != "several":
            return
        for sign in (*SEPARATORS, *_OTHER_SIGNS):
            joined = [label for label in counts if sign in label and sign != self.separator]
            joined = [label for label in joined if all(part.strip() in counts for part in label.split(sign))]
            if len(joined) > (sign == " "):  # one label of two words may be a coincidence
                raise UserError(
                    f'{path} has the label "{joined[0]:.60}", whose parts are labels themselves. Name the sign between '
                    f'labels: --label-separator "{sign}".'
                )


def _one(cell):
    if isinstance(cell, list | tuple):
        raise UserError(
            "a list; wanted one label, as --task classification takes. Models of several labels are trained with "
            "--task multi_label."
        )
    return cell_label(cell)


def _number(cell):
    if isinstance(cell, bool):
        raise UserError(f'"{cell_text(cell)}"; wanted a number, as --task regression takes. {_OF_LABELS}')
    text = cell_text(cell)
    if text is None or not text.strip():
        return None
    try:
        number = float(text)
    except ValueError as error:
        point = ""
        if is_number(text.replace(",", ".")):
            point = " with a point, such as 3.5"
        raise UserError(f'"{text:.40}"; wanted a number{point}, as --task regression takes. {_OF_LABELS}') from error
    if not math.isfinite(number):
        raise UserError(f'"{text:.40}"; wanted a finite number. Correct it, or drop such rows.')
    return number


def kind_of_labels(cells, separator=None):
    """Finds what kind of labels a column holds by looking at some of its cells.

    Lists are several labels. Numbers with fractions, of more than ten different values, are numbers. Texts in which a
    comma, a semicolon or a bar joins labels that also stand alone or in other texts are several labels. All other
    columns hold one label a cell.

    Args:
        cells: list of cells.
        separator: str. Sign between labels, if it is known; then texts that hold it are several labels. Defaults to
            None.

    Returns:
        str: one of `LABEL_KINDS`.
    """
    if any(isinstance(cell, list | tuple) for cell in cells):
        return "several"
    texts = Counter(str(cell).strip() for cell in cells if cell is not None and str(cell).strip())
    if separator is not None:
        return "several" if any(separator in text for text in texts) else "one"
    if texts and all(map(is_number, texts)):
        return "number" if look_like_scores(texts) else "one"
    return "one" if separator_of(cells) is None else "several"


def separator_of(cells):
    """Finds the sign that joins the labels of a column: str, or None if no sign does.

    Args:
        cells: list of cells.
    """
    texts = {str(cell).strip() for cell in cells if cell is not None and not isinstance(cell, list | tuple)}
    return next((sign for sign in SEPARATORS if _joins(sign, texts)), None)


def _joins(sign, texts):
    """Returns whether a sign joins labels: each part of a joined text stands alone or in another joined text, too."""
    split = [tuple(part.strip() for part in text.split(sign)) for text in texts if text]
    joined = [parts for parts in split if len(parts) > 1]
    found = Counter(itertools.chain.from_iterable(map(set, split)))
    if not joined or not all(part for parts in joined for part in parts):
        return False
    shared = all(found[part] > 1 for parts in joined for part in parts)
    return shared and len(found) < len(split) + len(joined)
