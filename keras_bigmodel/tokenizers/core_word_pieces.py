"""Splits words into WordPiece's pieces with TensorFlow's own ops only. Knows a trie; no texts and no settings."""

import tensorflow as tf

from keras_bigmodel.tokenizers.word_piece_trie import EMPTY_LIST, NONE, UNKNOWN_LIST, WORD

_LONG = 20  # characters; longer words are walked apart, so that a few of them do not slow a batch


def core_word_pieces(trie, max_characters):
    """Builds the function that splits words into pieces inside the graph.

    All words of a batch are walked at once, one character a step; a word that has ended leaves the loop.

    Args:
        trie: `WordPieceTrie`.
        max_characters: int. A longer word becomes the unknown token.

    Returns:
        function from `(code points, starts of words)` to `(ids, pieces before)`: int32 `(characters,)` and int64
        `(words + 1,)` to int32 `(pieces,)` and int64 `(words + 1,)`, the number of pieces before each word and in all.
    """

    def pieces_of(codes, word_starts):
        begins, limits = tf.cast(word_starts[:-1], tf.int32), tf.cast(word_starts[1:], tf.int32)
        lists = _lists(trie, tf.minimum(codes, trie.highest + 1), begins, limits, max_characters)
        counts = tf.gather(trie.lengths, lists)  # (characters,)
        before = tf.concat([[0], tf.cumsum(counts)], 0)
        pieces_before = tf.cast(tf.gather(before, word_starts), tf.int64)
        found = tf.where(tf.not_equal(lists, EMPTY_LIST))[:, 0]
        lists, counts, before = tf.gather(lists, found), tf.gather(counts, found), tf.gather(before, found)
        # Piece number `p` of all stands at `p + offset` in the values.
        offsets = tf.repeat(tf.gather(trie.starts, lists) - before, counts)
        return tf.gather(trie.values, tf.range(tf.size(offsets)) + offsets), pieces_before

    return pieces_of


def _lists(trie, codes, begins, limits, max_characters):
    """Returns the lists of ids that the words consist of, in order, at the places of their characters.

    Args:
        trie: `WordPieceTrie`.
        codes: int32 `(characters,)`.
        begins: int32 `(words,)`. Index of each word's first character.
        limits: int32 `(words,)`. Index after each word's last character.
        max_characters: int.

    Returns:
        int32 `(characters,)`: numbers of lists, `EMPTY_LIST` at the places that are left.
    """
    is_long = limits - begins > _LONG
    lists = _walk(trie, codes, tf.boolean_mask(begins, ~is_long), tf.boolean_mask(limits, ~is_long))

    def with_long_words():
        long_begins, lengths = tf.boolean_mask(begins, is_long), tf.boolean_mask(limits - begins, is_long)
        ends = tf.cumsum(lengths)
        places = tf.range(tf.reduce_sum(lengths)) + tf.repeat(long_begins - ends + lengths, lengths)
        fits = lengths <= max_characters
        starts = ends - lengths
        theirs = _walk(trie, tf.gather(codes, places), tf.boolean_mask(starts, fits), tf.boolean_mask(ends, fits))
        longer = tf.boolean_mask(starts, ~fits)
        theirs = tf.tensor_scatter_nd_update(theirs, longer[:, tf.newaxis], tf.fill(tf.shape(longer), UNKNOWN_LIST))
        return tf.tensor_scatter_nd_update(lists, places[:, tf.newaxis], theirs)

    lists = tf.cond(tf.reduce_any(is_long), with_long_words, lambda: lists)
    is_unknown = tf.equal(lists, UNKNOWN_LIST)
    return tf.cond(
        tf.reduce_any(is_unknown),
        lambda: _without_parts_of_unknown_words(lists, is_unknown, begins, limits),
        lambda: lists,
    )


def _walk(trie, codes, begins, limits):
    """Walks words through the trie; see `_lists`. A word may turn out to be unknown after some of its lists."""
    bases, parents, failures = (tf.constant(table) for table in (trie.bases, trie.parents, trie.failures))
    results = tf.constant([*trie.pops, *trie.ends])
    size = len(trie.pops)

    def step(state, place, limit, slot, lists):
        target = tf.gather(bases, state) + tf.gather(codes, place)
        goes_on = tf.equal(tf.gather(parents, target), state)
        place += tf.cast(goes_on, tf.int32)
        ends = tf.equal(place, limit) & goes_on
        result = tf.where(goes_on, target + size, state)
        written = tf.where(ends | ~goes_on)[:, 0]
        lists = tf.tensor_scatter_nd_update(
            lists, tf.gather(slot, written)[:, tf.newaxis], tf.gather(results, tf.gather(result, written))
        )
        state = tf.where(goes_on, target, tf.gather(failures, state))
        slot += tf.cast(~goes_on, tf.int32)
        stay = tf.where(tf.not_equal(state, NONE) & ~ends)[:, 0]
        return *(tf.gather(part, stay) for part in (state, place, limit, slot)), lists

    *_, lists = tf.while_loop(
        lambda state, *_: tf.size(state) > 0,
        step,
        (tf.fill(tf.shape(begins), WORD), begins, limits, begins, tf.fill(tf.shape(codes), EMPTY_LIST)),
        shape_invariants=(tf.TensorShape([None]),) * 5,
    )
    return lists


def _without_parts_of_unknown_words(lists, is_unknown, begins, limits):
    """Removes the pieces that were found in words before these turned out to be unknown."""
    unknown_before = tf.concat([[0], tf.cumsum(tf.cast(is_unknown, tf.int32))], 0)
    words = tf.gather(unknown_before, limits) > tf.gather(unknown_before, begins)  # (words,)
    kept = ~tf.repeat(words, limits - begins) | is_unknown
    return tf.where(kept, lists, EMPTY_LIST)
