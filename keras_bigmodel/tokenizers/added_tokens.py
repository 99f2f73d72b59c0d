"""Tokens that are found in a text before it is cut into words. Knows no vocabulary and no TensorFlow."""

import re
from dataclasses import asdict, dataclass

from keras_bigmodel.core.errors import UserError


@dataclass(frozen=True)
class AddedToken:
    """A token that was added to a vocabulary, found wherever its characters stand, inside of words too.

    Args:
        content: str. What is looked for; also its entry in the vocabulary.
        normalized: bool. Whether it is looked for in the cleaned-up text (lower-cased, say) or in the text as typed.
            Defaults to True.
        is_piece: bool. Whether WordPiece may use it as well, as it may any other entry of the vocabulary. Defaults to
            False.
    """

    content: str
    normalized: bool = True
    is_piece: bool = False


class AddedTokens:
    """Finds added tokens as Hugging Face `tokenizers` does: the leftmost first, and of those the longest.

    Args:
        tokens: sequence of `AddedToken`, or of dicts of its arguments.

    >>> tokens = AddedTokens([AddedToken("@user"), AddedToken("[E1]", normalized=False)])
    >>> list(AddedTokens.parts("hi @users", tokens.pattern(["@user"])))
    [('hi ', None), ('@user', '@user'), ('s', None)]
    """

    def __init__(self, tokens=()):
        self.tokens = tuple(token if isinstance(token, AddedToken) else AddedToken(**token) for token in tokens)

    def __bool__(self):
        return bool(self.tokens)

    def __iter__(self):
        return iter(self.tokens)

    def as_list(self):
        """Returns the tokens as a list that JSON can hold."""
        return [asdict(token) for token in self.tokens]

    def typed(self):
        """Returns the tokens that are looked for in the text as typed."""
        return [token for token in self.tokens if not token.normalized]

    def cleaned(self, characters):
        """Returns the tokens that are looked for in the cleaned-up text: dict of cleaned-up content → token.

        Args:
            characters: `BertCharacters` that clean the text up.

        Raises:
            UserError: two of them are one when they are cleaned up. (Hugging Face takes either, by chance.)
        """
        found = {}
        for token in self.tokens:
            if not token.normalized:
                continue
            content = cleaned_up(characters, token.content)
            if not content or content != content.strip(" "):
                raise UserError(
                    f"The added token {token.content!r} is {content!r} when the text is cleaned up, and a token cannot "
                    "begin or end with a space, or be nothing. Remove it."
                )
            if content in found:
                raise UserError(
                    f"The added tokens {found[content].content!r} and {token.content!r} are one when the text is "
                    f"cleaned up ({content!r}). Remove one of them."
                )
            found[content] = token
        return found

    @staticmethod
    def pattern(contents):
        """Returns an expression that finds one of some texts, the longest where several begin; None for no texts."""
        contents = sorted(filter(None, contents), key=len, reverse=True)
        return re.compile("|".join(map(re.escape, contents))) if contents else None

    @staticmethod
    def parts(text, pattern):
        """Yields `(part of the text, None)`, and `(what was found, the same)` between them."""
        start = 0
        for match in pattern.finditer(text) if pattern else ():
            yield text[start : match.start()], None
            yield match[0], match[0]
            start = match.end()
        yield text[start:], None


def cleaned_up(characters, text):
    """Returns a text as BERT cleans it up, without the spaces that set characters apart."""
    return "".join(together(characters.replacement(ord(character))) for character in text)


def together(replacement):
    """Returns what stands for a character without the spaces that set it apart."""
    return replacement if replacement == " " else replacement.strip(" ")
