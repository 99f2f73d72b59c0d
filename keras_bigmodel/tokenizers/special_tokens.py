"""Finds BERT's special tokens in a vocabulary and checks its tokens. Knows no text."""

from keras_bigmodel.core.errors import UserError

REQUIRED = ("[PAD]", "[CLS]", "[SEP]")


class SpecialTokens:
    """Holds the ids of a vocabulary's special tokens.

    Args:
        vocabulary: list of str. The position of a token is its id.
        unknown_token: str. Replaces a word that cannot be built from pieces. Defaults to `"[UNK]"`.

    Raises:
        UserError: a token is not a str or occurs twice, or a special token is missing.

    >>> SpecialTokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"]).sep_id
    3
    """

    def __init__(self, vocabulary, unknown_token="[UNK]"):
        ids = checked_ids(vocabulary)
        missing = [token for token in (*REQUIRED, unknown_token) if token not in ids]
        if missing:
            raise UserError(
                f"The vocabulary of {len(ids)} tokens lacks {', '.join(missing)}. "
                f"A BERT vocabulary holds {', '.join((*REQUIRED, unknown_token))}: add what is missing, one a line."
            )
        self.pad_id = ids["[PAD]"]
        self.cls_id = ids["[CLS]"]
        self.sep_id = ids["[SEP]"]
        self.unknown_id = ids[unknown_token]
        self.mask_id = ids.get("[MASK]")


def checked_ids(vocabulary):
    """Returns the ids of a vocabulary's tokens after checking the tokens.

    Args:
        vocabulary: list of str. The position of a token is its id.

    Returns:
        dict of token → id.

    Raises:
        UserError: a token is not a str or occurs twice.
    """
    ids = {}
    for position, token in enumerate(vocabulary):
        if not isinstance(token, str):
            raise UserError(
                f"Token {position} of the vocabulary is {token!r}, a {type(token).__name__}. "
                "A vocabulary is a list of str: read_vocabulary(folder) gives one."
            )
        if token in ids:
            raise UserError(
                f"The vocabulary holds {token!r} twice, as ids {ids[token]} and {position}. "
                "Each token has one id: remove one of the two, or rename it to an unused token."
            )
        ids[token] = position
    return ids
