"""Tokenizes text into the graph's WordPiece ids with only Python's standard library. Knows no TensorFlow."""

import itertools

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.added_tokens import AddedTokens, without_added_spaces
from keras_bigmodel.tokenizers.bert_characters import BertCharacters
from keras_bigmodel.tokenizers.span_units import check_unit, unit_positions
from keras_bigmodel.tokenizers.traced_text import TracedText
from keras_bigmodel.tokenizers.word_piece_settings import WordPieceSettings, check_equal_numbers, room_for_text
from keras_bigmodel.tokenizers.word_piece_vocabulary import WordPieceVocabulary

CONTINUATION = "##"
# Limits of the caches: without them, memory would grow with every new character and word.
MAX_CACHED_CODE_POINT = 0x10000
MAX_CACHED_WORDS = 50_000


class PlainWordPieceTokenizer(WordPieceVocabulary):
    """Tokenizes texts without TensorFlow into the same ids as `WordPieceTokenizer` in mode `"exact"`.

    Both read one table of characters (`unicode_classes.py`), so the Unicode version of Python or of a server cannot
    make them differ. The notes of that class on typed special tokens, invalid bytes and adjacent combining marks apply
    here too. Half of a surrogate pair in a `str` is dropped, as invalid bytes are.

    Args:
        vocabulary: list of str. The position of a token is its id.
        lowercase: bool. Whether to lower-case. Defaults to `True`.
        strip_accents: bool or None. Whether to strip accents; `None` means as `lowercase`. Defaults to `None`.
        split_chinese: bool. Whether to make each Han character a separate word. Defaults to `True`.
        mode: `"exact"`. Mode `"fast"` raises: its clean-up is compiled into tensorflow_text and has no table.
        unknown_token: str. Replaces a word that cannot be built from pieces. Defaults to `"[UNK]"`.
        max_characters_per_word: int. A longer word becomes the unknown token. Defaults to 100.
        added_tokens: sequence of `AddedToken`. Found in a text before it is split into words. Defaults to none.

    Call shapes: lists `(texts,)` -> a dict of lists of lists `(texts, longest in this batch)`.

    Raises:
        UserError: a special token is missing, a token occurs twice, an added token is not in the vocabulary, a setting
            is not supported, or `max_length` cannot hold the special tokens.

    >>> tokenizer = PlainWordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "go", "##od", "!"])
    >>> tokenizer.tokenize("Good!")
    [4, 5, 6]
    >>> tokenizer(["Good!", "go"])["token_ids"]
    [[2, 4, 5, 6, 3], [2, 4, 3, 0, 0]]

    Source: Devlin et al., 2018.
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
        if mode == "fast":
            raise UserError(
                "The plain tokenizer has no mode='fast': that clean-up is compiled into tensorflow_text. "
                "Use WordPieceTokenizer, or train and export with mode='exact'."
            )
        characters = BertCharacters(
            lowercase, strip_accents=self._settings.strips_accents, split_chinese=self._settings.split_chinese
        )
        self._characters = _Replacements(characters.replacement)
        self._ids = {token: token_id for token_id, token in enumerate(self.pieces) if token is not None}
        self._longest_piece = max(map(len, self._ids))
        self._known_words = {}
        self._added = None
        if self._settings.added_tokens:
            self._added = _AddedTokenFinder(self._settings.added_tokens, characters, self._vocabulary)

    def tokenize(self, text):
        """Returns the token ids of one text, without special tokens: list of int.

        Args:
            text: str, or bytes in UTF-8.
        """
        text = _decoded(text)
        if self._added is None:
            return self._pieces_of_text(text)
        parts = self._added.parts(text)
        return [piece for part, found in parts for piece in (self._pieces_of_text(part) if found is None else [found])]

    def tokenize_with_spans(self, text, *, unit="characters"):
        """Returns the token ids of one text and the span of characters that each token came from.

        Spans count the characters of a Python `str`, i.e. code points. A character that is dropped belongs to the span
        of a token only if it stands between characters of the token. A character that became several (`İ` in lower
        case with accents kept) may belong to the spans of two tokens. The span of an unknown token is the whole word.

        Args:
            text: str, or bytes in UTF-8, in which each sequence that is not UTF-8 counts as one character.
            unit: str. What spans count: `"characters"` (code points, as Python), `"utf16"` (units of UTF-16, as Java
                and JavaScript) or `"bytes"` (of UTF-8). Defaults to `"characters"`.

        Returns:
            `(ids, spans)`: list of int, as `tokenize` returns, and list of `(start, end)`, as long.

        Raises:
            UserError: the unit is unknown.

        >>> tokenizer = PlainWordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "go", "##od", "!"])
        >>> tokenizer.tokenize_with_spans("Ok, Gööd!")
        ([1, 1, 4, 5, 6], [(0, 2), (2, 3), (4, 6), (6, 8), (8, 9)])
        """
        check_unit(unit)
        typed, text = text, _decoded(text)
        ids, spans = self._with_spans(TracedText(text))
        if unit != "characters":
            positions = unit_positions(text, typed, unit)
            spans = [(positions[start], positions[end]) for start, end in spans]
        return ids, spans

    def _with_spans(self, text):
        ids, spans = [], []
        for part, found in [(text, None)] if self._added is None else self._added.parts(text):
            if found is not None:
                ids.append(found)
                spans.append(part.span())
                continue
            for word in part.translate(self._characters).split(" "):
                pieces = self._pieces(str(word)) if str(word) else []
                ids += pieces
                spans += self._spans(word, pieces)
        return ids, spans

    def _pieces_of_text(self, text):
        words = text.translate(self._characters).split(" ")
        return [token_id for word in words if word for token_id in self._pieces(word)]

    def _spans(self, word, pieces):
        """Returns the spans of the pieces of a `TracedText`: their lengths are those of their tokens."""
        if pieces == [self.unknown_id]:
            return [word.span()]
        ends = [0]
        for piece in pieces:
            ends.append(ends[-1] + len(self._vocabulary[piece]) - (len(CONTINUATION) if ends[1:] else 0))
        return [word[start:end].span() for start, end in itertools.pairwise(ends)]

    def __call__(self, texts, pairs=None, *, max_length=128):
        """Returns `token_ids`, `segment_ids` and `padding_mask` of [CLS] text [SEP], or [CLS] text [SEP] pair [SEP].

        A text that is too long is truncated at its end. In a pair, the longer text is truncated first (Hugging Face's
        `longest_first`).

        Args:
            texts: list of str or bytes in UTF-8.
            pairs: list of the second texts, as long as `texts`. Defaults to None: single texts.
            max_length: int. Maximum number of tokens of a row, special tokens included. Defaults to 128.

        Returns:
            dict of lists of lists of int `(texts, longest in this batch)`.

        Raises:
            UserError: `texts` or `pairs` is a single text, their lengths differ, or `max_length` cannot hold the
                special tokens.
        """
        for name, given in (("texts", texts), ("pairs", pairs)):
            if isinstance(given, str | bytes):
                raise UserError(f"{name} is a single {type(given).__name__}. Give a list: [{given[:20]!r}].")
        room = room_for_text(max_length, is_pair=pairs is not None)
        if pairs is None:
            rows = [self._row(self.tokenize(text)[:room]) for text in texts]
        else:
            check_equal_numbers(len(texts), len(pairs))
            rows = [
                self._row(*cut(self.tokenize(text), self.tokenize(pair), room))
                for text, pair in zip(texts, pairs, strict=True)
            ]
        longest = max((len(ids) for ids, _ in rows), default=0)
        return {
            "token_ids": [ids + [self.pad_id] * (longest - len(ids)) for ids, _ in rows],
            "segment_ids": [segments + [0] * (longest - len(segments)) for _, segments in rows],
            "padding_mask": [[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in rows],
        }

    def _row(self, first, second=None):
        ids = [self.cls_id, *first, self.sep_id]
        segments = [0] * len(ids)
        if second is not None:
            ids += [*second, self.sep_id]
            segments += [1] * (len(second) + 1)
        return ids, segments

    def _pieces(self, word):
        pieces = self._known_words.get(word)
        if pieces is None:
            pieces = self._longest_matches(word)
            if len(self._known_words) < MAX_CACHED_WORDS:
                self._known_words[word] = pieces
        return pieces

    def _longest_matches(self, word):
        if len(word) > self._settings.max_characters_per_word:
            return [self.unknown_id]
        pieces, start, prefix = [], 0, ""
        while start < len(word):
            end = min(len(word), start + self._longest_piece)
            while end > start and prefix + word[start:end] not in self._ids:
                end -= 1
            if end == start:
                return [self.unknown_id]
            pieces.append(self._ids[prefix + word[start:end]])
            start, prefix = end, CONTINUATION
        return pieces


class _AddedTokenFinder:
    """Splits a text at its added tokens: first in the text as typed, then in the cleaned-up rest."""

    def __init__(self, added, characters, vocabulary):
        self._clean = _Replacements(lambda code: without_added_spaces(characters.replacement(code)))
        typed = {token.content: vocabulary.index(token.content) for token in added.typed()}
        cleaned = {content: vocabulary.index(token.content) for content, token in added.cleaned(characters).items()}
        self._ids = typed, cleaned
        self._patterns = AddedTokens.pattern(typed), AddedTokens.pattern(cleaned)

    def parts(self, text):
        """Yields `(part of the text, None)` and `(added token, its id)`; of a `TracedText`, parts of it."""
        for part, found in AddedTokens.parts(text, self._patterns[0]):
            if found is not None:
                yield part, self._ids[0][found]
            elif self._patterns[1] is None:
                yield part, None
            else:
                for rest, content in AddedTokens.parts(part.translate(self._clean), self._patterns[1]):
                    yield rest, self._ids[1].get(content)


class _Replacements(dict):
    """Stores the table for `str.translate`; a replacement is computed when its character first occurs."""

    def __init__(self, replacement):
        super().__init__()
        self._replacement = replacement

    def __missing__(self, code):
        replacement = self._replacement(code)
        if code < MAX_CACHED_CODE_POINT:
            self[code] = replacement
        return replacement


def _decoded(text):
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def cut(first, second, room):
    """Truncates two lists to `room` items in total, the longer list first.

    If both must be truncated and `room` is odd, the longer list keeps the odd item, or the second if they are equally
    long.

    Args:
        first: list.
        second: list.
        room: int. Maximum number of items of both lists together.

    Returns:
        `(first, second)`, truncated at their ends.
    """
    if len(first) + len(second) <= room:
        return first, second
    shorter = min(len(first), len(second), room // 2)
    if len(first) > len(second):
        return first[: room - shorter], second[:shorter]
    return first[:shorter], second[: room - shorter]
