"""Reports the batches of `fit` and `predict` to a reporter. Knows Keras's callbacks; no task and no screen."""

import contextlib

import keras


class ReportProgress(keras.callbacks.Callback):
    """Reports the batches of a run, its loss and the metrics of every epoch to a reporter.

    Args:
        reporter: `core.reporter.Reporter`.
        steps: int. Batches of the whole run.
    """

    def __init__(self, reporter, steps):
        super().__init__()
        self._reporter = reporter
        self._steps = steps
        self._open = contextlib.ExitStack()
        self._advance = None
        self._moved = 0

    def on_train_begin(self, logs=None):
        """Starts the progress bar."""
        self._advance = self._open.enter_context(self._reporter.bar("training", self._steps))

    def on_epoch_begin(self, epoch, logs=None):
        """Moves the progress bar past the epochs that an earlier run has done."""
        for _ in range(epoch * (self.params.get("steps") or 0) - self._moved):
            self._move()

    def on_train_batch_end(self, batch, logs=None):
        """Moves the progress bar by one batch and shows the loss."""
        self._move(f"training, loss {float((logs or {})['loss']):.3f}")

    def _move(self, title=None):
        self._moved += 1
        self._advance(title)

    def on_epoch_end(self, epoch, logs=None):
        """Reports the metrics of the epoch."""
        figures = ", ".join(f"{name.replace('_', ' ')} {float(value):.4f}" for name, value in (logs or {}).items())
        self._reporter.say(f"epoch {epoch + 1}: {figures}")

    def on_train_end(self, logs=None):
        """Closes the progress bar."""
        self.close()

    def close(self):
        """Closes the progress bar, also after a run that ended with an error."""
        self._open.close()


class ReportPredicting(keras.callbacks.Callback):
    """Reports the batches of `predict` to a progress bar.

    Args:
        advance: function that is called after each batch, e.g. the one that `Reporter.bar` yields.
    """

    def __init__(self, advance):
        super().__init__()
        self._advance = advance

    def on_predict_batch_end(self, batch, logs=None):
        """Moves the progress bar by one batch."""
        self._advance()
