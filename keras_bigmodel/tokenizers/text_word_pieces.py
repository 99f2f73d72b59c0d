"""Splits words into WordPiece's pieces with the ops of tensorflow_text. Knows no settings and no text clean-up."""

import tensorflow as tf
import tensorflow_text as tf_text

from keras_bigmodel.tokenizers.word_piece_vocabulary import is_reachable

LONGEST_CHARACTER_IN_BYTES = 4
# BERT drops this character from every text, so no word of a text matches a piece that contains it.
PLACEHOLDER = 0xE000
_UNKNOWN = f"{chr(PLACEHOLDER)}unknown"


def text_word_pieces(pieces, unknown_id, max_characters):
    """Builds the function that splits words into pieces inside the graph.

    Args:
        pieces: dict of str → id. Pieces that continue a word begin with `##`.
        unknown_id: int. Id of a word that cannot be built from pieces.
        max_characters: int. A longer word becomes the unknown token.

    Returns:
        function of words as `core_word_pieces` returns it.
    """
    ids = [*pieces.values(), unknown_id]
    # The kernel limits bytes where BERT limits characters. It receives the highest limit that can be needed, and
    # `pieces_of` applies the limit in characters.
    kernel = tf_text.FastWordpieceTokenizer(
        [*pieces, _UNKNOWN],
        max_bytes_per_word=LONGEST_CHARACTER_IN_BYTES * max_characters,
        token_out_type=tf.int32,
        unknown_token=_UNKNOWN,
        no_pretokenization=True,
    )

    def pieces_of(codes, word_starts):
        letters = tf.RaggedTensor.from_row_splits(codes, word_starts, validate=False)
        words = tf.strings.unicode_encode(letters, "UTF-8", replacement_char=PLACEHOLDER)
        words = tf.where(letters.row_lengths() > max_characters, chr(PLACEHOLDER), words)
        found = kernel.tokenize(words)
        return tf.gather(tf.constant(ids, tf.int32), found.values), found.row_splits

    return pieces_of


def fast_text_pieces(vocabulary, *, unknown_token, max_bytes, lowercase):
    """Builds the function that splits texts as tensorflow_text's `FastBertTokenizer` does.

    Args:
        vocabulary: list of str. The position of a token is its id.
        unknown_token: str. Replaces a word that cannot be built from pieces.
        max_bytes: int. A longer word becomes the unknown token.
        lowercase: bool. Whether to lower-case and strip accents.

    Returns:
        function from string `(texts,)` to `(ids, starts of texts)`: int32 `(pieces,)` and int64 `(texts + 1,)`.
    """
    tokenizer = tf_text.FastBertTokenizer(
        [token if is_reachable(token) else f"{chr(PLACEHOLDER)}{number}" for number, token in enumerate(vocabulary)],
        max_bytes_per_word=max_bytes,
        token_out_type=tf.int32,
        unknown_token=unknown_token,
        lower_case_nfd_strip_accents=lowercase,
    )

    def pieces_of(texts):
        pieces = tokenizer.tokenize(texts)
        return pieces.values, pieces.row_splits

    return pieces_of
