"""Checked texts, many of them, as token ids and as lengths, some at a time. Knows a task's tokenizer; no model."""

import numpy as np
import tensorflow as tf

from keras_bigmodel.data.encoded_texts import EncodedTexts

_ROWS = 1024  # texts tokenized in one call
_CHARACTERS = 2_000_000  # and characters at most: the graph holds some hundred bytes for each


def encode_columns(preprocess, columns, pad_id):
    """Turns texts into `EncodedTexts`.

    Args:
        preprocess: function from one string tensor a column to a dict of padded ids.
        columns: tuple of one or two lists of str.
        pad_id: int. The id that fills a batch.
    """
    batches = (preprocess(*(string_tensor(part) for part in parts)) for parts in _parts(columns))
    return EncodedTexts.from_padded(batches, pad_id)


def token_counts(tokenizer, columns):
    """Counts the tokens of each text before any is cut off.

    Args:
        tokenizer: has `tokenize` and `unknown_id`.
        columns: tuple of one or two lists of str.

    Returns:
        `(tokens, unknown tokens)`: two int64 arrays `(texts,)`, the special tokens included in the first.
    """
    special = 1 + len(columns)  # [CLS] text [SEP], and [SEP] again after a second text
    tokens, unknown = [np.zeros(0, "int64")], [np.zeros(0, "int64")]
    for parts in _parts(columns):
        pieces = [tokenizer.tokenize(string_tensor(part)) for part in parts]
        tokens.append(special + sum(part.row_lengths().numpy() for part in pieces))
        missing = [tf.reduce_sum(tf.cast(part == tokenizer.unknown_id, tf.int64), axis=1) for part in pieces]
        unknown.append(sum(part.numpy() for part in missing))
    return np.concatenate(tokens), np.concatenate(unknown)


def string_tensor(texts):
    """Gives texts as a string tensor `(texts,)`; a tensor as it is."""
    return texts if tf.is_tensor(texts) else tf.constant(texts, tf.string, shape=(len(texts),))


def _parts(columns):
    start, characters = 0, 0
    for number, row in enumerate(zip(*columns, strict=True)):
        size = sum(map(len, row))
        if number > start and (number - start == _ROWS or characters + size > _CHARACTERS):
            yield tuple(column[start:number] for column in columns)
            start, characters = number, 0
        characters += size
    if start < len(columns[0]):
        yield tuple(column[start:] for column in columns)
