"""Holds the vocabulary and the settings of both WordPiece tokenizers. Splits no text and imports nothing heavy."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.special_tokens import SpecialTokens


class WordPieceVocabulary:
    """Holds the tokens of a tokenizer, its special tokens, and its settings.

    Args:
        vocabulary: list of str. The position of a token is its id.
        settings: `WordPieceSettings`.

    Raises:
        UserError: a special token is missing, an added token is not in the vocabulary, or a token occurs twice.
    """

    def __init__(self, vocabulary, settings):
        self._vocabulary = list(vocabulary)
        self._settings = settings
        self._special = SpecialTokens(self._vocabulary, settings.unknown_token)
        known = set(self._vocabulary)
        missing = [token.content for token in settings.added_tokens if token.content not in known]
        if missing:
            raise UserError(
                f"The added token {missing[0]!r} is not in the vocabulary of {len(self._vocabulary)} tokens. Append "
                "it: its place there is its id."
            )

    @property
    def vocabulary(self):
        """Returns all tokens in the order of their ids: list of str."""
        return list(self._vocabulary)

    @property
    def vocabulary_size(self):
        """Returns the number of tokens: int."""
        return len(self._vocabulary)

    @property
    def pad_id(self):
        """Returns the id of [PAD]: int."""
        return self._special.pad_id

    @property
    def cls_id(self):
        """Returns the id of [CLS]: int."""
        return self._special.cls_id

    @property
    def sep_id(self):
        """Returns the id of [SEP]: int."""
        return self._special.sep_id

    @property
    def unknown_id(self):
        """Returns the id of the unknown token: int."""
        return self._special.unknown_id

    @property
    def mask_id(self):
        """Returns the id of [MASK]: int, or None if the vocabulary has none."""
        return self._special.mask_id

    @property
    def pieces(self):
        """Returns the tokens that WordPiece may use, in the order of their ids: list of str or None.

        None replaces an added token that is not a piece.
        """
        apart = {token.content for token in self._settings.added_tokens if not token.is_piece}
        return [None if token in apart else token for token in self._vocabulary]

    def id_to_token(self, token_id):
        """Returns the token of an id: str."""
        return self._vocabulary[token_id]

    def settings(self):
        """Returns the constructor's arguments except the vocabulary, as a dict that JSON can store."""
        return self._settings.as_dict()


def is_reachable(token):
    """Returns whether a text can contain a token; tensorflow_text's builder accepts only these.

    Args:
        token: str.
    """
    return token not in ("", "##") and "\0" not in token
