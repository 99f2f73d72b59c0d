"""Reads the cells of a label column: one label, several, or a number. Knows the values of a cell; no file."""

import ast
import contextlib
import itertools
import json
import math
import re
from collections import Counter

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import is_number, look_like_scores
from keras_bigmodel.core.span_forms import is_span
from keras_bigmodel.tables.cells import cell_label, cell_text, stands_for_nothing
from keras_bigmodel.tables.tagged.span_cells import cell_spans

LABEL_KINDS = ("one", "several", "number", "spans")
SEPARATORS = (",", ";", "|", "，", "；", "、", "｜")  # signs between labels that are found by looking
_COMMAS = (",", "，")  # these stand inside of names, too
_OTHER_SIGNS = ("/", "+", "&", "#", "\t", " ")  # signs that are reported if they stand between labels
_LONGEST_LIST = 10_000  # characters of a text that is read as a list
_NO_COMMA = re.compile(r"""['"]\s+['"]""")
_FRACTIONS = {"0", "00", "25", "5", "50", "75"}  # after the comma of numbers that have few values, such as half stars
_OF_LABELS = "Models of labels are trained with --task classification or multi_label."


class LabelCells:
    """Reads cells of a label column.

    Args:
        kind: str. `"one"` (a label is a str), `"several"` (a tuple of different str, which may be empty), `"number"`
            (a float) or `"spans"` (a tuple of `(start, end, label)`, which may be empty; see `cell_spans`).
        separator: str. The sign between labels in a text, for `"several"`. A text that is written as a list in JSON or
            Python, such as `["joy", "love"]`, is read as one. Defaults to `","`.

    Raises:
        UserError: the kind is unknown, or the separator is empty.
    """

    def __init__(self, kind, separator=","):
        if kind not in LABEL_KINDS:
            raise UserError(f'label_kind="{kind}" came; known are {", ".join(LABEL_KINDS)}.')
        if not separator:
            raise UserError("An empty label separator came; wanted the sign between labels, e.g. a comma.")
        self.kind, self.separator = kind, separator
        self._read = {"one": _one, "several": self._several, "number": _number, "spans": cell_spans}[kind]

    def __call__(self, cell):
        """Returns the value of a cell, or None if the cell has none.

        Args:
            cell: as in `cell_text`; for `"several"` also a list.

        Raises:
            UserError: the cell holds no such value. The message begins with what it holds.
        """
        return self._read(cell)

    def parts(self, value):
        """Returns the labels in a value, one for each span: tuple of str, empty for a number."""
        labels = lambda: tuple(label for _, _, label in value)
        return {"one": lambda: (value,), "several": lambda: value, "number": tuple, "spans": labels}[self.kind]()

    def _several(self, cell):
        if isinstance(cell, dict):
            raise UserError("an object; wanted a list of labels. Take another column.")
        if not isinstance(cell, list | tuple):
            text = cell_text(cell)
            if text is None:
                return None
            listed = _list_in(text)
            cell = text.split(self.separator) if listed is None else listed
        labels = dict.fromkeys(cell_label(part) for part in cell)
        return tuple(label for label in labels if label)

    def check_separated(self, counts, path, *, named=False):
        """Checks that no label consists of others that another sign joins.

        Args:
            counts: dict of label → number of rows.
            path: path of the table, for the error message.
            named: bool. Whether the user named the separator; then parts that stand nowhere alone are accepted.
                Defaults to False.

        Raises:
            UserError: there is such a label.
        """
        if self.kind != "several":
            return
        for sign in (*SEPARATORS, *_OTHER_SIGNS):
            if sign == self.separator:
                continue
            with_sign = [label for label in counts if sign in label]
            joined = [label for label in with_sign if all(part.strip() in counts for part in label.split(sign))]
            if not named and sign != " " and len(with_sign) > 1 and _joins(sign, counts):
                joined = joined or with_sign
            if len(joined) > (sign == " "):  # one label of two words may be a coincidence
                raise UserError(
                    f'{path} has the label "{joined[0]:.60}", whose parts are labels themselves. Name the sign between '
                    f'labels: --label-separator "{sign}".'
                )


