"""What both WordPiece tokenizers know of their tokens. Cuts no text and loads nothing heavy."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.special_tokens import SpecialTokens


class WordPieceVocabulary:
    """The tokens of a tokenizer, the special ones among them, and how it was made.

    Args:
        vocabulary: list of str. The position of a token is its id.
        settings: `WordPieceSettings`.

    Raises:
        UserError: a special token is missing, an added one is not in the vocabulary, or a token stands twice.
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
        """Every token, in the order of the ids: a list of str."""
        return list(self._vocabulary)

    @property
    def vocabulary_size(self):
        """The number of tokens."""
        return len(self._vocabulary)

    @property
    def pad_id(self):
        """The id of [PAD]."""
        return self._special.pad_id

    @property
    def cls_id(self):
        """The id of [CLS]."""
        return self._special.cls_id

    @property
    def sep_id(self):
        """The id of [SEP]."""
        return self._special.sep_id

    @property
    def unknown_id(self):
        """The id of the unknown token."""
        return self._special.unknown_id

    @property
    def mask_id(self):
        """The id of [MASK], or None where the vocabulary has none."""
        return self._special.mask_id

    @property
    def pieces(self):
        """What WordPiece may make of words, by id: the vocabulary without added tokens that are no pieces (None)."""
        apart = {token.content for token in self._settings.added_tokens if not token.is_piece}
        return [None if token in apart else token for token in self._vocabulary]

    def id_to_token(self, token_id):
        """Gives the token of an id."""
        return self._vocabulary[token_id]

    def settings(self):
        """Gives the constructor's arguments but the vocabulary, as a dict that JSON can hold."""
        return self._settings.as_dict()
