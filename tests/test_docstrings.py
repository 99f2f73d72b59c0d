"""Docstrings of public names begin with a verb of the field in the third person: "Applies GELU"."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "keras_bigmodel"
# A new verb is added here when no other fits; "Gives", "Is" and "Makes" are no verbs of the field.
VERBS = set(
    """
    Adds Answers Appends Applies Asserts Averages Builds Calls Checks Clears Closes Collects Combines Compares
    Compiles Computes Configures Converts Copies Counts Creates Decodes Defines Describes Draws Embeds Encodes
    Estimates Evaluates Exports Extracts Feeds Fills Filters Finds Fits Formats Groups Handles Hides Holds Imports
    Indicates Infers Initializes Iterates Joins Labels Learns Limits Lists Loads Locks Looks Maps Marks Measures
    Merges Moves Normalizes Opens Packs Pads Parses Plans Plots Predicts Prepares Prints Projects Provides
    Quantizes Raises Reads Records Registers Removes Renames Renders Replaces Reports Represents Resets Restores
    Resumes Returns Reverses Rewrites Runs Samples Saves Scales Searches Selects Serves Sets Shows Skips Sorts
    Specifies Splits Starts Stops Stores Streams Summarizes Sums Tells Tests Tokenizes Trains Transforms
    Translates Truncates Updates Validates Verifies Weights Wraps Writes Yields
    """.split()  # noqa: SIM905
)


def public_definitions(node):
    for inner in node.body:
        if isinstance(inner, (ast.FunctionDef, ast.ClassDef)) and not inner.name.startswith("_"):
            yield inner
            if isinstance(inner, ast.ClassDef):
                yield from public_definitions(inner)


def is_command(path, name):
    """The docstring of a command is its help, in the imperative as all programs have it."""
    return path.parent.name == "cli" and name == "run"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_public_docstring_begins_with_a_verb(path):
    for definition in public_definitions(ast.parse(path.read_text(encoding="utf-8"))):
        if is_command(path, definition.name) or is_setter(definition):
            continue
        described = ast.get_docstring(definition)
        assert described, f"{definition.name} has no docstring"
        assert described.split()[0] in VERBS, f"{definition.name}: {described.splitlines()[0]}"
        assert described.split("\n\n")[0].rstrip().endswith((".", ":")), definition.name


def is_setter(definition):
    """A setter is described by its property."""
    marks = getattr(definition, "decorator_list", [])
    return any(isinstance(mark, ast.Attribute) and mark.attr == "setter" for mark in marks)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_files_and_functions_are_read_in_one_sitting(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno + 1 <= 60, node.name


def test_few_files_are_fragments():
    files = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    short = [path for path in files if len(path.read_text(encoding="utf-8").splitlines()) < 40]
    assert len(short) <= 12, sorted(path.name for path in short)
    assert len([path for path in files if path.parent.name == "tables"]) <= 12
