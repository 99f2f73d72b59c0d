"""Checks the arguments that both WordPiece tokenizers take. Knows no text and no TensorFlow."""

from dataclasses import asdict, dataclass, field

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.added_tokens import AddedTokens

MODES = ("exact", "fast")


@dataclass(frozen=True)
class WordPieceSettings:
    """Everything that decides a text's ids beside the vocabulary.

    Args:
        lowercase: bool. Defaults to `True`.
        strip_accents: bool or None. `None` means as `lowercase`, like Hugging Face. Defaults to `None`.
        split_chinese: bool. Make each Han character a word of its own. Defaults to `True`.
        mode: `"exact"` or `"fast"`. Defaults to `"exact"`.
        unknown_token: str. Stands for a word that the pieces cannot build. Defaults to `"[UNK]"`.
        max_characters_per_word: int. A longer word becomes the unknown token. Defaults to 100.
        added_tokens: sequence of `AddedToken`, or of dicts of its arguments; kept as `AddedTokens`. Defaults to none.

    Raises:
        UserError: the mode is not known, or its clean-up cannot follow the other settings.

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
        """What `strip_accents` comes to once `None` is resolved."""
        return self.lowercase if self.strip_accents is None else self.strip_accents

    def as_dict(self):
        """The settings as a dict that JSON can hold."""
        settings = {**asdict(self), "added_tokens": self.added_tokens.as_list()}
        if not self.added_tokens:
            del settings["added_tokens"]
        return settings


def room_for_text(max_length, *, is_pair):
    """How many pieces fit beside the special tokens; refuses a `max_length` that cannot hold even those."""
    special = 3 if is_pair else 2
    if isinstance(max_length, bool) or not isinstance(max_length, int) or max_length < special:
        kind = "a pair of texts" if is_pair else "a text"
        raise UserError(
            f"max_length is {max_length!r}, but {kind} carries {special} special tokens. Give a whole number from "
            f"{special} up, e.g. max_length=128."
        )
    return max_length - special


def refuse_unequal_numbers(texts, pairs):
    """Refuses pairs that do not stand beside a text each; `None` is a number that a graph does not know yet."""
    if None not in (texts, pairs) and texts != pairs:
        raise UserError(f"There are {texts} texts and {pairs} pairs. Give one pair for each text, in the same order.")
