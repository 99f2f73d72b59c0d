"""Tokenizes text into WordPiece ids inside the graph. Knows no model, no file and no lookup table."""

import functools

import keras
import tensorflow as tf
import tensorflow_text as tf_text

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers import character_table as table
from keras_bigmodel.tokenizers.added_token_markers import FIRST_MARKER, AddedTokenMarkers, SignedCharacters
from keras_bigmodel.tokenizers.bert_characters import BertCharacters
from keras_bigmodel.tokenizers.word_piece_settings import WordPieceSettings, check_equal_numbers, room_for_text
from keras_bigmodel.tokenizers.word_piece_vocabulary import WordPieceVocabulary

LONGEST_CHARACTER_IN_BYTES = 4
# BERT drops this character from every text, so no word of a text matches a vocabulary entry that contains it.
PLACEHOLDER = 0xE000
# Positions of the special tokens in the packed values; the pieces of the texts follow.
PAD_SLOT, CLS_SLOT, SEP_SLOT, SPECIAL_SLOTS = range(4)


@keras.saving.register_keras_serializable("keras_bigmodel")
class WordPieceTokenizer(WordPieceVocabulary):
    """Tokenizes texts into BERT's token ids with TensorFlow ops that a standard TF Serving runs from 2.14 on.

    Mode `"exact"` returns the ids of Hugging Face `tokenizers` for every text. Its clean-up is a table over code points
    that was read from that library, so the Unicode version of the machine or server has no effect. Mode `"fast"` is
    tensorflow_text's `FastBertTokenizer`. It converts to LiteRT, and differs on control characters, on some spaces, and
    on letters that Unicode folds together (ß becomes ss). Always serve a model in the mode that it was trained in.

    A typed "[SEP]" is text of five characters, never the special token, so a user's text cannot insert special tokens
    (Hugging Face does this with `split_special_tokens=True`). Bytes that are not UTF-8 are dropped. Two adjacent
    combining marks that `strip_accents` does not remove (musical signs, Hangul tone marks) keep their typed order,
    whereas Hugging Face sorts them. The ids differ only if the vocabulary contains both marks.

    Args:
        vocabulary: list of str. The position of a token is its id.
        lowercase: bool. Whether to lower-case. Defaults to `True`.
        strip_accents: bool or None. Whether to strip accents; `None` means as `lowercase`. Defaults to `None`.
        split_chinese: bool. Whether to make each Han character a separate word. Defaults to `True`.
        mode: `"exact"` or `"fast"`. Defaults to `"exact"`.
        unknown_token: str. Replaces a word that cannot be built from pieces. Defaults to `"[UNK]"`.
        max_characters_per_word: int. A longer word becomes the unknown token (mode `"fast"` counts bytes). Defaults to
            100.
        added_tokens: sequence of `AddedToken`. Found in a text before it is split into words. Defaults to none.

    Call shapes: texts `(texts,)`, and pairs `(texts,)` -> a dict of int32 `(texts, longest in this batch)`.

    Raises:
        UserError: a special token is missing, a token occurs twice, an added token is not in the vocabulary, a setting
            is not supported, or `max_length` cannot hold the special tokens.

    >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "go", "##od", "!"])
    >>> tokenizer.tokenize(["Good!", "go"]).to_list()
    [[4, 5, 6], [4]]
    >>> tokenizer(["Good!", "go"])["token_ids"].numpy().tolist()
    [[2, 4, 5, 6, 3], [2, 4, 3, 0, 0]]

    Source: Devlin et al., 2018; Song et al., 2020 (Fast WordPiece).
    """

    def __init__(
        self,
        vocabulary,
        *,
        lowercase=True,
        strip_accents=None,
        split_chinese=True,
        mode="exact",
        unknown_token="[UNK]",
        max_characters_per_word=100,
        added_tokens=(),
    ):
        settings = WordPieceSettings(
            lowercase, strip_accents, split_chinese, mode, unknown_token, max_characters_per_word, added_tokens
        )
        super().__init__(vocabulary, settings)
        make = {"exact": self._exact_pieces, "fast": self._fast_pieces}[mode]
        self._pieces = tf.function(on_cpu(make()), input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)

    @tf.autograph.experimental.do_not_convert
    def tokenize(self, texts):
        """Returns the token ids of each text, without special tokens: int32 `RaggedTensor` `(texts, pieces)`.

        Args:
            texts: list of str, or string tensor `(texts,)`.

        Raises:
            UserError: the texts do not have exactly one dimension.
        """
        pieces, text_starts = self._pieces(as_text_vector(texts))
        return tf.RaggedTensor.from_row_splits(pieces, text_starts, validate=False)

    @tf.autograph.experimental.do_not_convert
    def __call__(self, texts, pairs=None, *, max_length=128):
        """Returns `token_ids`, `segment_ids` and `padding_mask` of [CLS] text [SEP], or [CLS] text [SEP] pair [SEP].

        A text that is too long is truncated at its end. In a pair, the longer text is truncated first (Hugging Face's
        `longest_first`).

        Args:
            texts: list of str, or string tensor `(texts,)`.
            pairs: the second texts, in the same form. Defaults to None: single texts.
            max_length: int. Maximum number of tokens of a row, special tokens included. Defaults to 128.

        Returns:
            dict of int32 tensors `(texts, longest in this batch)`.

        Raises:
            UserError: the texts or pairs do not have exactly one dimension, their numbers differ, or `max_length`
                cannot hold the special tokens.
        """
        room = room_for_text(max_length, is_pair=pairs is not None)
        first_pieces = self.tokenize(texts)
        if pairs is None:
            return self._pack([first_pieces], [tf.minimum(first_pieces.row_lengths(), room)])
        second_pieces = self.tokenize(pairs)
        check_equal_numbers(first_pieces.shape[0], second_pieces.shape[0])
        return self._pack(
            [first_pieces, second_pieces], longest_first(first_pieces.row_lengths(), second_pieces.row_lengths(), room)
        )

    def get_config(self):
        """Returns the constructor's arguments as a dict that JSON can store."""
        return {"vocabulary": self.vocabulary, **self.settings()}

    @classmethod
    def from_config(cls, config):
        """Returns a tokenizer built from the result of `get_config`."""
        return cls(**config)

    def _exact_pieces(self):
        settings, added = self._settings, self._settings.added_tokens
        options = {"strip_accents": settings.strips_accents, "split_chinese": settings.split_chinese}
        clean = clean_up(shared_table(settings.lowercase, signs=len(added.tokens), **options))
        mark = AddedTokenMarkers(added, BertCharacters(settings.lowercase, **options), clean) if added else None
        signs = [chr(FIRST_MARKER + number) for number in range(len(added.tokens))]
        ids = [*range(len(self._vocabulary)), *(self._vocabulary.index(token.content) for token in added)]
        # The kernel limits bytes where BERT limits characters. It receives the highest limit that can be needed, and
        # `pieces_of` applies the limit in characters.
        word_pieces = tf_text.FastWordpieceTokenizer(
            [*without_unreachable(self.pieces), *signs],
            max_bytes_per_word=LONGEST_CHARACTER_IN_BYTES * settings.max_characters_per_word,
            token_out_type=tf.int32,
            unknown_token=settings.unknown_token,
            no_pretokenization=True,
        )

        def pieces_of(texts):
            words, lengths, text_starts = join_words(*clean(mark(texts) if mark else texts))
            words = tf.where(lengths > settings.max_characters_per_word, settings.unknown_token, words)
            pieces = word_pieces.tokenize(words)
            values = tf.gather(tf.constant(ids, tf.int32), pieces.values) if mark else pieces.values
            return values, tf.gather(pieces.row_splits, text_starts)

        return pieces_of

    def _fast_pieces(self):
        settings = self._settings
        tokenizer = tf_text.FastBertTokenizer(
            without_unreachable(self._vocabulary),
            max_bytes_per_word=settings.max_characters_per_word,
            token_out_type=tf.int32,
            unknown_token=settings.unknown_token,
            lower_case_nfd_strip_accents=settings.lowercase,
        )

        def pieces_of(texts):
            pieces = tokenizer.tokenize(texts)
            return pieces.values, pieces.row_splits

        return pieces_of

    def _pack(self, parts, lengths):
        # One gather from [pad, cls, sep, every piece]: a ragged concat would take about fifty ops.
        special = tf.constant([self.pad_id, self.cls_id, self.sep_id], tf.int32)
        values = tf.concat([special, *(part.values for part in parts)], axis=0)
        width = tf.maximum(tf.reduce_max(sum(lengths) + len(parts) + 1), 0)
        positions = tf.range(width)[tf.newaxis]  # (1, width)
        pad, cls, sep = (tf.constant(slot, tf.int64) for slot in (PAD_SLOT, CLS_SLOT, SEP_SLOT))
        slots = tf.where(tf.equal(positions, 0), cls, pad)
        end, offset = tf.zeros_like(lengths[0])[:, tf.newaxis], tf.constant(SPECIAL_SLOTS, tf.int64)
        for part, length in zip(parts, lengths, strict=True):
            begin, end = end, end + length[:, tf.newaxis] + 1  # (texts, 1): where the special tokens around it are
            pieces = offset + part.row_starts()[:, tf.newaxis] + positions - begin - 1
            slots = tf.where((positions > begin) & (positions < end), pieces, slots)
            slots = tf.where(tf.equal(positions, end), sep, slots)  # (texts, width)
            offset += tf.size(part.values, tf.int64)
        in_second = (positions > lengths[0][:, tf.newaxis] + 1) & (positions <= end)
        return {
            "token_ids": tf.gather(values, slots),
            "segment_ids": tf.cast(in_second, tf.int32),
            "padding_mask": tf.cast(positions <= end, tf.int32),
        }


