"""Tokenizes text into WordPiece ids inside the graph. Knows no model, no file and no lookup table."""

from importlib.util import find_spec

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.added_token_markers import FIRST_MARKER, AddedTokenMarkers
from keras_bigmodel.tokenizers.bert_characters import BertCharacters
from keras_bigmodel.tokenizers.character_places import CharacterPlaces, piece_spans
from keras_bigmodel.tokenizers.core_word_pieces import core_word_pieces
from keras_bigmodel.tokenizers.span_units import check_unit
from keras_bigmodel.tokenizers.word_piece_settings import WordPieceSettings, check_equal_numbers, room_for_text
from keras_bigmodel.tokenizers.word_piece_trie import CONTINUATION, WordPieceTrie
from keras_bigmodel.tokenizers.word_piece_vocabulary import WordPieceVocabulary, is_reachable
from keras_bigmodel.tokenizers.words_in_graph import clean_up, group_words, shared_table

OPS = ("auto", "core", "text")
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
        ops: `"core"` (the graph has TensorFlow's own ops only), `"text"` (also those of tensorflow_text, and is faster)
            or `"auto"` (`"text"` if tensorflow-text is installed). The ids are the same. Defaults to `"auto"`.

    Call shapes: texts `(texts,)`, and pairs `(texts,)` -> a dict of int32 `(texts, longest in this batch)`.

    Raises:
        UserError: a special token is missing, a token occurs twice, an added token is not in the vocabulary, a setting
            is not supported, `max_length` cannot hold the special tokens, or tensorflow-text is not installed and
            `mode="fast"` or `ops="text"` needs it.

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
        ops="auto",
    ):
        settings = WordPieceSettings(
            lowercase, strip_accents, split_chinese, mode, unknown_token, max_characters_per_word, added_tokens
        )
        super().__init__(vocabulary, settings)
        self.ops = ops
        self._uses_text_ops = uses_text_ops(ops, mode)
        self._with_spans = {}  # unit → function; built when first asked for
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
    def tokenize_with_spans(self, texts, *, unit="characters"):
        """Returns the token ids of each text, and the span of the text as typed that each token came from.

        The spans are those of `PlainWordPieceTokenizer.tokenize_with_spans`.

        Args:
            texts: as in `tokenize`.
            unit: str. What spans count: `"characters"` (code points, as Python), `"utf16"` (units of UTF-16, as Java
                and JavaScript) or `"bytes"` (of UTF-8). Defaults to `"characters"`.

        Returns:
            `(ids, spans)`: int32 `RaggedTensor`s `(texts, pieces)` and `(texts, pieces, 2)`; a span is its start and
            its end.

        Raises:
            UserError: as `tokenize`; the unit is unknown, or the mode is `"fast"`, which has no spans.
        """
        check_unit(unit)
        if self._settings.mode == "fast":
            raise UserError("mode='fast' does not tell where its tokens stand in the text. Use mode='exact'.")
        if unit not in self._with_spans:
            signature = [tf.TensorSpec([None], tf.string)]
            spans = on_cpu(lambda texts: self._exact_spans(texts, unit))
            self._with_spans[unit] = tf.function(spans, input_signature=signature, autograph=False)
        ids, text_starts, spans = self._with_spans[unit](as_text_vector(texts))
        ragged = lambda values: tf.RaggedTensor.from_row_splits(values, text_starts, validate=False)
        return ragged(ids), ragged(spans)

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
        room_for_text(max_length, is_pair=pairs is not None)  # raises before anything is computed
        first_pieces = self.tokenize(texts)
        if pairs is None:
            return self.pack(first_pieces, max_length=max_length)
        second_pieces = self.tokenize(pairs)
        check_equal_numbers(first_pieces.shape[0], second_pieces.shape[0])
        return self.pack(first_pieces, second_pieces, max_length=max_length)

    def pack(self, first_pieces, second_pieces=None, *, max_length=128, truncation="longest_first"):
        """Packs token ids as a row does it: special tokens added, truncated and padded as in `__call__`.

        Args:
            first_pieces: int32 `RaggedTensor` `(texts, pieces)`, as `tokenize` returns it.
            second_pieces: the same of the second texts. Defaults to None: single texts.
            max_length: as in `__call__`; or scalar integer tensor, which is not checked.
            truncation: `"longest_first"` as in `__call__`, or `"round_robin"` as in tensorflow_text and TF-Hub: of two
                long texts the first has the odd piece. Defaults to `"longest_first"`.

        Returns:
            as `__call__`.

        Raises:
            UserError: `max_length` is an int that cannot hold the special tokens.
        """
        is_pair = second_pieces is not None
        if tf.is_tensor(max_length):
            room = tf.maximum(tf.cast(max_length, tf.int64) - (3 if is_pair else 2), 0)
        else:
            room = room_for_text(max_length, is_pair=is_pair)
        if not is_pair:
            return self._packed([first_pieces], [tf.minimum(first_pieces.row_lengths(), room)])
        share = {"longest_first": longest_first, "round_robin": round_robin}[truncation]
        lengths = share(first_pieces.row_lengths(), second_pieces.row_lengths(), room)
        return self._packed([first_pieces, second_pieces], lengths)

    def get_config(self):
        """Returns the constructor's arguments as a dict that JSON can store."""
        return {"vocabulary": self.vocabulary, **self.settings(), **({} if self.ops == "auto" else {"ops": self.ops})}

    @classmethod
    def from_config(cls, config):
        """Returns a tokenizer built from the result of `get_config`."""
        return cls(**config)

    def _exact_pieces(self):
        settings, added = self._settings, self._settings.added_tokens
        options = {"strip_accents": settings.strips_accents, "split_chinese": settings.split_chinese}
        clean = clean_up(shared_table(settings.lowercase, signs=len(added.tokens), **options))
        mark = AddedTokenMarkers(added, BertCharacters(settings.lowercase, **options), clean) if added else None
        pieces = {piece: token_id for token_id, piece in enumerate(self.pieces) if piece is not None}
        pieces = {piece: token_id for piece, token_id in pieces.items() if is_reachable(piece)}
        for number, token in enumerate(added):
            pieces[chr(FIRST_MARKER + number)] = self._vocabulary.index(token.content)
        limit = settings.max_characters_per_word
        if self._uses_text_ops:
            from keras_bigmodel.tokenizers.text_word_pieces import text_word_pieces

            split = text_word_pieces(pieces, self.unknown_id, limit)
        else:
            split = core_word_pieces(WordPieceTrie(pieces, self.unknown_id), limit)
        self._stages = mark, clean, split

        def pieces_of(texts):
            ids, pieces_before, words_before, *_ = self._split_texts(mark(texts) if mark else texts)
            return ids, tf.gather(pieces_before, words_before)

        return pieces_of

    def _split_texts(self, texts):
        """Splits texts with signs for added tokens; returns also which character each one of the words came from."""
        _, clean, split = self._stages
        codes, kinds, text_starts, sources = clean(texts)
        codes, word_starts, words_before, kept = group_words(codes, kinds, text_starts)
        return *split(codes, word_starts), words_before, word_starts, tf.gather(sources, kept)

    def _exact_spans(self, texts, unit):
        mark, *_ = self._stages
        places = CharacterPlaces.of(texts, unit)
        if mark:
            texts, places = mark.with_places(texts, places)
        ids, pieces_before, words_before, word_starts, sources = self._split_texts(texts)
        first, last = piece_spans(ids, pieces_before, word_starts, tf.constant(self._piece_lengths(), tf.int32))
        places = places.take(sources)
        spans = tf.stack([tf.gather(places.begins, first), tf.gather(places.ends, last)], axis=1)
        return ids, tf.gather(pieces_before, words_before), spans

    def _piece_lengths(self):
        """Returns the number of characters of each token in a cleaned-up text: list of int; 1 for an added token."""
        lengths = [len(token.removeprefix(CONTINUATION)) for token in self._vocabulary]
        for token in self._settings.added_tokens:
            lengths[self._vocabulary.index(token.content)] = 1
        return lengths

    def _fast_pieces(self):
        from keras_bigmodel.tokenizers.text_word_pieces import fast_text_pieces

        settings = self._settings
        return fast_text_pieces(
            self._vocabulary,
            unknown_token=settings.unknown_token,
            max_bytes=settings.max_characters_per_word,
            lowercase=settings.lowercase,
        )

    def _packed(self, parts, lengths):
        # One gather from [pad, cls, sep, every piece]: a ragged concat would take about fifty ops.
        special = tf.constant([self.pad_id, self.cls_id, self.sep_id], tf.int32)
        values = tf.concat([special, *(part.values for part in parts)], axis=0)
        empty = len(parts) + 1  # special tokens of a row; also the width if there is no row
        width = tf.maximum(tf.reduce_max(sum(lengths) + empty), empty)
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


