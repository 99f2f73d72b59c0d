"""Turns text into the graph's WordPiece ids with nothing but Python's standard library. Knows no TensorFlow."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.added_tokens import AddedTokens, together
from keras_bigmodel.tokenizers.bert_characters import BertCharacters
from keras_bigmodel.tokenizers.word_piece_settings import WordPieceSettings, refuse_unequal_numbers, room_for_text
from keras_bigmodel.tokenizers.word_piece_vocabulary import WordPieceVocabulary

CONTINUATION = "##"
# Common characters are looked up once; beyond, memory would grow with the texts that come.
REMEMBERED_CODE_POINTS = 0x10000
REMEMBERED_WORDS = 50_000


class PlainWordPieceTokenizer(WordPieceVocabulary):
    """`WordPieceTokenizer` in mode `"exact"` for machines without TensorFlow: the same arguments, the same ids.

    Both read one table of characters (`unicode_classes.py`), so neither the Unicode version of this Python nor that of
    a server can part them. What that class says about typed special tokens, invalid bytes and adjacent combining marks
    holds here too. Half a surrogate pair in a `str` is dropped, as invalid bytes are.

    Args:
        vocabulary: list of str. The position of a token is its id.
        lowercase: bool. Defaults to `True`.
        strip_accents: bool or None. `None` means as `lowercase`. Defaults to `None`.
        split_chinese: bool. Make each Han character a word of its own. Defaults to `True`.
        mode: `"exact"`. Mode `"fast"` is refused: its clean-up is compiled into tensorflow_text and has no table.
        unknown_token: str. Stands for a word that the pieces cannot build. Defaults to `"[UNK]"`.
        max_characters_per_word: int. A longer word becomes the unknown token. Defaults to 100.
        added_tokens: sequence of `AddedToken`: found in a text before it is cut. Defaults to none.

    Call: lists of texts -> a dict of lists `texts` long, of lists as long as the longest in this batch.

    Raises:
        UserError: a special token is missing, a token stands twice, or `max_length` cannot hold the special tokens.

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
        """Gives the ids of one text, a str or UTF-8 bytes, without special tokens, as a list of int."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        if self._added is None:
            return self._pieces_of_text(text)
        parts = self._added.parts(text)
        return [piece for part, found in parts for piece in (self._pieces_of_text(part) if found is None else [found])]

    def _pieces_of_text(self, text):
        words = text.translate(self._characters).split(" ")
        return [token_id for word in words if word for token_id in self._pieces(word)]

    def __call__(self, texts, pairs=None, *, max_length=128):
        """Gives `token_ids`, `segment_ids` and `padding_mask` for [CLS] text [SEP], or [CLS] text [SEP] pair [SEP].

        A text that is too long keeps its head; of a pair the longer is cut first (Hugging Face's `longest_first`).
        """
        for name, given in (("texts", texts), ("pairs", pairs)):
            if isinstance(given, str | bytes):
                raise UserError(f"{name} is a single {type(given).__name__}. Give a list: [{given[:20]!r}].")
        room = room_for_text(max_length, is_pair=pairs is not None)
        if pairs is None:
            rows = [self._row(self.tokenize(text)[:room]) for text in texts]
        else:
            refuse_unequal_numbers(len(texts), len(pairs))
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
            if len(self._known_words) < REMEMBERED_WORDS:
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
    """Parts a text at its added tokens: first as typed, then what is left of it as cleaned up."""

    def __init__(self, added, characters, vocabulary):
        self._clean = _Replacements(lambda code: together(characters.replacement(code)))
        typed = {token.content: vocabulary.index(token.content) for token in added.typed()}
        cleaned = {content: vocabulary.index(token.content) for content, token in added.cleaned(characters).items()}
        self._ids = typed, cleaned
        self._patterns = AddedTokens.pattern(typed), AddedTokens.pattern(cleaned)

    def parts(self, text):
        """Yields `(part of the text, id of the added token that it is, or None)`."""
        for part, found in AddedTokens.parts(text, self._patterns[0]):
            if found is not None:
                yield part, self._ids[0][found]
            elif self._patterns[1] is None:
                yield part, None
            else:
                for rest, content in AddedTokens.parts(part.translate(self._clean), self._patterns[1]):
                    yield rest, self._ids[1].get(content)


class _Replacements(dict):
    """The table that `str.translate` asks, filled as characters turn up."""

    def __init__(self, replacement):
        super().__init__()
        self._replacement = replacement

    def __missing__(self, code):
        replacement = self._replacement(code)
        if code < REMEMBERED_CODE_POINTS:
            self[code] = replacement
        return replacement


def cut(first, second, room):
    """Cuts the longer of two lists first; where both must be cut, the longer, else the second, keeps the odd piece."""
    if len(first) + len(second) <= room:
        return first, second
    shorter = min(len(first), len(second), room // 2)
    if len(first) > len(second):
        return first[: room - shorter], second[:shorter]
    return first[:shorter], second[: room - shorter]
