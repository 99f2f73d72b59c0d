"""Converts texts to token ids, and spans of texts to tags of words. Knows a tokenizer; no model and no labels."""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.tagged_words import joined_words
from keras_bigmodel.core.tags import OUTSIDE, TextWords, begin_tag, inside_tag
from keras_bigmodel.preprocessors.text_preprocessor import TEXT, TextPreprocessor, string_tensors, text_parts
from keras_bigmodel.tokenizers.word_piece_trie import CONTINUATION

_NO_LIMIT = 1 << 30  # tokens


@keras.saving.register_keras_serializable("keras_bigmodel")
class TaggingPreprocessor(TextPreprocessor):
    """Converts texts to token ids as `TextPreprocessor`, and tells which tokens begin words and where they stand.

    Words are what the tokenizer takes for words: letters and digits between spaces and punctuation, each sign of
    punctuation, each Chinese character. The first token of a word has a tag.

    Args:
        tokenizer: `WordPieceTokenizer` in mode `"exact"`.
        columns: as in `TextPreprocessor`; one column.
        max_length: int. Maximum number of tokens that the encoder reads at once, special tokens included. Defaults to
            128.
        overlap: int. Number of tokens that two neighbouring windows of a longer text share. 0 is allowed. Defaults to
            None: a quarter of `max_length`. False truncates longer texts instead.

    Call shapes: string `(rows,)` -> dict of int32 `(rows, longest)`, with an `overlap` of any length.

    Raises:
        UserError: there are two columns, the tokenizer tells no spans, or the overlap does not fit `max_length`.
    """

    def __init__(self, tokenizer, *, columns=TEXT, max_length=128, overlap=None):
        super().__init__(tokenizer, columns=columns, max_length=max_length)
        if len(self.columns) != 1:
            raise UserError("Words are tagged in single texts, and two columns came. Leave the second one out.")
        if not hasattr(tokenizer, "tokenize_with_spans") or tokenizer.settings()["mode"] != "exact":
            raise UserError(
                "This tokenizer does not tell where its tokens stand in the text. Use a WordPieceTokenizer with "
                "mode='exact', the default."
            )
        if overlap is None:
            overlap = max(max_length - 2, 0) // 4
        if overlap is not False:
            check_number("overlap", overlap, least=0, whole=True)
        self.overlap = overlap

    @property
    def is_windowed(self):
        """Returns whether texts of any length are read, in windows, and not truncated: bool."""
        return self.overlap is not False

    @property
    def is_continuation(self):
        """Returns which tokens of the vocabulary continue a word: bool array `(vocabulary,)`."""
        pieces = self.tokenizer.pieces
        return np.array([piece is not None and piece.startswith(CONTINUATION) for piece in pieces])

    def checked(self, data):
        """Checks texts, or lists of words, in any of the accepted forms and returns their columns.

        Args:
            data: as in `TextPreprocessor`; or list of lists of words, which `joined_words` joins.

        Returns:
            dict of column → list of str, with at least one row.

        Raises:
            UserError: the data are neither, there are none, or a word is empty.
        """
        data = in_lists(data)
        return super().checked([joined_words(list(row)).text for row in data] if is_words(data) else data)

    def __call__(self, **columns):
        """Returns the features of texts, see the class. Works inside a `tf.function`."""
        return self.tokenizer(columns[self.columns[0]], max_length=self._most_tokens)

    @property
    def _most_tokens(self):
        return _NO_LIMIT if self.is_windowed else self.max_length

    # ---- words

    def with_words(self, texts):
        """Returns the features of texts, and their words; works inside a `tf.function`.

        Args:
            texts: string tensor `(texts,)`.

        Returns:
            `(features, positions, spans)`: the features as from a call; int32 `RaggedTensor` `(texts, words)`, the
            index of each word's first token; int32 `RaggedTensor` `(texts, words, 2)`, where each word begins and ends
            in the text, in characters.
        """
        pieces, places = self.tokenizer.tokenize_with_spans(texts)
        if not self.is_windowed:
            pieces, places = pieces[:, : self.max_length - 2], places[:, : self.max_length - 2]
        features = self.tokenizer.pack(pieces, max_length=self._most_tokens)
        ids, rows = pieces.values, pieces.value_rowids()
        first = tf.where(~tf.gather(tf.constant(self.is_continuation), ids))[:, 0]  # (words,)
        index = 1 + tf.range(tf.size(ids, tf.int64)) - tf.gather(pieces.row_starts(), rows)  # [CLS] is before them
        next_first = tf.concat([first[1:], [tf.size(ids, tf.int64)]], axis=0)[: tf.size(first)]
        begins, ends = tf.gather(places.values[:, 0], first), tf.gather(places.values[:, 1], next_first - 1)
        rows = tf.gather(rows, first)
        ragged = lambda values: tf.RaggedTensor.from_value_rowids(values, rows, pieces.nrows(), validate=False)
        return features, ragged(tf.cast(tf.gather(index, first), tf.int32)), ragged(tf.stack([begins, ends], axis=1))

    def words(self, columns):
        """Returns the words of texts: list of `TextWords`.

        Args:
            columns: dict of column → list of str, as `checked` returns.
        """
        found = []
        for part in text_parts(columns):
            (texts,) = string_tensors(part).values()
            _, positions, spans = self._words(texts)
            splits = positions.row_splits.numpy()[1:-1]
            both = np.split(positions.values.numpy(), splits), np.split(spans.values.numpy(), splits)
            found += map(TextWords, *both)
        return found

    @functools.cached_property
    def _words(self):
        return tf.function(self.with_words, autograph=False).get_concrete_function(tf.TensorSpec([None], tf.string))

    def aligned(self, columns, encoded, targets):
        """Returns the tags of tokens, and which of them count; see `Preprocessor.aligned`.

        Args:
            columns: dict of column → list of str, as `checked` returns.
            encoded: `Examples` of the columns.
            targets: list of int array `(spans, 3)`: start, end and position of the label of each span, in the order of
                the text. A word belongs to a span if they share a character.

        Returns:
            `(list of int32 array (tokens,), list of float32 array (tokens,))`: tags, and 1 for the first token of each
            word.

        Raises:
            UserError: a span ends behind its text.
        """
        lengths = encoded.lengths
        tags = [np.full(length, OUTSIDE, "int32") for length in lengths]
        counts = [np.zeros(length, "float32") for length in lengths]
        texts = columns[self.columns[0]]
        for row, (words, spans) in enumerate(zip(self.words(columns), targets, strict=True)):
            if len(spans) and spans[-1][1] > len(texts[row]):
                raise UserError(
                    f'Row {row} ("{texts[row]:.40}") has a span that ends at {spans[-1][1]}, and its text has '
                    f"{len(texts[row])} characters. Count characters (code points), not bytes."
                )
            tags[row][words.positions] = tags_of_words(words.spans, spans)
            counts[row][words.positions] = 1.0
        return tags, counts

    def span_notes(self, columns, targets, name):
        """Returns sentences on spans that words do not fit, with their number: list of str.

        Args:
            columns: as in `aligned`.
            targets: as in `aligned`.
            name: str. What the texts are, e.g. `"train"`.
        """
        widened = lost = cut = 0
        for text, words, spans in zip(columns[self.columns[0]], self.words(columns), targets, strict=True):
            end = words.spans[-1, 1] if len(words.spans) else 0
            for start, stop, _ in spans:
                inside = words.spans[(words.spans[:, 1] > start) & (words.spans[:, 0] < stop)]
                if not self.is_windowed and stop > end and len(text) > end:
                    cut += 1
                elif not len(inside):
                    lost += 1
                elif inside[0, 0] < start or inside[-1, 1] > stop:
                    widened += 1
        notes = []
        if cut:
            notes.append(f"{counted(cut, 'span')} of {name} end beyond {self.max_length} tokens, where texts are cut.")
        if widened:
            notes.append(f"{counted(widened, 'span')} of {name} begin or end inside a word; they are widened to it.")
        if lost:
            notes.append(f"{counted(lost, 'span')} of {name} hold no word of the tokenizer; no model finds them.")
        return notes

    def with_tokenizer(self, tokenizer):
        """Returns a copy with another tokenizer; see `TextPreprocessor.with_tokenizer`."""
        return type(self)(tokenizer, columns=self.columns, max_length=self.max_length, overlap=self.overlap)

    def get_config(self):
        """Returns the constructor's arguments as a dict that JSON can store."""
        return {**super().get_config(), "overlap": self.overlap}


