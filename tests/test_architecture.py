"""`docs/architecture.md` answers a newcomer's question by one look: the file, its first line, its test."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What a newcomer wants to do: words of the row, the file that it must name first, a word of that file's first line.
TASKS = {
    "change how an empty text is counted": ("how an empty text is counted", "tables/table_reader.py", "usable rows"),
    "read another kind of column": ("a new kind of column", "tables/columns.py", "column"),
    "read another table format": ("a table's format", "tables/table_rows.py", "rows of a table"),
    "add a pooling": ("a pooling", "layers/pooling.py", "pooling"),
    "speed up an inner step": ("a faster inner step", "kernels/tensorflow_kernels.py", "TensorFlow"),
    "set another default rate": ("another default rate", "training/recipe.py", "default"),
    "take another colour in the report": ("another colour in the report", "reports/plots/palette.py", "colours"),
    "add a setting of a run": ("a setting of a run", "pipeline/train_settings.py", "settings of a"),
    "add an export format": ("which export formats there are", "tasks/export_formats.py", "formats"),
    "add a field to an answer": ("what an answer is", "core/answers.py", "answer"),
    "change a warning of the report": ("its warnings", "reports/report_warnings.py", "warn"),
    "add a measure": ("a measure", "evaluation/classification_metrics.py", "measures"),
}


def rows():
    """Returns the rows of the table: list of `(words, files, tests)`."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    found = [re.findall(r"\|((?:[^|])*)", line)[:3] for line in text.splitlines() if line.startswith("| ")][1:]
    return [(words.strip(), *(re.findall("`([^`]+)`", cell) for cell in cells)) for words, *cells in found]


def of_package(path):
    return ROOT / path if path.startswith("docs/") else ROOT / "keras_bigmodel" / path


@pytest.mark.parametrize("task", TASKS)
def test_a_newcomer_finds_the_file_and_its_test(task):
    words, file, said = TASKS[task]
    found = [row for row in rows() if words in row[0]]
    assert len(found) == 1, f"{len(found)} rows answer {task!r}"
    _, files, tests = found[0]
    assert file in files
    first_line = ast.get_docstring(ast.parse(of_package(file).read_text(encoding="utf-8"))).splitlines()[0]
    assert said.casefold() in first_line.casefold()
    assert tests


def test_every_row_names_files_and_tests_that_are_there():
    assert len(rows()) > 30
    for words, files, tests in rows():
        assert files, words
        assert tests, words
        paths = [path for path in files if "/" in path]
        assert paths, words
        for path in paths:
            assert of_package(path).exists(), path
        for path in tests:
            assert (ROOT / path).exists(), path


def test_the_document_is_read_in_one_sitting():
    assert len((ROOT / "docs/architecture.md").read_text(encoding="utf-8").splitlines()) <= 120
