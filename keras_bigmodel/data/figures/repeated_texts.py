"""Finds texts that occur more than once in a table, or in two tables. Knows texts, pairs and labels; no file."""

import itertools
from collections import Counter, defaultdict

from keras_bigmodel.core.unicode_text import same_text
from keras_bigmodel.data.figures.near_duplicates import near_groups

_SHOWN = 10  # entries of each list
_SHOWN_CHARACTERS = 200  # of each text in a list
_MOST_ROWS = 50_000  # limit per table on the rows whose shingles are compared, ...
_MOST_WORDS = 1_000_000  # ... and on their words or Chinese characters, which determine the time
_LETTERS_IN_WORD = 6


class RepeatedTexts:
    """Finds the rows of tables whose texts occur more than once.

    Two texts are exactly equal up to Unicode form and whitespace, and nearly equal as defined by `near_groups`. In
    pairs both texts count. Texts for which `nearly_same_text` returns the same are found in every row. Shingles are
    compared in all rows, or in evenly spaced rows of a table that is too large; `near_rows` is then a lower bound.

    Args:
        tables: dict of split name → `TextTable`.
    """

    def __init__(self, tables):
        self._tables = tables
        self._keys = {name: _keys(table) for name, table in tables.items()}
        self._checked = {}  # split name → number of its rows whose shingles are compared
        texts, searched = [], []
        for name, table in tables.items():
            rows = _rows_to_check(table)
            self._checked[name] = len(rows)
            searched += [len(texts) + row for row in rows]
            texts += [self._text(name, row) for row in range(len(table))]
        groups = iter(near_groups(texts, searched))
        self._groups = {name: list(itertools.islice(groups, len(table))) for name, table in tables.items()}

    def duplicates(self, name):
        """Returns the texts that occur more than once in a table.

        Args:
            name: str. Split name of the table.

        Returns:
            dict: `exact_rows` and `near_rows`, the numbers of rows that repeat an earlier row; `near_checked_rows`, the
            number of rows whose shingles were compared; `first`, a list of at most ten groups, each a dict of `text`
            and `rows`.
        """
        keys, groups = self._keys[name], self._groups[name]
        exact = _by_value(enumerate(keys))
        first_rows = [rows[0] for rows in exact.values()]
        near = _by_value((row, groups[row]) for row in first_rows)
        again = [rows for rows in exact.values() if len(rows) > 1]
        like = [rows for rows in near.values() if len(rows) > 1]
        return {
            "exact_rows": len(keys) - len(exact),
            "near_rows": sum(len(rows) - 1 for rows in like),
            "near_checked_rows": self._checked[name],
            "first": [{"text": self._shown(name, rows[0]), "rows": rows[:_SHOWN]} for rows in (again + like)[:_SHOWN]],
        }

    def conflicts(self, name):
        """Returns the texts that occur in a table with different labels.

        Args:
            name: str. Split name of the table.

        Returns:
            dict: `texts` and `rows`, the numbers of such texts and of their rows; `first`, a list of at most ten texts,
            each a dict of `text` and `labels` (label → number of rows).
        """
        labels = self._tables[name].labels
        exact = _by_value(enumerate(self._keys[name])).values() if labels else ()
        labels = [_label_text(label) for label in labels or ()]
        torn = [rows for rows in exact if len(rows) > 1 and len({labels[row] for row in rows}) > 1]
        return {
            "texts": len(torn),
            "rows": sum(map(len, torn)),
            "first": [
                {"text": self._shown(name, rows[0]), "labels": dict(Counter(labels[row] for row in rows).most_common())}
                for rows in torn[:_SHOWN]
            ],
        }

    def leak(self, source, target):
        """Returns the rows of a table whose texts occur in another table.

        Args:
            source: str. Split name of the other table.
            target: str. Split name of the table whose rows are counted.

        Returns:
            dict, or None if there are no such rows: `from` and `into`, the split names; `exact_rows`; `near_rows`,
            nearly but not exactly equal; `first`, a list of at most ten texts.
        """
        keys, groups = set(self._keys[source]), set(self._groups[source])
        rows = list(zip(self._keys[target], self._groups[target], strict=True))
        exact = [row for row, (key, _) in enumerate(rows) if key in keys]
        near = [row for row, (key, group) in enumerate(rows) if group in groups and key not in keys]
        if not exact and not near:
            return None
        return {
            "from": source,
            "into": target,
            "exact_rows": len(exact),
            "near_rows": len(near),
            "first": list(dict.fromkeys(self._shown(target, row) for row in exact + near))[:_SHOWN],
        }

    def _text(self, name, row):
        return " | ".join(column[row] for column in self._tables[name].inputs.values())

    def _shown(self, name, row):
        text = self._text(name, row)
        return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def _label_text(label):
    """Returns a row's label as text: several labels or spans in order, a number as it prints."""
    if isinstance(label, tuple):
        return ", ".join(sorted(part if isinstance(part, str) else "{}–{} {}".format(*part) for part in label))
    return label if isinstance(label, str) else f"{label:g}"


def _keys(table):
    return list(zip(*(map(same_text, column) for column in table.inputs.values()), strict=True))


def _by_value(places):
    rows = defaultdict(list)
    for row, value in places:
        rows[value].append(row)
    return rows


def _rows_to_check(table):
    words = sum(len(text) / (_LETTERS_IN_WORD if text.isascii() else 1) for text in table.texts)
    number = int(len(table) * min(1, _MOST_ROWS / len(table), _MOST_WORDS / max(words, 1)))
    return [step * len(table) // number for step in range(number)] if number else []
