"""Converts rows of words and tags to rows of texts and spans, and counts tags that may not stand where they do."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.tagged_words import illegal_tags, scheme_of, text_and_spans
from keras_bigmodel.tables.table import TableRow

TEXT, SPANS = "text", "spans"
_WORD_NAMES = ("tokens", "words", "text", "sentence")
_TAG_NAMES = ("tags", "ner_tags", "labels", "ner", "label")
_MOST_SHOWN = 10


class WordRows:
    """Converts rows whose cells are lists of words and of tags; see `core.tagged_words.text_and_spans`.

    Args:
        words: str. The column of the words.
        tags: str. The column of the tags; None if they are not read.
        first: list of `TableRow`. The first rows, in which the scheme of the tags is found.
        path: path of the table, for messages.
        strict: bool. Whether tags that may not stand where they do are refused; otherwise they begin a span. Defaults
            to False.

    Raises:
        UserError: a row of the first ones has tags that are none.
    """

    def __init__(self, words, tags, first, path, *, strict=False):
        self.words, self.tags = words, tags
        self._path, self._strict = path, strict
        self._wrong, self._shown = 0, []
        rows = [row for row in first if tags is not None and isinstance(row.cells.get(tags), list)]
        self.scheme = scheme_of(self._checked_tags(row) for row in rows)

    @property
    def columns(self):
        """Returns the columns that rows have in place of theirs: dict of role → name."""
        return {"text": TEXT} | ({} if self.tags is None else {"label": SPANS})

    @classmethod
    def of(cls, first, path, *, named, strict=False, with_labels=True):
        """Returns such an object if the first rows of a table hold words and tags, else None.

        Args:
            first: list of `TableRow`, not empty.
            path: path of the table.
            named: dict of role → name of its column, or None.
            strict: as in the class.
            with_labels: bool. Whether tags are read. Defaults to True.
        """
        cells = [row.cells for row in first if isinstance(row.cells, dict)]
        words = _column(cells, named["text"], _WORD_NAMES if with_labels else _WORD_NAMES[:2])
        tags = _column(cells, named["label"], _TAG_NAMES) if with_labels else None
        lacking = words is None or (with_labels and tags in (None, words))
        return None if lacking else cls(words, tags, first, path, strict=strict)

    def __call__(self, row):
        """Returns a row with the columns `text` and `spans` in place of the words and the tags: `TableRow`.

        Args:
            row: `TableRow`.

        Raises:
            UserError: the row's words and tags do not fit each other, or are none; or, if strict, a tag may not stand
                where it does. The message names the line.
        """
        words, tags = row.cells.get(self.words), row.cells.get(self.tags)
        if self.tags is None and isinstance(words, list):
            tags = ["O"] * len(words)
        others = {name: cell for name, cell in row.cells.items() if name not in (self.words, self.tags)}
        if words is None or tags is None:
            return TableRow(row.number, {**others, TEXT: None, SPANS: None})
        if not isinstance(words, list) or not isinstance(tags, list):
            raise self._error(row, f"{'tags' if isinstance(words, list) else 'words'} that are no list")
        try:
            text, spans = text_and_spans(words, tags)
        except UserError as error:
            raise self._error(row, f"words or tags that cannot be read. {error}") from error
        self._count(row, words, tags)
        return TableRow(row.number, {**others, TEXT: text, SPANS: spans})

    def _count(self, row, words, tags):
        for number in illegal_tags(tags, self.scheme):
            shown = f'line {row.number}, word {number + 1}: "{words[number]:.40}" {tags[number]}'
            if self._strict:
                raise UserError(
                    f"{self._path} has a tag that may not stand where it does in {self.scheme} ({shown}). Correct it, "
                    "or leave --strict-tags out: it begins a span then."
                )
            self._wrong += 1
            if len(self._shown) < _MOST_SHOWN:
                self._shown.append(shown)

    def notes(self):
        """Returns sentences for the user on the tags that were read: list of str."""
        if not self._wrong:
            return []
        more = f"; and {self._wrong - len(self._shown)} more" if self._wrong > len(self._shown) else ""
        return [
            f"{counted(self._wrong, 'tag')} of {self._path} may not stand where they do in {self.scheme}; a span "
            f"begins or ends there ({'; '.join(self._shown)}{more}). --strict-tags refuses them."
        ]

    def _checked_tags(self, row):
        try:
            scheme_of([row.cells[self.tags]])
        except UserError as error:
            raise self._error(row, f"words or tags that cannot be read. {error}") from error
        return row.cells[self.tags]

    def _error(self, row, what):
        return UserError(f"Line {row.number} of {self._path} holds {what.rstrip('.')}.")


def word_columns(named, path):
    """Returns the columns of words and tags in a file with a word a line, from those that the user named.

    Args:
        named: dict of role → column, or None. Changed nowhere.
        path: path of the file.

    Returns:
        two numbers from 1, or None where none is named.

    Raises:
        UserError: a column is named otherwise than by its number.
    """
    found = []
    for role in ("text", "label"):
        column = named[role]
        if column is not None and not (column.isdecimal() and int(column)):
            raise UserError(
                f'--{role} "{column}" came, and the columns of {path} have no names. Give a number, e.g. --{role} 1.'
            )
        found.append(None if column is None else int(column))
    return tuple(found)


def _column(rows, named, names):
    """Returns the first column most of whose cells are lists of values that are no lists or objects, or None."""
    for name in names if named is None else (named,):
        filled = [row[name] for row in rows if row.get(name) is not None]
        lists = [cell for cell in filled if isinstance(cell, list)]
        if 2 * len(lists) >= len(filled) > 0:  # a cell that is none is reported with its line
            values = [value for cell in lists for value in cell]
            if values and not any(isinstance(value, (list, dict)) for value in values):
                return name
    return None
