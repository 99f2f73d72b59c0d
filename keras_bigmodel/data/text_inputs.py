"""Checks texts in any of the accepted forms, and converts them to lists of str. Knows no tokenizer, no model."""

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.unicode_text import without_surrogates

_SECOND = "Hand in pairs as two lists, (texts, others), or as a list of (text, other)."


def as_texts(texts, name="text"):
    """Converts texts to a list of str, and checks them.

    Args:
        texts: list, tuple, array, pandas or Arrow column, or string tensor, of str or of UTF-8 bytes.
        name: str. Name of an entry in error messages. Defaults to `"text"`.

    Returns:
        list of str. Invalid UTF-8 and lone surrogates become U+FFFD.

    Raises:
        UserError: `texts` is a single string, None, a set, a dict, a whole table or a scalar; an entry is not a text;
            or str and bytes are mixed.
    """
    if isinstance(texts, (str, bytes)):
        raise UserError(
            f"A single {type(texts).__name__} came; wanted several texts. Put it in a list: [{texts!r:.40}]."
        )
    if texts is None:
        raise UserError("None came; wanted a list of texts.")
    _check_not_a_table(texts)
    rows = _as_list(texts)
    kinds = {str if isinstance(row, str) else bytes if isinstance(row, bytes) else type(row) for row in rows}
    if kinds == {str, bytes}:
        raise UserError("Strings and bytes came together; wanted one of them. Decode the bytes first.")
    for index, row in enumerate(rows):
        if not isinstance(row, (str, bytes)):
            raise UserError(_wrong_entry(row, index, name))
    if kinds == {bytes}:
        return [row.decode("utf-8", errors="replace") for row in rows]
    return [without_surrogates(str(row)) for row in rows]


def as_pairs(pairs):
    """Converts pairs of texts to two lists of str, and checks them.

    Args:
        pairs: tuple of two columns of texts, list of pairs, or array `(pairs, 2)`.

    Returns:
        `(list of str, list of str)` of equal length: the first and the second texts.

    Raises:
        UserError: as `as_texts`; the entries are not pairs, the columns have unequal lengths, or a tuple of two tuples
            is ambiguous.
    """
    if isinstance(pairs, (str, bytes)) or pairs is None:
        raise UserError(f"{type(pairs).__name__} came; this task takes pairs of texts. {_SECOND}")
    _check_not_a_table(pairs)
    _check_one_reading(pairs)
    if _is_two_columns(pairs):
        first_texts, second_texts = as_texts(pairs[0]), as_texts(pairs[1], name="second text")
        if len(first_texts) != len(second_texts):
            raise UserError(
                f"{len(first_texts)} first and {len(second_texts)} second texts came; wanted as many. {_SECOND}"
            )
        return first_texts, second_texts
    rows = _as_list(pairs)
    for index, row in enumerate(rows):
        if not isinstance(row, (tuple, list, np.ndarray)) or len(row) != 2:
            raise UserError(f"Entry {index} is {_shown(row)}; this task takes pairs of texts. {_SECOND}")
    return as_texts([row[0] for row in rows]), as_texts([row[1] for row in rows], name="second text")


def check_reusable(data):
    """Raises `UserError` if data can be read only once, as a generator, a map or an open file.

    Part of such data may have been read already, and it cannot be read again.

    Args:
        data: any input of a task.

    Raises:
        UserError: `data` is an iterator.
    """
    if hasattr(data, "__next__"):
        raise UserError(
            f"A {type(data).__name__} came, which can be read only once; wanted a list. Write list(...); for more than "
            "memory holds give a TableStream, or a tf.data.Dataset of batches."
        )


def _check_not_a_table(data):
    if isinstance(data, (set, frozenset)):
        raise UserError("A set came, which has no order; wanted a list of texts.")
    if hasattr(data, "columns") or isinstance(data, dict):  # list() of it would return its column names
        kind = type(data).__name__
        raise UserError(f'A whole {kind} came; wanted its columns of texts. Hand in one, e.g. table["text"].')


def _check_one_reading(pairs):
    """Raises `UserError` for a tuple of two tuples of two texts: it may be two pairs, or two columns of two rows."""
    is_pair = lambda part: isinstance(part, tuple) and len(part) == 2 and all(isinstance(text, str) for text in part)
    if isinstance(pairs, tuple) and len(pairs) == 2 and all(map(is_pair, pairs)):
        (first, second), (third, _) = pairs
        raise UserError(
            f"A tuple of two tuples came, which can be read in two ways: {first!r:.20} goes with {second!r:.20} (two "
            f"pairs), or with {third!r:.20} (two columns). Write pairs as a list, [(text, other), ...], and columns as "
            "lists, ([text, ...], [other, ...])."
        )


