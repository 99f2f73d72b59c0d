"""Reads files with a word and its tags a line, as those of CoNLL. Knows lines and columns; no scheme of tags."""

import re

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.tables.table import TableRow
from keras_bigmodel.tables.text_lines import text_lines

WORDS, TAGS = "tokens", "tags"
_BETWEEN = re.compile("[ \t]+")
_TAG = re.compile(r"O|[BIESLU]-\S.*")
_DOCUMENT = "-DOCSTART-"
_LEAST = 3  # lines with tags, by which a file is taken for one of this format


def conll_rows(path, *, encoding=None, columns=(None, None)):
    """Yields the texts of a file that has a word a line, and a blank line after each text.

    Columns are separated by tabs if there is one, else by spaces. Lines of `-DOCSTART-` end a text, too. Lines that
    begin with `#` and do not end in a tag are comments.

    Args:
        path: path of the file.
        encoding: str or None. See `text_lines`.
        columns: two numbers from 1, or None: the column of the words and that of the tags. Defaults to None for both:
            the first and the last.

    Yields:
        `TableRow` with a dict: `tokens` and `tags`, lists of str of the same length. Its number is that of the first
        line.

    Raises:
        UserError: as `text_lines`; or a line has no such column. The message names the line.
    """
    words, tags, first = [], [], 1
    for number, line in enumerate(text_lines(path, encoding), 1):
        line = line.rstrip("\r\n")
        if not line.strip() or line.startswith(_DOCUMENT):
            if words:
                yield TableRow(first, {WORDS: words, TAGS: tags})
            words, tags = [], []
            continue
        cells = _cells(line)
        if line.startswith("#") and not _TAG.fullmatch(cells[-1]):
            continue
        if not words:
            first = number
        words.append(_cell(cells, columns[0], 0, path, number))
        tags.append(_cell(cells, columns[1], len(cells) - 1 or 1, path, number))
    if words:
        yield TableRow(first, {WORDS: words, TAGS: tags})


def looks_like_conll(first):
    """Returns whether the beginning of a file holds a word and a tag a line: bool.

    Args:
        first: bytes.
    """
    lines = first.decode("utf-8", "replace").lstrip("\ufeff").splitlines()
    if len(first) > 1 and not first.endswith(b"\n"):
        lines = lines[:-1] or lines  # the last one may be cut
    rows = [_cells(line) for line in lines if line.strip() and not line.startswith((_DOCUMENT, "#"))]
    tagged = [len(row) > 1 and bool(_TAG.fullmatch(row[-1])) for row in rows]
    return all(tagged) and (len(tagged) >= _LEAST or (bool(tagged) and len(rows) == len(tagged) < _LEAST))


def _cells(line):
    line = line.strip(" ")
    return line.split("\t") if "\t" in line else _BETWEEN.split(line)


def _cell(cells, column, otherwise, path, number):
    index = otherwise if column is None else column - 1
    if index >= len(cells):
        raise UserError(
            f"Line {number} of {path} has {counted(len(cells), 'column')}; wanted a word and a tag a line, and a blank "
            "line after each text."
        )
    return cells[index].strip(" ")