def on_cpu(function):
    """Wraps a function of texts so that it runs on the CPU.

    A GPU would not help: nothing is multiplied, and strings are stored in the host's memory.
    """

    def placed(texts):
        with tf.device("CPU:0"):
            return function(texts)

    return placed


def as_text_vector(texts):
    """Converts a list of texts to a string tensor `(texts,)`.

    Args:
        texts: list of str, or string tensor `(texts,)`. A tensor of unknown rank is accepted.

    Raises:
        UserError: the texts do not have exactly one dimension: a single str or a matrix is not a list of texts.
    """
    texts = tf.convert_to_tensor(texts, tf.string)
    if texts.shape.rank not in (1, None):
        raise UserError(
            f"The tokenizer takes a list of texts, one dimension, and was given shape {tuple(texts.shape)}. "
            "Put a single text into a list; flatten a matrix."
        )
    return texts


def without_unreachable(vocabulary):
    """Replaces tokens that no text can match and that the kernel's builder does not accept; all ids stay the same.

    Args:
        vocabulary: list of str, or None for a token that WordPiece may not use.

    Returns:
        list of str, as long as `vocabulary`.
    """
    return [
        f"{chr(PLACEHOLDER)}{token_id}" if token in (None, "", "##") or "\0" in token else token
        for token_id, token in enumerate(vocabulary)
    ]


