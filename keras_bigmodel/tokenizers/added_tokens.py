"""Finds added tokens in a text before it is split into words. Knows no vocabulary and no TensorFlow."""

import re
from dataclasses import asdict, dataclass

from keras_bigmodel.core.errors import UserError


@dataclass(frozen=True)
class AddedToken:
    """Represents a token that was added to a vocabulary and is found wherever its characters occur, also inside words.

    Args:
        content: str. The text that is searched for; also its entry in the vocabulary.
        normalized: bool. Whether it is searched for in the cleaned-up (e.g. lower-cased) text instead of the text as
            typed. Defaults to `True`.
        is_piece: bool. Whether WordPiece may also use it, like any other entry of the vocabulary. Defaults to `False`.
    """

    content: str
    normalized: bool = True
    is_piece: bool = False


class AddedTokens:
    """Finds added tokens as Hugging Face `tokenizers` does: the leftmost match, and the longest of those.

    Args:
        tokens: sequence of `AddedToken`, or of dicts of its arguments. Defaults to none.

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
        """Returns the tokens as a list of dicts that JSON can store."""
        return [asdict(token) for token in self.tokens]

    def typed(self):
        """Returns the tokens that are searched for in the text as typed: list of `AddedToken`."""
        return [token for token in self.tokens if not token.normalized]

    def cleaned(self, characters):
        """Returns the tokens that are searched for in the cleaned-up text.

        Args:
            characters: `BertCharacters` that clean the text up.

        Returns:
            dict of cleaned-up content → `AddedToken`.

        Raises:
            UserError: a cleaned-up content is empty, or begins or ends with a space; or two tokens have the same
                cleaned-up content. (Hugging Face then takes one of the two at random.)
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
        """Returns a regular expression that matches any of some texts, and the longest where several match.

        Args:
            contents: iterable of str. Empty ones are ignored.

        Returns:
            `re.Pattern`, or None if there are no texts.
        """
        contents = sorted(filter(None, contents), key=len, reverse=True)
        return re.compile("|".join(map(re.escape, contents))) if contents else None

    @staticmethod
    def parts(text, pattern):
        """Splits a text at the matches of a pattern.

        Args:
            text: str or `TracedText`. The parts are slices of it.
            pattern: as `pattern` returns; None matches nothing.

        Yields:
            `(text before or after a match, None)` and `(match, match)`, alternately.
        """
        start = 0
        for match in pattern.finditer(str(text)) if pattern else ():
            yield text[start : match.start()], None
            yield text[match.start() : match.end()], match[0]
            start = match.end()
        yield text[start:], None


def cleaned_up(characters, text):
    """Returns a text as BERT cleans it up, without the spaces that are added around characters.

    Args:
        characters: `BertCharacters` that clean the text up.
        text: str.
    """
    return "".join(without_added_spaces(characters.replacement(ord(character))) for character in text)


def without_added_spaces(replacement):
    """Returns the replacement of a character without the spaces that are added around it."""
    return replacement if replacement == " " else replacement.strip(" ")
