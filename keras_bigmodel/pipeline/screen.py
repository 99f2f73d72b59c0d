"""Shows messages and progress bars on standard error, and hides TensorFlow's messages at import."""

import contextlib
import os
import sys
import tempfile
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

from keras_bigmodel.core.hidden_packages import hidden_packages
from keras_bigmodel.core.reporter import Reporter

_UNUSED = ("jax", "sklearn", "pandas", "torch")  # packages that Keras imports if it finds them
_PATIENCE = 2  # seconds before a bar of rows appears


class Screen(Reporter):
    """Prints sentences on standard error, and shows progress bars with the time left if that is a terminal."""

    def __init__(self):
        self._console = Console(
            stderr=True, soft_wrap=True, highlight=False, width=None if sys.stderr.isatty() else 200
        )

    def say(self, sentence):
        """Prints a sentence."""
        self._console.print(sentence, markup=False)

    @contextlib.contextmanager
    def bar(self, title, total):
        """Shows a progress bar; see `Reporter.bar`."""
        with self._progress() as progress:
            part = progress.add_task(title, total=total)
            yield lambda title=None: progress.update(part, advance=1, description=title)

    @contextlib.contextmanager
    def row_bar(self, title, total):
        """Shows a progress bar with rows per second and the time left, once the work takes longer than two seconds.

        Args:
            title: str. Name of the work.
            total: int or None. The number of rows, or an estimate of it; None if it is unknown.

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
    """Shows the speed in rows per second."""

    def render(self, task):
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} rows/s")


def import_tensorflow(*, lean=False):
    """Imports TensorFlow without its messages on standard error; prints them if the import fails.

    Its C++ code writes to standard error before it reads any of its own options.

    Args:
        lean: bool. Whether Keras is loaded without its support of JAX, scikit-learn and pandas, which takes two seconds
            where these are installed. Only for programs that use none of it. Defaults to False.
    """
    if "tensorflow" in sys.modules:
        return
    hidden = hidden_packages(*_UNUSED) if lean else contextlib.nullcontext()
    with tempfile.TemporaryFile() as aside, _standard_error_to(aside.fileno()) as real, hidden:
        try:
            import tensorflow  # noqa: F401

            with contextlib.suppress(ModuleNotFoundError):  # optional: the tokenizer has core ops, too
                import tensorflow_text  # noqa: F401
        except BaseException:
            sys.stderr.flush()
            aside.seek(0)
            os.write(real, aside.read())
            raise


@contextlib.contextmanager
def _standard_error_to(target):
    real = os.dup(2)
    os.dup2(target, 2)
    try:
        yield real
    finally:
        os.dup2(real, 2)
        os.close(real)
