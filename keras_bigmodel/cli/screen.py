"""Where people are told what happens: standard error, so that standard output stays for results."""

import contextlib
import sys
import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from keras_bigmodel.core.reporter import Reporter

_PATIENCE = 2  # seconds; what is done by then needs no bar


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
        with self._progress() as progress:
            part = progress.add_task(title, total=total)
            yield lambda title=None: progress.update(part, advance=1, description=title)

    @contextlib.contextmanager
    def row_bar(self, title, total):
        """Shows a bar of rows, their number a second and the time left, where the work takes longer than two seconds.

        Args:
            title: str. What the work is.
            total: int. How many rows there are, or about how many; None where nobody knows.

        Yields:
            function to call with the number of rows done so far.
        """
        progress, began = self._progress(_RowsASecond()), time.monotonic()
        part = progress.add_task(title, total=total)

        def show(done):
            if not progress.live.is_started and time.monotonic() - began > _PATIENCE:
                progress.start()
            progress.update(part, completed=done, total=None if total is None else max(total, done))

        try:
            yield show
        finally:
            progress.stop()

    def _progress(self, *more):
        return Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            *more,
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )


class _RowsASecond(ProgressColumn):
    """How fast rows are done."""

    def render(self, task):
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} rows/s")
