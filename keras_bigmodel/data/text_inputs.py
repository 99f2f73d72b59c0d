"""What people hand in as texts, checked and made one thing: lists of strings. Knows no tokenizer, no model."""

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.unicode_text import without_surrogates

_SECOND = "Hand in pairs as two lists, (texts, others), or as a list of (text, other)."


def as_texts(texts, name="text"):
    """Checks texts and gives them as a list of strings.

    Args:
        texts: list, tuple, array, pandas or Arrow column, or string tensor, of str or of UTF-8 bytes.
        name: str. What an entry is called in an error.

    Returns:
        list of str. Invalid UTF-8 becomes U+FFFD.

    Raises:
        UserError: a single string, None, numbers, strings mixed with bytes, more than one axis.
    """
    if isinstance(texts, (str, bytes)):
        raise UserError(
            f"A single {type(texts).__name__} came; wanted several texts. Put it in a list: [{texts!r:.40}]."
        )
    if texts is None:
        raise UserError("None came; wanted a list of texts.")
    _refuse_table(texts)
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
    """Checks pairs of texts.

    Args:
        pairs: a tuple of two columns of texts, or a list (or array of two columns) of pairs.

    Returns:
        `(list of str, list of str)` of equal length.

    Raises:
        UserError: no pairs, columns of unequal length, or as `as_texts`.
    """
    if isinstance(pairs, (str, bytes)) or pairs is None:
        raise UserError(f"{type(pairs).__name__} came; this task takes pairs of texts. {_SECOND}")
    _refuse_table(pairs)
    _refuse_two_readings(pairs)
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


def refuse_read_once(data):
    """Refuses a generator, a map, an open file: half of it may be read already, and nothing can be read twice.

    Raises:
        UserError: it is one.
    """
    if hasattr(data, "__next__"):
        raise UserError(
            f"A {type(data).__name__} came, which can be read only once; wanted a list. Write list(...); for more than "
            "memory holds give a TableStream, or a tf.data.Dataset of batches."
        )


def _refuse_table(data):
    if isinstance(data, (set, frozenset)):
        raise UserError("A set came, which has no order; wanted a list of texts.")
    if hasattr(data, "columns") or isinstance(data, dict):  # a list of it would be its column names
        kind = type(data).__name__
        raise UserError(f'A whole {kind} came; wanted its columns of texts. Hand in one, e.g. table["text"].')


def _refuse_two_readings(pairs):
    """Refuses a tuple of two tuples of two texts: two pairs, or two columns of two rows."""
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
    except (TypeError, NotImplementedError, AttributeError) as error:  # no rows in it, or a tensor without values
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
    """Checks texts of one or two columns, in whatever form people hand them in.

    Args:
        data: dict (or data frame) of column → texts; or as `as_texts` for one column, as `as_pairs` for two.
        names: tuple of one or two str: the columns wanted.

    Returns:
        dict of name → list of str, all as long.

    Raises:
        UserError: as `as_texts`; columns are missing or too many; the sentence names them.
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
