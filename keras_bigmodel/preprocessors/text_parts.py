"""Columns of texts, some rows at a time. Knows lists and tensors of strings; no tokenizer."""

import tensorflow as tf

_ROWS = 1024  # texts tokenized in one call
_CHARACTERS = 2_000_000  # and characters at most: the graph holds some hundred bytes for each


def text_parts(columns):
    """Yields the columns of some rows after the other.

    Args:
        columns: dict of name → list of str, all as long.

    Yields:
        dict of name → list of str.
    """
    start, characters = 0, 0
    for number, row in enumerate(zip(*columns.values(), strict=True)):
        size = sum(map(len, row))
        if number > start and (number - start == _ROWS or characters + size > _CHARACTERS):
            yield {name: column[start:number] for name, column in columns.items()}
            start, characters = number, 0
        characters += size
    if start < len(next(iter(columns.values()))):
        yield {name: column[start:] for name, column in columns.items()}


def string_tensors(columns):
    """Returns columns of texts as string tensors `(texts,)`; tensors as they are."""
    return {
        name: column if tf.is_tensor(column) else tf.constant(column, tf.string, shape=(len(column),))
        for name, column in columns.items()
    }
