"""Holds and checks the arguments that both WordPiece tokenizers take. Knows no text and no TensorFlow."""

from dataclasses import asdict, dataclass, field

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.added_tokens import AddedTokens

MODES = ("exact", "fast")


@dataclass(frozen=True)
class WordPieceSettings:
    """Holds all settings that determine the ids of a text, except the vocabulary.

    Args:
        lowercase: bool. Whether to lower-case. Defaults to `True`.
        strip_accents: bool or None. Whether to strip accents; `None` means as `lowercase`, like Hugging Face. Defaults
            to `None`.
        split_chinese: bool. Whether to make each Han character a separate word. Defaults to `True`.
        mode: `"exact"` or `"fast"`. Defaults to `"exact"`.
        unknown_token: str. Replaces a word that cannot be built from pieces. Defaults to `"[UNK]"`.
        max_characters_per_word: int. A longer word becomes the unknown token. Defaults to 100.
        added_tokens: sequence of `AddedToken`, or of dicts of its arguments; stored as `AddedTokens`. Defaults to none.

    Raises:
        UserError: the mode is unknown or does not support the other settings, or `max_characters_per_word` is below 1.

    >>> WordPieceSettings(lowercase=False).strips_accents
    False
    """

    lowercase: bool = True
    strip_accents: bool | None = None
    split_chinese: bool = True
    mode: str = "exact"
    unknown_token: str = "[UNK]"
    max_characters_per_word: int = 100
    added_tokens: AddedTokens = field(default_factory=AddedTokens)

    def __post_init__(self):
        object.__setattr__(self, "added_tokens", AddedTokens(self.added_tokens))
        if self.mode not in MODES:
            raise UserError(
                f"The tokenizer's mode is {self.mode!r}. Give 'exact' (Hugging Face's ids) or 'fast' (LiteRT)."
            )
        if self.mode == "fast" and (self.strips_accents != self.lowercase or not self.split_chinese):
            raise UserError(
                "mode='fast' lower-cases and strips accents together and always splits Chinese characters, but "
                f"lowercase={self.lowercase}, strip_accents={self.strip_accents}, split_chinese={self.split_chinese} "
                "was asked for. Leave strip_accents and split_chinese at their defaults, or use mode='exact'."
            )
        if self.mode == "fast" and self.added_tokens:
            raise UserError(
                f"mode='fast' does not find added tokens, and the vocabulary has {len(self.added_tokens.tokens)} "
                f"({', '.join(token.content for token in list(self.added_tokens)[:5])}). Use mode='exact', the default."
            )
        if self.max_characters_per_word < 1:
            raise UserError(
                f"max_characters_per_word is {self.max_characters_per_word}. Give a positive number; BERT's is 100."
            )

    @property
    def strips_accents(self):
        """Returns whether accents are stripped, with `None` resolved to `lowercase`: bool."""
        return self.lowercase if self.strip_accents is None else self.strip_accents

    def as_dict(self):
        """Returns the settings as a dict that JSON can store, without `added_tokens` if there are none."""
        settings = {**asdict(self), "added_tokens": self.added_tokens.as_list()}
        if not self.added_tokens:
            del settings["added_tokens"]
        return settings


def room_for_text(max_length, *, is_pair):
    """Returns how many pieces fit in a row beside the special tokens: int.

    Args:
        max_length: int. Maximum number of tokens of a row, special tokens included.
        is_pair: bool. Whether a row is a pair of texts.

    Raises:
        UserError: `max_length` is not an int, or cannot hold the special tokens.
    """
    special = 3 if is_pair else 2
    if isinstance(max_length, bool) or not isinstance(max_length, int) or max_length < special:
        kind = "a pair of texts" if is_pair else "a text"
        raise UserError(
            f"max_length is {max_length!r}, but {kind} carries {special} special tokens. Give a whole number from "
            f"{special} up, e.g. max_length=128."
        )
    return max_length - special


def check_equal_numbers(texts, pairs):
    """Raises `UserError` if the number of second texts differs from the number of texts.

    Args:
        texts: int or None. The number of texts; `None` if a graph does not know it yet.
        pairs: int or None. The number of second texts, likewise.

    Raises:
        UserError: both numbers are known and differ.
    """
    if None not in (texts, pairs) and texts != pairs:
        raise UserError(f"There are {texts} texts and {pairs} pairs. Give one pair for each text, in the same order.")
