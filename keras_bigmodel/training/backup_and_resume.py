"""Saves the state of a training run and resumes it after a kill. Knows Keras's callbacks; no task, no screen."""

import contextlib
import re
import shutil
import time
from pathlib import Path

import keras
import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.whole_folder import whole_folder
from keras_bigmodel.training.gradient_accumulation import batches_done
from keras_bigmodel.training.training_state import TrainingState

_STATE = re.compile("state-([0-9]{8})")


class BackupAndResume(keras.callbacks.Callback):
    """Keeps the state of a run in a folder, and goes on from there when `fit` is called again with the same folder.

    As `keras.callbacks.BackupAndRestore`, and the resumed run ends in the weights of an unbroken one (bit for bit under
    `tf.config.experimental.enable_op_determinism()`): kept are also the states of the dropouts' seeds, the seed of the
    order of the texts and the place in it, the metrics in the middle of an epoch, the history, and what `EarlyStopping`
    and `ReduceLROnPlateau` remember. A state appears whole or not at all, whenever the process is killed.

    It works with the `fit` of our tasks on texts. Of a `tf.data.Dataset` of strings, whose order only it knows, states
    are kept after epochs only; one that shuffles itself gives a resumed run another order.

    Args:
        folder: path of a folder of its own.
        minutes: float. Keep the state that often inside an epoch too. Defaults to None: after every epoch only.
        keep: bool. Whether the last state stays after the run. Defaults to False.

    Raises:
        UserError: in `fit`, when the state in the folder is of another run.
    """

    def __init__(self, folder, *, minutes=None, keep=False):
        super().__init__()
        self.folder = Path(folder)
        self.minutes = minutes
        self.keep = keep
        self._stop = False
        self._begin(None, {}, ())
        self._inside_epochs = True

    def read(self):
        """Gives the newest `TrainingState` in the folder, or None.

        Raises:
            UserError: it cannot be read.
        """
        numbers = self._numbers()
        return TrainingState.read(self._path(numbers[-1])) if numbers else None

    def stop_soon(self):
        """Asks the run to keep its state after the batch that is being trained and to end with `RunStopped`."""
        self._stop = True

    def prepare(self, state, run, callbacks, *, inside_epochs=True):
        """Says what run comes; a task's `fit` calls it.

        Args:
            state: what `read` gave.
            run: dict: the coming run, as `TrainingState.run`.
            callbacks: list of the other callbacks of the run.
            inside_epochs: bool. Whether a place inside an epoch can be found again.

        Raises:
            UserError: the state is of another run.
        """
        for name, value in run.items():
            if state is not None and state.run.get(name) != value:
                raise UserError(
                    f"{self.folder} holds the state of another run: {name} {state.run.get(name)}, and {value} came. "
                    "Go on with the same texts and settings, or remove the folder to begin anew."
                )
        self._begin(state, run, callbacks)
        self._inside_epochs = inside_epochs

    def _begin(self, state, run, callbacks):
        self._state, self._run, self._callbacks = state, run, list(callbacks)
        self._epoch = state.epoch if state else 0
        self._epochs_run = 0
        self._history = {name: list(values) for name, values in state.history.items()} if state else {}
        self._saved = time.monotonic()

    # ---- Keras's calls

    def on_train_begin(self, logs=None):
        """Puts the state back."""
        if not self._run:
            raise UserError(
                "BackupAndResume came to a fit that cannot go on where it stopped. It works with the fit of a "
                "keras_bigmodel task on texts; elsewhere use keras.callbacks.BackupAndRestore."
            )
        if self._state is not None:
            self._state.restore(self.model, self._callbacks)
        self._saved = time.monotonic()

    def on_epoch_begin(self, epoch, logs=None):
        """Notes the epoch."""
        self._epoch = epoch
        self._epochs_run += 1

    def on_train_batch_end(self, batch, logs=None):
        """Keeps the state when it is time, or after a request to stop."""
        done = batches_done(self, batch)
        due = self.minutes is not None and time.monotonic() - self._saved >= 60 * self.minutes
        if not (due or self._stop) or self._is_behind(done):
            return
        if self._inside_epochs:
            self._save(self._epoch, done, logs)
        self._end_if_asked(f"epoch {self._epoch + 1}, after batch {done}")

    def on_epoch_end(self, epoch, logs=None):
        """Keeps the state after an epoch."""
        for name, value in (logs or {}).items():
            self._history.setdefault(name, []).append(np.asarray(value).tolist())
        self._save(epoch + 1, 0, logs)
        self._end_if_asked(f"the end of epoch {epoch + 1}")

    def on_train_end(self, logs=None):
        """Gives the model the history of the whole run; removes the state."""
        if self._state is not None:
            history = keras.callbacks.History()
            history.set_model(self.model)
            history.history = self._history
            epochs = len(self._history.get("loss", []))
            last = self._epoch if self._epochs_run else self._epoch - 1
            history.epoch = list(range(last + 1 - epochs, last + 1))
            self.model.history = history
        self._run = {}
        if not self.keep:
            for number in self._numbers():  # nothing else: the folder may hold other files
                shutil.rmtree(self._path(number), ignore_errors=True)
            with contextlib.suppress(OSError):
                self.folder.rmdir()

    # ---- states as folders

    def _is_behind(self, done):
        """Whether the run is still passing over the batches that the earlier one did."""
        return self._state is not None and self._epoch == self._state.epoch and done <= self._state.batch

    def _save(self, epoch, batch, logs):
        if not np.isfinite(float((logs or {}).get("loss", 0.0))):
            return  # a state with a NaN loss is not saved: no run could resume from it
        state = TrainingState.capture(
            self.model,
            self._callbacks,
            epoch=epoch,
            batch=batch,
            run=self._run,
            stopped=bool(self.model.stop_training),
            history=self._history,
        )
        numbers = self._numbers()
        with whole_folder(self._path((numbers or [0])[-1] + 1)) as aside:
            state.write(aside)
        for number in numbers:
            shutil.rmtree(self._path(number), ignore_errors=True)
        self._saved = time.monotonic()

    def _end_if_asked(self, position):
        if self._stop:
            self._stop = False
            raise RunStopped(position)

    def _path(self, number):
        return self.folder / f"state-{number:08d}"

    def _numbers(self):
        if not self.folder.is_dir():
            return []
        found = (_STATE.fullmatch(entry.name) for entry in self.folder.iterdir())
        return sorted(int(match[1]) for match in found if match)


class RunStopped(KeyboardInterrupt):
    """A training run was asked to stop and has kept its state.

    Args:
        position: str. Where it stopped, for people.
    """

    def __init__(self, position):
        super().__init__(f"stopped at {position}")
        self.position = position