def in_lists(rows):
    """Returns rows of a pandas, polars or Arrow column as a list; other rows are returned as they are."""
    for name in ("to_pylist", "to_list"):
        if hasattr(rows, name):
            return getattr(rows, name)()
    return rows


def is_words(rows):
    """Returns whether rows are lists of words, and not texts: bool."""
    is_list = lambda part: isinstance(part, (list, tuple)) or (isinstance(part, np.ndarray) and part.ndim == 1)
    return is_list(rows) and len(rows) > 0 and is_list(rows[0]) and all(isinstance(word, str) for word in rows[0])


def tags_of_words(words, spans):
    """Returns the tags of words, given the spans of a text.

    Args:
        words: int array `(words, 2)`. Where each word begins and ends, in order.
        spans: int array `(spans, 3)`: start, end and position of the label of each, in order. They do not overlap. A
            word that two spans share is the first one's.

    Returns:
        int array `(words,)`.
    """
    tags = np.full(len(words), OUTSIDE)
    taken = 0
    for start, end, label in spans:
        first = max(int(np.searchsorted(words[:, 1], start, side="right")), taken)
        last = int(np.searchsorted(words[:, 0], end, side="left"))
        if first < last:
            tags[first:last] = inside_tag(label)
            tags[first] = begin_tag(label)
            taken = last
    return tags
