"""Holds a text whose characters know where they came from while it is cleaned up and cut. Knows no tokenizer."""


class TracedText:
    """Holds a text, and for each of its characters the position in the original text of the character it came from.

    It has the methods of `str` that the plain tokenizer uses (`translate`, `split`, slices), so that one piece of code
    cuts up both: a `str` where only ids are wanted, a `TracedText` where spans are wanted, too.

    Args:
        text: str.
        origins: sequence of int, as long as `text`. Defaults to the positions of the characters in `text`.

    >>> word = TracedText("Écoles").translate({ord("É"): "E\u0301"})[2:7]
    >>> str(word), word.span()
    ('coles', (1, 6))
    """

    def __init__(self, text, origins=None):
        self._text = text
        self._origins = range(len(text)) if origins is None else origins

    def __str__(self):
        return self._text

    def __getitem__(self, characters):
        return TracedText(self._text[characters], self._origins[characters])

    def translate(self, table):
        """Returns the text with its characters replaced, as `str.translate`; what replaces one comes from where it did.

        Args:
            table: dict of code point → str.
        """
        replaced = [character.translate(table) for character in self._text]
        origins = [origin for text, origin in zip(replaced, self._origins, strict=True) for _ in text]
        return TracedText("".join(replaced), origins)

    def split(self, separator):
        """Returns the parts between separators, as `str.split`: list of `TracedText`.

        Args:
            separator: str.
        """
        parts, start = [], 0
        for part in self._text.split(separator):
            parts.append(self[start : start + len(part)])
            start += len(part) + len(separator)
        return parts

    def span(self):
        """Returns `(start, end)`: from its first to behind its last character in the original text.

        Raises:
            IndexError: it is empty.
        """
        return self._origins[0], self._origins[-1] + 1
