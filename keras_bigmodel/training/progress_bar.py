"""A run on the screen, with the time left. Knows Keras's callbacks; no task."""

import keras
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class ProgressBar(keras.callbacks.Callback):
    """Shows the batches of a run, its loss and the time left; a line after every epoch.

    Args:
        steps: int. Batches of the whole run.
        console: `rich.console.Console` to write to. Without a terminal only the lines are written.
    """

    def __init__(self, steps, console):
        super().__init__()
        self.steps = steps
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("batches"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._bar = None

    def on_train_begin(self, logs=None):
        """Starts the bar."""
        self._bar = self._progress.add_task("training", total=self.steps)
        self._progress.start()

    def on_train_batch_end(self, batch, logs=None):
        """Moves the bar."""
        self._progress.update(self._bar, advance=1, description=f"training, loss {float((logs or {})['loss']):.3f}")

    def on_epoch_end(self, epoch, logs=None):
        """Writes the epoch's figures."""
        figures = ", ".join(f"{name.replace('_', ' ')} {float(value):.4g}" for name, value in (logs or {}).items())
        self._console.print(f"epoch {epoch + 1}: {figures}", highlight=False)

    def on_train_end(self, logs=None):
        """Takes the bar away."""
        self._progress.stop()

    def close(self):
        """Takes the bar away after a run that broke off."""
        self._progress.stop()