def _list_in(text):
    """Returns the list that a text is written as, in JSON or as Python prints it; None if it is no list.

    Raises:
        UserError: it is a list as NumPy prints it, without commas.
    """
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]") and len(text) <= _LONGEST_LIST):
        return None
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text)
    if _NO_COMMA.search(text):  # Python would join the two words to one
        raise UserError(f'"{text:.40}", a list without commas; write it as ["joy", "love"] or joined by a sign.')
    with contextlib.suppress(ValueError, SyntaxError, RecursionError, MemoryError):
        return list(ast.literal_eval(text))
    return None


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

    Lists of spans are spans. Other lists, also those written as texts, are several labels. Numbers with fractions, of
    more than ten different values, are numbers. Texts in which a comma, a semicolon or a bar joins labels that also
    stand alone or in other texts are several labels; of a comma, which names contain, at least one of the labels must
    stand alone. All other columns hold one label a cell.

    Args:
        cells: list of cells.
        separator: str. Sign between labels, if it is known; then texts that hold it are several labels. Defaults to
            None.

    Returns:
        str: one of `LABEL_KINDS`.
    """
    if _are_spans(cells):
        return "spans"
    if any(isinstance(cell, list | tuple) for cell in cells):
        return "several"
    texts = Counter(filter(None, map(_text_of, cells)))
    if texts and all(_is_list(text) for text in texts):
        return "several"
    if separator is not None:
        return "several" if any(separator in text for text in texts) else "one"
    numbers = {text: rows for text, rows in texts.items() if not stands_for_nothing(text)}
    if numbers and all(map(is_number, numbers)):
        return "number" if look_like_scores(numbers) else "one"
    with_points = _decimal_commas(numbers)
    if with_points:
        return "number" if look_like_scores(with_points) else "one"
    return "one" if _sign_between(texts, strict=True) is None else "several"


def _are_spans(cells):
    """Returns whether the cells are lists of spans, at least one of which is not empty."""
    found = False
    for cell in cells:
        if not isinstance(cell, list | tuple):
            text = _text_of(cell)
            if not text:
                continue
            if not text.startswith("["):
                return False
            try:
                cell = json.loads(text)
            except (ValueError, RecursionError):
                return False
        if not all(map(is_span, cell)):
            return False
        found = found or bool(cell)
    return found


def separator_of(cells):
    """Finds the sign that joins the labels of a column: str, or None if no sign does.

    Args:
        cells: list of cells.
    """
    return _sign_between(set(filter(None, map(_text_of, cells))), strict=False)


def holds_separator(cells, separator):
    """Returns whether a cell is a text in which a sign may join labels, and no list.

    Args:
        cells: list of cells.
        separator: str.
    """
    texts = filter(None, map(_text_of, cells))
    return any(separator in text and not _is_list(text) for text in texts)


def _text_of(cell):
    """Returns a cell as text without the spaces around it, empty for what is no text; reading it reports the error."""
    try:
        return (cell_text(cell) or "").strip()
    except UserError:
        return ""


def _is_list(text):
    try:
        return _list_in(text) is not None
    except UserError:
        return True


def _sign_between(texts, *, strict):
    return next((sign for sign in SEPARATORS if _joins(sign, texts, strict=strict and sign in _COMMAS)), None)


def _joins(sign, texts, *, strict=False):
    """Returns whether a sign joins labels: each part of a joined text stands alone or in another joined text, too.

    Args:
        sign: str.
        texts: collection of different str.
        strict: bool. Whether one of the parts must stand alone. Defaults to False.
    """
    split = [tuple(filter(None, (part.strip() for part in text.split(sign)))) for text in texts]
    joined = [parts for parts in split if len(parts) > 1]
    found = Counter(itertools.chain.from_iterable(map(set, split)))
    if not joined or not all(found[part] > 1 for parts in joined for part in parts):
        return False
    alone = {parts[0] for parts in split if len(parts) == 1}
    if strict and not any(part in alone for parts in joined for part in parts):
        return False
    return len(found) < len(split) + len(joined)


def _decimal_commas(texts):
    """Returns the numbers that texts are with a comma for the point; empty if they are none, or labels such as `2,14`.

    Numbers joined by a comma may be labels, too. They are taken for decimals if most texts have a comma, if only
    halves and quarters follow it, or if three digits follow it each time, as in thousands.

    Args:
        texts: dict of str → number of rows.
    """
    joined = {text: rows for text, rows in texts.items() if "," in text}
    parts = [text.split(",") for text in joined]
    if not joined or any(len(two) != 2 for two in parts):
        return []
    numbers = [text.replace(",", ".") for text in texts]
    if not all(map(is_number, numbers)) or any(two[1] != two[1].strip() for two in parts):
        return []
    most = 2 * sum(joined.values()) > sum(texts.values())
    digits = {two[1] for two in parts}
    return numbers if most or digits <= _FRACTIONS or all(len(after) == 3 for after in digits) else []