def _is_two_columns(pairs):
    return isinstance(pairs, tuple) and len(pairs) == 2 and not any(isinstance(part, (str, bytes)) for part in pairs)


def _as_list(texts):
    for method in ("to_pylist", "to_list", "tolist"):  # Arrow; pandas; NumPy
        if hasattr(texts, method):
            return _one_axis(getattr(texts, method)())
    try:
        if hasattr(texts, "numpy"):
            return _one_axis(np.asarray(texts.numpy()).tolist())
        return list(texts)
    except (TypeError, NotImplementedError, AttributeError) as error:  # not iterable, or a tensor without values
        raise UserError(f"{_shown(texts)} came; wanted a list of texts.") from error


def _one_axis(rows):
    if not isinstance(rows, list):
        raise UserError(f"A scalar came ({_shown(rows)}); wanted a list of texts.")
    return rows


def _wrong_entry(row, index, name):
    if isinstance(row, (tuple, list, np.ndarray)):
        return (
            f"Entry {index} is {_shown(row)}; wanted one {name}. If these are pairs, create the task with pairs=True, "
            'e.g. TextClassifier.from_encoder("minilm", labels=[...], pairs=True).'
        )
    return f"Entry {index} is {_shown(row)}; wanted a {name}. Drop or fill such rows first."


def _shown(value):
    return f"{value!r:.40} ({type(value).__name__})"


def as_text_columns(data, names):
    """Converts texts of one or two columns, in any of the accepted forms, to lists of str, and checks them.

    Args:
        data: dict or data frame of column → texts; or as in `as_texts` for one column, as in `as_pairs` for two.
        names: tuple of one or two str. The columns wanted.

    Returns:
        dict of name → list of str, all of the same length.

    Raises:
        UserError: as `as_texts` and `as_pairs`; the columns differ in length; or columns are missing or superfluous,
            and the message names them.
    """
    if isinstance(data, dict) or hasattr(data, "columns"):
        found = [
            str(name) for name in (data if isinstance(data, dict) else getattr(data, "column_names", data.columns))
        ]
        missing, more = [name for name in names if name not in found], [name for name in found if name not in names]
        if missing or more:
            parts = [f"without the column{'s' * (len(missing) > 1)} {', '.join(missing)}"] * bool(missing)
            parts += [f"with the column{'s' * (len(more) > 1)} {', '.join(more[:5])}"] * bool(more)
            advice = 'Hand in the texts alone, e.g. table["text"].'
            if missing:
                advice = f"Give each column its name, e.g. {{{', '.join(f'{name!r}: [...]' for name in names)}}}."
            elif more == ["text_pair"]:
                advice = "If these are pairs, create the task with pairs=True."
            elif len(names) > 1:
                advice = f"Hand in these alone, e.g. table[{list(names)}]."
            raise UserError(
                f"A {type(data).__name__} came {' and '.join(parts)}; wanted the columns {', '.join(names)}, and no "
                f"others. {advice}"
            )
        columns = {name: as_texts(data[name], name=name) for name in names}
    elif len(names) == 1:
        columns = {names[0]: as_texts(data)}
    else:
        columns = dict(zip(names, as_pairs(data), strict=True))
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{length} of {name}" for name, length in lengths.items())
        raise UserError(f"Columns of different lengths came: {told}. Wanted as many texts of each.")
    return columns


def check_column_names(wanted, found, model="This model"):
    """Raises `UserError` if columns are not those that a model takes.

    Args:
        wanted: tuple of str. The columns of the model's preprocessor.
        found: tuple of str. The columns of the input.
        model: str. Name of the model in the error message. Defaults to `"This model"`.

    Raises:
        UserError: the columns differ; the message says how to add or leave out the first column that differs.
    """
    missing, more = [name for name in wanted if name not in found], [name for name in found if name not in wanted]
    advice = [_TO_NAME.get(name, f"{name} is missing") for name in missing]
    advice += [_TO_LEAVE_OUT.get(name, f"leave {name} out") for name in more]
    if advice:
        raise UserError(f"{model} takes {_IN_WORDS.get(tuple(wanted), ', '.join(wanted))}: {advice[0]}.")


_IN_WORDS = {("text",): "single texts", ("text", "text_pair"): "pairs of texts"}
_TO_NAME = {"text_pair": "name the second text's column with --pair"}
_TO_LEAVE_OUT = {"text_pair": "leave --pair out"}
