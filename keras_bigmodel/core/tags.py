"""Defines the answer of models that tag words: spans of the text as typed. Knows arrays; no model, no file."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

OUTSIDE = 0  # the tag of a word in no span; begin_tag and inside_tag number those of each label
_DIGITS = 6  # decimal places of probabilities in JSON
_LEAST = np.float32(np.finfo("float32").tiny)  # a probability of 0 has no logarithm


def begin_tag(label):
    """Returns the number of the tag of a span's first word: B of BIO.

    Args:
        label: int, or int array. The position of the span's label.
    """
    return 2 * label + 1


def inside_tag(label):
    """Returns the number of the tag of a span's other words: I of BIO.

    Args:
        label: as in `begin_tag`.
    """
    return 2 * label + 2


def label_of_tag(tag):
    """Returns the position of a tag's label; not for `OUTSIDE`.

    Args:
        tag: int, or int array.
    """
    return (tag - 1) // 2


def tag_names(labels):
    """Returns the names of the tags in the order of a model's outputs: list of str.

    Args:
        labels: sequence of str.

    >>> tag_names(["PER", "LOC"])
    ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC']
    """
    return ["O", *(f"{place}-{label}" for label in labels for place in "BI")]


@dataclass(frozen=True)
class TextSpan:
    """Holds a span of a text, and its label.

    Args:
        start: int. Where it begins, in characters (code points) of the text as typed.
        end: int. Where it ends, not included.
        label: str.
        text: str. The characters of the span.
        probability: float. The product of the probabilities of its words' tags.
    """

    start: int
    end: int
    label: str
    text: str
    probability: float

    def as_json(self):
        """Returns the span as a dict for JSON, with the probability rounded to 6 decimal places."""
        return {
            "start": self.start,
            "end": self.end,
            "label": self.label,
            "text": self.text,
            "probability": round(self.probability, _DIGITS),
        }


@dataclass(frozen=True)
class Tags:
    """Holds the spans that a model found in a text.

    Args:
        spans: tuple of `TextSpan`, in the order of the text. They do not overlap.
    """

    spans: tuple[TextSpan, ...]

    def as_json(self):
        """Returns the answer as a dict for JSON."""
        return {"spans": [span.as_json() for span in self.spans]}


class TextWords(NamedTuple):
    """Holds the words of a text that have tags: what a tokenizer takes for words.

    Args:
        positions: int array `(words,)`. The index of each word's first token among a row's tokens.
        spans: int array `(words, 2)`. Where each word begins and ends in the text as typed.
    """

    positions: np.ndarray
    spans: np.ndarray


class TagsReader:
    """Reads the probabilities of tags as `Tags`; see `answers.PredictionReader`.

    Args:
        labels: sequence of str, in the order of the outputs.
    """

    kind, label_kind = "tags", "spans"

    def __init__(self, labels):
        self.labels = list(labels)

    def __call__(self, outputs, row):
        """Returns the answer for the outputs of one row.

        Args:
            outputs: float array `(tokens, 1 + 2 · labels)`. The probabilities of each token's tags, of which those of
                words' first tokens count.
            row: dict with `text`, and `words`: `TextWords`.

        Returns:
            `Tags`.
        """
        positions, places = row["words"]
        probabilities = outputs[positions]
        tags = best_tags(probabilities)
        chosen = probabilities[np.arange(len(tags)), tags]
        spans = []
        for first, last in runs_of(tags):
            start, end = int(places[first, 0]), int(places[last - 1, 1])
            label = self.labels[label_of_tag(int(tags[first]))]
            spans.append(TextSpan(start, end, label, row["text"][start:end], float(np.prod(chosen[first:last]))))
        return Tags(tuple(spans))

    def empty_json(self):
        """Returns the JSON of a row without an answer: a dict in which each value is None."""
        return {"spans": None}

    def settings(self):
        """Returns the constructor's arguments as a dict for JSON."""
        return {"labels": self.labels}


def best_tags(probabilities):
    """Returns the most probable sequence of tags in which every inside tag follows a tag of its label.

    The probability of a sequence is the product of those of its tags. Of equal ones, that with the lower numbers.

    Args:
        probabilities: float array `(words, 1 + 2 · labels)`.

    Returns:
        int array `(words,)`.

    Source: Viterbi, 1967; transitions are either allowed or not.
    """
    if not len(probabilities):
        return np.zeros(0, "int64")
    scores = np.log(np.maximum(probabilities.astype("float32"), _LEAST))
    greedy = scores.argmax(axis=1)
    if is_legal(greedy):
        return greedy
    total = scores[0].copy()
    total[2::2] = -np.inf  # no text begins inside of a span
    befores, from_begins = [], []
    for word in scores[1:]:
        before, from_begin = int(total.argmax()), total[1::2] >= total[2::2]
        inside = np.where(from_begin, total[1::2], total[2::2])
        total = np.full_like(total, total[before])
        total[2::2] = inside
        total += word
        befores.append(before)
        from_begins.append(from_begin)
    tags = [int(total.argmax())]
    for before, from_begin in zip(reversed(befores), reversed(from_begins), strict=True):
        tag = tags[-1]
        if tag == OUTSIDE or tag % 2:
            tags.append(before)
        else:
            tags.append(tag - 1 if from_begin[label_of_tag(tag)] else tag)
    return np.array(tags[::-1])


def is_legal(tags):
    """Returns whether every inside tag follows a tag of its label: bool.

    Args:
        tags: int array `(words,)`.
    """
    before = np.concatenate([[OUTSIDE], tags[:-1]])
    inside = (tags != OUTSIDE) & (tags % 2 == 0)
    return bool(np.all(~inside | (before == tags) | (before == tags - 1)))


def runs_of(tags):
    """Returns the first word of each span and the word after its last: list of `(int, int)`.

    Args:
        tags: int array `(words,)`, in which every inside tag follows a tag of its label.
    """
    begins = np.flatnonzero(tags % 2 == 1)
    is_inside = np.append((tags != OUTSIDE) & (tags % 2 == 0), False)
    ends = []
    for begin in begins:
        end = begin + 1
        while is_inside[end]:
            end += 1
        ends.append(end)
    return list(zip(begins.tolist(), map(int, ends), strict=True))
