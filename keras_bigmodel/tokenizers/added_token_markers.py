"""Replaces added tokens in texts by private-use characters, inside the graph. Knows no vocabulary and no pieces."""

import re

import tensorflow as tf

from keras_bigmodel.tokenizers import character_table as table
from keras_bigmodel.tokenizers.bert_characters import BertCharacters

FIRST_MARKER = 0xF0000  # private-use characters: BERT drops them, so no cleaned-up text contains one
MAX_MARKERS = 0x1000
_DROPPED, _OPEN, _CLOSE = "\ue000", "\ue001", "\ue002"


class AddedTokenMarkers:
    """Replaces added tokens in texts by signs: private-use characters, one for each token.

    Args:
        added: `AddedTokens`.
        characters: `BertCharacters` that clean the text up.
        clean: function from texts to `(code points, kinds, starts of texts)` that makes each sign a word.

    Call shapes: string `(texts,)` -> the same.
    """

    def __init__(self, added, characters, clean):
        signs = {token: chr(FIRST_MARKER + number) for number, token in enumerate(added)}
        self._typed = {token.content: signs[token] for token in added.typed()}
        self._cleaned = {content: signs[token] for content, token in added.cleaned(characters).items()}
        self._clean = clean

    def __call__(self, texts):
        """Returns the texts with signs; they are cleaned up if a token is searched for in the cleaned-up text."""
        texts = _replaced(_without_signs(texts), self._typed)
        if self._cleaned:
            codes, kinds, text_starts, _ = self._clean(texts)
            texts = _replaced(_written(codes, kinds, text_starts), self._cleaned)
        return texts

    def with_places(self, texts, places):
        """Returns the texts with signs, and where their characters stood.

        Args:
            texts: string `(texts,)`.
            places: `CharacterPlaces` of the texts.

        Returns:
            `(string (texts,), CharacterPlaces)`.
        """
        texts = _replaced(_without_signs(texts), self._typed)
        places = places.merged(_widths(texts, self._typed))
        if self._cleaned:
            codes, kinds, text_starts, sources = self._clean(texts)
            places = places.take(tf.boolean_mask(sources, tf.not_equal(kinds, table.DROPPED)))
            texts = _replaced(_written(codes, kinds, text_starts), self._cleaned)
            places = places.merged(_widths(texts, self._cleaned))
        return texts, places


class SignedCharacters(BertCharacters):
    """Applies BERT's text clean-up to texts that contain signs for added tokens.

    Args:
        signs: int. The number of signs.
        lowercase: bool. Whether to lower-case. Defaults to `True`.
        **settings: the keyword arguments of `BertCharacters`.
    """

    def __init__(self, signs, lowercase=True, **settings):
        super().__init__(lowercase, **settings)
        self._signs = range(FIRST_MARKER, FIRST_MARKER + signs)

    def replacement(self, code):
        """Returns the replacement as `BertCharacters.replacement` does; a sign is surrounded by spaces."""
        return f" {chr(code)} " if code in self._signs else super().replacement(code)


def _without_signs(texts):
    """Returns the texts without the characters that signs are; each becomes one that is dropped, as they would be."""
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    last = FIRST_MARKER + MAX_MARKERS - 1
    return tf.strings.regex_replace(texts, rf"[\x{{E000}}-\x{{E002}}\x{{F0000}}-\x{{{last:X}}}]", _DROPPED)


def _widths(texts, tokens):
    """Returns how many characters each character of texts stands for: the length of its token for a sign, else one.

    Args:
        texts: string `(texts,)`, with signs.
        tokens: dict of content → sign, of the tokens that were replaced last.

    Returns:
        int32 `(characters,)`.
    """
    codes = tf.strings.unicode_decode(texts, "UTF-8", errors="replace").values
    widths = [1] * (max((ord(sign) - FIRST_MARKER for sign in tokens.values()), default=0) + 1)
    for content, sign in tokens.items():
        widths[ord(sign) - FIRST_MARKER] = max(1, len(content))
    numbers = codes - FIRST_MARKER
    is_sign = (numbers >= 0) & (numbers < len(widths))
    return tf.where(is_sign, tf.gather(tf.constant(widths, tf.int32), tf.where(is_sign, numbers, 0)), 1)


def _replaced(texts, tokens):
    # One expression finds all tokens, so that the leftmost, longest match wins. Each match is then replaced.
    contents = sorted(filter(None, tokens), key=len, reverse=True)
    if not contents:
        return texts
    texts = tf.strings.regex_replace(texts, f"({'|'.join(map(re.escape, contents))})", rf"{_OPEN}\1{_CLOSE}")
    for content in contents:
        texts = tf.strings.regex_replace(texts, _OPEN + re.escape(content) + _CLOSE, tokens[content])
    return texts


def _written(codes, kinds, text_starts):
    """Joins cleaned-up characters into texts: string `(texts,)`."""
    codes = tf.where(tf.equal(kinds, table.SPACE), ord(" "), codes)
    is_kept = tf.not_equal(kinds, table.DROPPED)
    kept_before = tf.cumsum(tf.concat([[0], tf.cast(is_kept, text_starts.dtype)], 0))
    letters = tf.RaggedTensor.from_row_splits(
        tf.boolean_mask(codes, is_kept), tf.gather(kept_before, text_starts), validate=False
    )
    return tf.strings.unicode_encode(letters, "UTF-8")
