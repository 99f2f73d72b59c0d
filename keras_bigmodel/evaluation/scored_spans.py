"""Compares the spans that a model found with those of the texts. Knows positions and labels; no model."""

import numpy as np

from keras_bigmodel.core.errors import UserError

# What became of a span: how an answer differs from the span that was due.
OUTCOMES = ("right", "wrong label", "wrong border", "wrong label and border", "missed", "invented")


class ScoredSpans:
    """Holds the spans of texts and those that a model found, and what they have in common.

    Args:
        targets: list with the spans of each text: tuples `(start, end, label)`, in order.
        answers: the same of the model.
        labels: list of str. All labels.

    Raises:
        UserError: there are not as many answers as texts, no texts, or an unknown label.
    """

    def __init__(self, targets, answers, labels):
        if len(targets) != len(answers) or not len(targets):
            raise UserError(f"{len(answers)} answers came for {len(targets)} texts; wanted one for each, and some.")
        self.labels = list(labels)
        self.targets, self.answers = list(map(_triples, targets)), list(map(_triples, answers))
        numbers = {label: number for number, label in enumerate(self.labels)}
        rights = [set(due) & set(found) for due, found in zip(self.targets, self.answers, strict=True)]
        self.due, self.answered, self.hits = (
            self._counts(rows, numbers) for rows in (self.targets, self.answers, rights)
        )
        self.right = np.array([set(due) == set(found) for due, found in zip(self.targets, self.answers, strict=True)])

    def __len__(self):
        return len(self.targets)

    def _counts(self, rows, numbers):
        counts = np.zeros((len(rows), len(numbers)), "int64")
        for row, spans in enumerate(rows):
            for _, _, label in spans:
                if label not in numbers:
                    raise UserError(f'A span has the label "{label}"; known are {", ".join(self.labels[:10])}.')
                counts[row, numbers[label]] += 1
        return counts

    def places(self):
        """Returns how many spans each text has rightly placed, whatever the label: three int arrays `(texts, 1)`."""
        bare = lambda spans: {span[:2] for span in spans}
        both = [len(bare(due) & bare(found)) for due, found in zip(self.targets, self.answers, strict=True)]
        column = lambda counts: np.array(counts)[:, None]
        return column(both), self.answered.sum(axis=1, keepdims=True), self.due.sum(axis=1, keepdims=True)

    def outcomes(self, row):
        """Yields what became of each span of a text: `(outcome, span due or None, span found or None)`.

        Args:
            row: int.
        """
        due, found = self.targets[row], self.answers[row]
        used = set()
        for span in due:
            answer = _answer_to(span, found, used)
            used.add(answer)
            if answer is None:
                yield "missed", span, None
            else:
                yield _difference(span, answer), span, answer
        for answer in found:
            if answer not in used:
                yield "invented", None, answer


def _triples(spans):
    return [(int(start), int(end), str(label)) for start, end, label in spans]


def _answer_to(span, found, used):
    """Returns the answer to a span that was due: the same one, one in its place, or the first that overlaps it."""
    start, end, _ = span
    free = [answer for answer in found if answer not in used and answer[0] < end and start < answer[1]]
    ranked = sorted(free, key=lambda answer: (answer != span, answer[:2] != span[:2], answer))
    return ranked[0] if ranked else None


def _difference(span, answer):
    if span == answer:
        return "right"
    if span[:2] == answer[:2]:
        return "wrong label"
    return "wrong border" if span[2] == answer[2] else "wrong label and border"
