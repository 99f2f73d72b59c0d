"""The model that the command line trained, for tests that misuse it."""

from tests.cli.conftest import model, table, trained  # noqa: F401, fixtures
