"""Where people are told what happens: standard error, so that standard output stays for results."""

import contextlib
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from keras_bigmodel.core.reporter import Reporter


class Screen(Reporter):
    """Shows sentences, and bars with the time left where there is a terminal."""

    def __init__(self):
        self._console = Console(
            stderr=True, soft_wrap=True, highlight=False, width=None if sys.stderr.isatty() else 200
        )

    def say(self, sentence):
        """Writes a sentence."""
        self._console.print(sentence, markup=False)

    @contextlib.contextmanager
    def bar(self, title, total):
        """Shows a bar; see `Reporter.bar`."""
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        with Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        ) as progress:
            part = progress.add_task(title, total=total)
            yield lambda title=None: progress.update(part, advance=1, description=title)
