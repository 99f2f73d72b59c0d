"""Converts words and their tags to a text and its spans, in all schemes of tags. Knows no file and no tokenizer."""

import re
import unicodedata
from typing import NamedTuple

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted

OUTSIDE = "O"
SCHEMES = ("BIO", "IOB1", "BIOES")
_BEGINS, _ENDS = frozenset("BSU"), frozenset("ESLU")  # BILOU calls E and S of BIOES L and U
_INSIDE = frozenset("IEL")
_TAG = re.compile(r"([BIESLU])-(.*\S.*)", re.DOTALL)
_NO_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC", "FULLWIDTH", "BOPOMOFO")  # in the names of characters


class WordPlaces(NamedTuple):
    """Holds the text that words make, and where each of them stands in it.

    Args:
        text: str.
        starts: list of int. Where each word begins, in characters.
        ends: list of int. Where each word ends.
    """

    text: str
    starts: list[int]
    ends: list[int]


def joined_words(words):
    """Joins words to a text.

    A space stands between two words, but not between Chinese or Japanese characters, nor anywhere in a text that is
    given character by character with one of these.

    Args:
        words: sequence of str, none empty.

    Returns:
        `WordPlaces`.

    Raises:
        UserError: a word is no text, or empty.

    >>> joined_words(["Angela", "met", "Tim"])
    WordPlaces(text='Angela met Tim', starts=[0, 7, 11], ends=[6, 10, 14])
    >>> joined_words(["北", "京", "2", "0"]).text
    '北京20'
    """
    for number, word in enumerate(words, 1):
        if not isinstance(word, str):
            raise UserError(f"Word {number} is {word!r:.40} ({type(word).__name__}); wanted words as texts.")
        if not word:
            raise UserError(f"Word {number} is empty; wanted a text for each word.")
    by_character = all(len(word) == 1 for word in words) and any(map(_is_written_without_spaces, words))
    starts, ends, parts, length = [], [], [], 0
    for number, word in enumerate(words):
        before = words[number - 1] if number else ""
        if (
            number
            and not by_character
            and not (_is_written_without_spaces(before[-1]) and _is_written_without_spaces(word[0]))
        ):
            parts.append(" ")
            length += 1
        parts.append(word)
        starts.append(length)
        length += len(word)
        ends.append(length)
    return WordPlaces("".join(parts), starts, ends)


def _is_written_without_spaces(character):
    return ord(character) >= 0x2E80 and unicodedata.name(character, "").startswith(_NO_SPACES)


def text_and_spans(words, tags):
    """Returns the text of words, and the spans that their tags make.

    Args:
        words: sequence of str.
        tags: sequence of str, one a word, in BIO, IOB1 or BIOES (BILOU).

    Returns:
        `(str, list of (start, end, label))`: where each span begins and ends in the text, in characters.

    Raises:
        UserError: there are not as many tags as words; or as `joined_words` and `spans_of_tags`.

    >>> text_and_spans(["Angela", "Merkel", "spoke"], ["B-PER", "I-PER", "O"])
    ('Angela Merkel spoke', [(0, 13, 'PER')])
    """
    if len(words) != len(tags):
        raise UserError(f"{counted(len(words), 'word')} and {counted(len(tags), 'tag')} came; wanted a tag a word.")
    places = joined_words(words)
    spans = [(places.starts[first], places.ends[last - 1], label) for first, last, label in spans_of_tags(tags)]
    return places.text, spans


def parts_of_tag(tag):
    """Returns the place and the label of a tag.

    Args:
        tag: str, such as `"B-PER"`.

    Returns:
        `(str, str)`: one of B, I, E, S, L and U, and the label; `("O", "")` outside.

    Raises:
        UserError: the tag has no place or no label.
    """
    if tag == OUTSIDE:
        return OUTSIDE, ""
    found = _TAG.fullmatch(tag) if isinstance(tag, str) else None
    if found is None:
        raise UserError(f'"{tag!s:.40}" is no tag; wanted O, or B-, I-, E- or S- and a label, e.g. B-PER.')
    return found[1], found[2]


def _parts_of_tags(tags):
    """Yields the parts of tags; messages say at which word a tag stands that is none."""
    for number, tag in enumerate(tags, 1):
        try:
            yield parts_of_tag(tag)
        except UserError as error:
            raise UserError(f"At word {number}, {error}") from error


def spans_of_tags(tags):
    """Returns the spans that tags make, whatever their scheme.

    A span begins with B, S or U; and with any other tag that follows O, a tag of another label, or the end of a span.

    Args:
        tags: sequence of str.

    Returns:
        list of `(first, last, label)`: the number of its first word, and of the word after its last.

    Raises:
        UserError: as `parts_of_tag`.

    >>> spans_of_tags(["B-PER", "I-PER", "O", "I-LOC", "B-LOC"])
    [(0, 2, 'PER'), (3, 4, 'LOC'), (4, 5, 'LOC')]

    Source: the chunks of conlleval (Tjong Kim Sang, CoNLL-2000).
    """
    spans, first, open_label, ended = [], None, None, True
    for number, (place, label) in enumerate(_parts_of_tags(tags)):
        goes_on = not ended and place in _INSIDE and label == open_label
        if first is not None and not goes_on:
            spans.append((first, number, open_label))
            first = None
        if place != OUTSIDE and not goes_on:
            first, open_label = number, label
        ended = place == OUTSIDE or place in _ENDS
    if first is not None:
        spans.append((first, len(tags), open_label))
    return spans


def scheme_of(rows):
    """Finds the scheme of tags.

    Args:
        rows: iterable of sequences of str. The tags of some texts.

    Returns:
        str: one of `SCHEMES`. BIOES if a tag is E, S, L or U; IOB1 if a span begins with I and B stands only between
        two spans of one label; else BIO.

    Raises:
        UserError: as `parts_of_tag`.
    """
    begins_inside = wrong_begin = False
    for tags in rows:
        before = (OUTSIDE, "")
        for place, label in _parts_of_tags(tags):
            if place in _ENDS:
                return "BIOES"
            follows = before[1] == label and before[0] != OUTSIDE
            begins_inside |= place == "I" and not follows
            wrong_begin |= place == "B" and not follows
            before = place, label
    return "IOB1" if begins_inside and not wrong_begin else "BIO"


def illegal_tags(tags, scheme):
    """Returns which tags may not stand where they do: list of int, the numbers of their words.

    Args:
        tags: sequence of str.
        scheme: str. One of `SCHEMES`. In IOB1 no tag is illegal but a B that follows no tag of its label.

    Raises:
        UserError: as `parts_of_tag`.

    >>> illegal_tags(["O", "I-PER", "B-LOC", "I-PER"], "BIO")
    [1, 3]
    """
    found, before = [], (OUTSIDE, "")
    for number, (place, label) in enumerate([*map(parts_of_tag, tags), (OUTSIDE, "")]):
        follows = before[1] == label and before[0] != OUTSIDE
        if scheme == "IOB1":
            wrong = place == "B" and not follows
        elif scheme == "BIO":
            wrong = place in _INSIDE and not follows
        else:
            is_open = before[0] in ("B", "I")
            wrong = (place in _INSIDE) != is_open or (is_open and not follows)
        if wrong:
            found.append(min(number, len(tags) - 1))
        before = place, label
    return found