def longest_first(first_pieces, second_pieces, room):
    """Computes the lengths of pairs when the longer text is truncated first, as in Hugging Face `tokenizers`.

    Args:
        first_pieces: int64 `(texts,)`. Numbers of pieces of the first texts.
        second_pieces: int64 `(texts,)`. Numbers of pieces of the second texts.
        room: int. Maximum number of pieces of a pair.

    Returns:
        list of two int64 tensors `(texts,)`: the lengths of the first and of the second texts.
    """
    half = room // 2
    shorter = tf.minimum(first_pieces, second_pieces)
    # If neither text fits into half the room, the longer one keeps the odd piece, or the second if they are equal.
    is_swapped = first_pieces > second_pieces
    short_share = tf.where(shorter <= half, shorter, half)
    long_share = room - short_share
    fits = first_pieces + second_pieces <= room
    return [
        tf.where(fits, first_pieces, tf.where(is_swapped, long_share, short_share)),
        tf.where(fits, second_pieces, tf.where(is_swapped, short_share, long_share)),
    ]


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
        function from string `(texts,)` to `(code points, kinds, starts of texts)`: int32 `(characters,)`, int32
        `(characters,)` and int64 `(texts + 1,)`.
    """

    def clean(texts):
        ragged = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        codes, text_starts = ragged.values, ragged.row_splits
        pages = tf.gather(characters.pages, tf.bitwise.right_shift(codes, table.PAGE_BITS))
        within = tf.bitwise.bitwise_and(codes, (1 << table.PAGE_BITS) - 1)
        entries = tf.gather(characters.entries, tf.bitwise.left_shift(pages, table.PAGE_BITS) + within)
        kinds = tf.bitwise.bitwise_and(entries, (1 << table.KIND_BITS) - 1)
        moves = tf.bitwise.right_shift(entries, table.KIND_BITS)
        if len(characters.several) == 0:
            return codes + moves, kinds, text_starts
        return tf.cond(
            tf.reduce_any(tf.equal(kinds, table.SEVERAL)),
            lambda: expand_characters(characters, codes, kinds, moves, text_starts),
            lambda: (codes + moves, kinds, text_starts),
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
        `(code points, kinds, starts of texts)` of the characters written out.
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
    )


def join_words(codes, kinds, text_starts):
    """Joins characters into words.

    Args:
        codes: int32 `(characters,)`. Code points.
        kinds: int32 `(characters,)`. Kinds as in `character_table`.
        text_starts: int64 `(texts + 1,)`. The index of each text's first character, and the number of characters.

    Returns:
        `(words, lengths, words before)`: string `(words,)`, int64 `(words,)` in characters, and int64 `(texts + 1,)`,
        the number of words before each text and in all.
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
    letters = tf.RaggedTensor.from_row_splits(tf.gather(codes, kept), word_splits, validate=False)
    words = tf.strings.unicode_encode(letters, "UTF-8", replacement_char=PLACEHOLDER)
    words_before = tf.searchsorted(tf.gather(kept, word_starts), text_starts, out_type=tf.int64)
    return words, letters.row_lengths(), words_before
