"""Cleans texts up and groups their characters into words, inside the graph. Knows no vocabulary and no pieces."""

import functools

import tensorflow as tf

from keras_bigmodel.tokenizers import character_table as table
from keras_bigmodel.tokenizers.added_token_markers import SignedCharacters


@functools.cache
def shared_table(lowercase, *, strip_accents, split_chinese, signs=0):
    """Returns the table of these settings, built once per process because that takes a quarter of a second.

    Args:
        lowercase: bool. Whether to lower-case.
        strip_accents: bool. Whether to strip accents.
        split_chinese: bool. Whether to make each Han character a separate word.
        signs: int. The number of signs for added tokens. Defaults to 0.

    Returns:
        `character_table.CharacterTable`.
    """
    return table.CharacterTable(
        SignedCharacters(signs, lowercase, strip_accents=strip_accents, split_chinese=split_chinese)
    )


def clean_up(characters):
    """Builds the function that cleans texts up inside the graph.

    Args:
        characters: `character_table.CharacterTable`.

    Returns:
        function from string `(texts,)` to `(code points, kinds, starts of texts, sources)`: int32 `(characters,)`,
        int32 `(characters,)`, int64 `(texts + 1,)` and int32 `(characters,)`, the index of the character that each
        came from.
    """

    def clean(texts):
        ragged = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        codes, text_starts = ragged.values, ragged.row_splits
        pages = tf.gather(characters.pages, tf.bitwise.right_shift(codes, table.PAGE_BITS))
        within = tf.bitwise.bitwise_and(codes, (1 << table.PAGE_BITS) - 1)
        entries = tf.gather(characters.entries, tf.bitwise.left_shift(pages, table.PAGE_BITS) + within)
        kinds = tf.bitwise.bitwise_and(entries, (1 << table.KIND_BITS) - 1)
        moves = tf.bitwise.right_shift(entries, table.KIND_BITS)
        as_they_are = lambda: (codes + moves, kinds, text_starts, tf.range(tf.size(codes)))
        if len(characters.several) == 0:
            return as_they_are()
        return tf.cond(
            tf.reduce_any(tf.equal(kinds, table.SEVERAL)),
            lambda: expand_characters(characters, codes, kinds, moves, text_starts),
            as_they_are,
        )

    return clean


def expand_characters(characters, codes, kinds, moves, text_starts):
    """Replaces each character that becomes several, such as a Hangul syllable, by these.

    Args:
        characters: `character_table.CharacterTable`.
        codes: int32 `(characters,)`. Code points.
        kinds: int32 `(characters,)`. Kinds as in `character_table`.
        moves: int32 `(characters,)`. Distance to the new code point, or the row of `several`.
        text_starts: int64 `(texts + 1,)`. The index of each text's first character, and the number of characters.

    Returns:
        `(code points, kinds, starts of texts, sources)` of the characters written out; see `clean_up`.
    """
    is_several = tf.equal(kinds, table.SEVERAL)
    rows = tf.where(is_several, moves, 0)
    counts = tf.where(is_several, tf.gather(characters.several_lengths, rows), 1)
    ends = tf.cumsum(counts)
    sources = tf.repeat(tf.range(tf.size(codes)), counts)  # (characters written out,)
    within = tf.range(tf.size(sources)) - tf.gather(ends - counts, sources)
    written = tf.gather_nd(characters.several, tf.stack([tf.gather(rows, sources), within], axis=1))
    was_several = tf.gather(is_several, sources)
    return (
        tf.where(was_several, written, tf.gather(codes + moves, sources)),
        tf.where(was_several, table.ORDINARY, tf.gather(kinds, sources)),
        tf.cast(tf.gather(tf.concat([[0], ends], 0), text_starts), text_starts.dtype),
        sources,
    )


def group_words(codes, kinds, text_starts):
    """Groups characters into words.

    Args:
        codes: int32 `(characters,)`. Code points.
        kinds: int32 `(characters,)`. Kinds as in `character_table`.
        text_starts: int64 `(texts + 1,)`. The index of each text's first character, and the number of characters.

    Returns:
        `(code points, starts of words, words before, kept)`: int32 `(characters of words,)`, int64 `(words + 1,)`,
        int64 `(texts + 1,)`, the number of words before each text and in all, and int64 `(characters of words,)`, the
        index of each among all characters.
    """
    is_separate_word = tf.cast(tf.equal(kinds, table.SEPARATE_WORD), tf.int32)
    is_space = tf.cast(tf.equal(kinds, table.SPACE), tf.int32)
    # A word ends at a space, on either side of a character that is a separate word, and at the start of a text. The
    # cumulative sum of these borders numbers the words. A dropped character adds no border, so that the characters
    # before and after it are joined.
    borders = is_space + is_separate_word + tf.concat([[0], is_separate_word], 0)[:-1]
    borders = tf.tensor_scatter_nd_add(
        tf.concat([borders, [0]], 0), text_starts[:, tf.newaxis], tf.ones_like(text_starts, tf.int32)
    )[:-1]
    kept = tf.where(tf.equal(kinds, table.ORDINARY) | tf.equal(kinds, table.SEPARATE_WORD))[:, 0]
    numbers = tf.gather(tf.cumsum(borders), kept)
    word_starts = tf.where(tf.not_equal(numbers, tf.concat([[-1], numbers], 0)[:-1]))[:, 0]
    word_splits = tf.concat([word_starts, [tf.size(kept, tf.int64)]], 0)
    words_before = tf.searchsorted(tf.gather(kept, word_starts), text_starts, out_type=tf.int64)
    return tf.gather(codes, kept), word_splits, words_before, kept
