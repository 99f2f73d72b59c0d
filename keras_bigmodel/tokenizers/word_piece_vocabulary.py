"""What both WordPiece tokenizers know of their tokens. Cuts no text and loads nothing heavy."""

from keras_bigmodel.tokenizers.special_tokens import SpecialTokens


class WordPieceVocabulary:
    """The tokens of a tokenizer, the special ones among them, and how it was made.

    Args:
        vocabulary: list of str. The position of a token is its id.
        settings: `WordPieceSettings`.

    Raises:
        UserError: a special token is missing, or a token stands twice.
    """

    def __init__(self, vocabulary, settings):
        self._vocabulary = list(vocabulary)
        self._settings = settings
        self._special = SpecialTokens(self._vocabulary, settings.unknown_token)

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

    def id_to_token(self, token_id):
        """Gives the token of an id."""
        return self._vocabulary[token_id]

    def settings(self):
        """Gives the constructor's arguments but the vocabulary, as a dict that JSON can hold."""
        return self._settings.as_dict()