def uses_text_ops(ops, mode):
    """Returns whether a tokenizer's graph contains ops of tensorflow_text.

    Args:
        ops: str. One of `OPS`.
        mode: str. Mode of the tokenizer.

    Raises:
        UserError: `ops` is unknown, or mode `"fast"` or ops `"text"` is asked for where it is not possible.
    """
    if ops not in OPS:
        raise UserError(f"The tokenizer's ops are {ops!r}. Give 'auto', 'core' (TensorFlow's own) or 'text'.")
    if ops == "core" and mode == "fast":
        raise UserError(
            "mode='fast' is tensorflow_text's tokenizer, and ops='core' was asked for. Use mode='exact', the default."
        )
    is_there = find_spec("tensorflow_text") is not None
    if not is_there and (ops == "text" or mode == "fast"):
        asked = "ops='text'" if ops == "text" else "mode='fast'"
        raise UserError(
            f"{asked} needs tensorflow-text, which is not installed. Install it (pip install tensorflow-text; it has "
            "wheels for Linux on x86-64 and for macOS), or leave it out: mode='exact' works with TensorFlow alone."
        )
    return is_there and ops != "core"


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


def round_robin(first_pieces, second_pieces, room):
    """Computes the lengths of pairs when the texts get a piece in turn until the room is full, the first text first.

    Args:
        first_pieces: as in `longest_first`.
        second_pieces: as in `longest_first`.
        room: as in `longest_first`.

    Returns:
        as `longest_first`.

    Source: `RoundRobinTrimmer` of tensorflow_text.
    """
    first = tf.minimum(first_pieces, tf.maximum(room - room // 2, room - second_pieces))
    return [first, tf.minimum(second_pieces, room - first)]
