"""Tells where the characters of a text stood in the text as typed, inside the graph. Knows no words and no pieces."""

from typing import NamedTuple

import tensorflow as tf

from keras_bigmodel.tokenizers.span_units import FIRST_OF_TWO


class CharacterPlaces(NamedTuple):
    """Holds the place in the text as typed that each character of a batch of texts came from.

    Args:
        begins: int32 `(characters,)`. Where it begins in its text.
        ends: int32 `(characters,)`. Where it ends.
    """

    begins: tf.Tensor
    ends: tf.Tensor

    @classmethod
    def of(cls, texts, unit):
        """Returns the places of the characters of texts as typed.

        Args:
            texts: string `(texts,)`. Each sequence of bytes that is not UTF-8 is one character.
            unit: str. One of `span_units.UNITS`.
        """
        decoded, offsets = tf.strings.unicode_decode_with_offsets(texts, "UTF-8", errors="replace")
        codes, starts = decoded.values, decoded.row_splits
        if unit == "bytes":
            begins = tf.cast(offsets.values, tf.int32)
            is_last = tf.tensor_scatter_nd_update(
                tf.zeros(tf.size(codes) + 1, tf.bool), starts[1:, tf.newaxis], tf.ones_like(starts[1:], tf.bool)
            )[1:]
            whole = tf.repeat(tf.strings.length(texts), decoded.row_lengths())
            return cls(begins, tf.where(is_last, whole, tf.concat([begins[1:], [0]], 0)))
        widths = tf.ones_like(codes) if unit == "characters" else 1 + tf.cast(codes >= FIRST_OF_TWO, tf.int32)
        before = tf.concat([[0], tf.cumsum(widths)], 0)
        begins = before[:-1] - tf.repeat(tf.gather(before, starts[:-1]), decoded.row_lengths())
        return cls(begins, begins + widths)

    def take(self, sources):
        """Returns the places of characters that came from some of these.

        Args:
            sources: integer tensor `(new characters,)`. The index of each among these characters.
        """
        return CharacterPlaces(tf.gather(self.begins, sources), tf.gather(self.ends, sources))

    def merged(self, widths):
        """Returns the places of characters each of which stands for one or several of these, next to each other.

        Args:
            widths: int32 `(new characters,)`. How many; their sum is the number of these characters.
        """
        ends = tf.cumsum(widths)
        return CharacterPlaces(tf.gather(self.begins, ends - widths), tf.gather(self.ends, ends - 1))


def piece_spans(ids, pieces_before, word_starts, lengths):
    """Returns the first and the last character of each piece among the characters of all words.

    Args:
        ids: int32 `(pieces,)`.
        pieces_before: int64 `(words + 1,)`. The number of pieces before each word and in all.
        word_starts: int64 `(words + 1,)`. The index of each word's first character, and the number of characters.
        lengths: int32 `(vocabulary,)`. The number of characters of each piece.

    Returns:
        `(int64 (pieces,), int64 (pieces,))`. The last piece of a word ends with it, so that the unknown token, whose
        length says nothing, is the whole word.
    """
    sizes = tf.cast(tf.gather(lengths, ids), tf.int64)
    before = tf.concat([[0], tf.cumsum(sizes)], 0)
    counts = pieces_before[1:] - pieces_before[:-1]
    shift = tf.repeat(word_starts[:-1] - tf.gather(before, pieces_before[:-1]), counts)
    first = before[:-1] + shift
    is_last = tf.tensor_scatter_nd_update(
        tf.zeros(tf.size(ids) + 1, tf.bool), pieces_before[1:, tf.newaxis], tf.ones_like(pieces_before[1:], tf.bool)
    )[1:]
    return first, tf.where(is_last, tf.repeat(word_starts[1:], counts), first + sizes) - 1
