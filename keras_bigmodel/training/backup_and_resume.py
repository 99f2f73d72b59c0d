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
    """Saves the state of a run in a folder and resumes from it when `fit` is called again with the same folder.

    Works as `keras.callbacks.BackupAndRestore`, but the resumed run ends with the weights of an uninterrupted one (bit
    for bit under `tf.config.experimental.enable_op_determinism()`). The state therefore also includes the states of the
    dropout seeds, the seed of the order of the texts and the position in it, the metrics in the middle of an epoch, the
    history, and the attributes of `EarlyStopping` and `ReduceLROnPlateau`. A state is written completely or not at all,
    whenever the process is killed.

    The callback works with the `fit` of this package's tasks on texts. With a `tf.data.Dataset` of strings, states are
    saved after epochs only, because only the dataset knows its order. If such a dataset shuffles, the resumed run has
    another order.

    Args:
        folder: path of a folder for the states only.
        minutes: float. Interval in minutes at which the state is saved inside an epoch too. Defaults to None: after
            every epoch only.
        keep: bool. Whether the last state is kept after the run. Defaults to False.

    Raises:
        UserError: in `fit`, if the state in the folder is of another run.
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
        """Reads the newest state in the folder.

        Returns:
            `TrainingState`, or None if there is no state.

        Raises:
            UserError: the state cannot be read.
        """
        numbers = self._numbers()
        return TrainingState.read(self._path(numbers[-1])) if numbers else None

    def request_stop(self):
        """Stops the run after the batch that is being trained: saves its state and raises `RunStopped`."""
        self._stop = True

    def prepare(self, state, run, callbacks, *, inside_epochs=True):
        """Prepares the callback for the coming run; the `fit` of a task calls it.

        Args:
            state: `TrainingState` that `read` returned, or None.
            run: dict. Description of the coming run, as `TrainingState.run`.
            callbacks: list of the other callbacks of the run.
            inside_epochs: bool. Whether a position inside an epoch can be restored. Defaults to True.

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
        """Restores the state.

        Raises:
            UserError: `prepare` was not called, or the state is of another model or of other callbacks.
        """
        if not self._run:
            raise UserError(
                "BackupAndResume came to a fit that cannot go on where it stopped. It works with the fit of a "
                "keras_bigmodel task on texts; elsewhere use keras.callbacks.BackupAndRestore."
            )
        if self._state is not None:
            self._state.restore(self.model, self._callbacks)
        self._saved = time.monotonic()

    def on_epoch_begin(self, epoch, logs=None):
        """Records the number of the epoch."""
        self._epoch = epoch
        self._epochs_run += 1

    def on_train_batch_end(self, batch, logs=None):
        """Saves the state if the interval has passed or a stop was requested.

        Raises:
            RunStopped: a stop was requested.
        """
        done = batches_done(self, batch)
        due = self.minutes is not None and time.monotonic() - self._saved >= 60 * self.minutes
        if not (due or self._stop) or self._is_behind(done):
            return
        if self._inside_epochs:
            self._save(self._epoch, done, logs)
        self._raise_if_stop_requested(f"epoch {self._epoch + 1}, after batch {done}")

    def on_epoch_end(self, epoch, logs=None):
        """Saves the state after an epoch.

        Raises:
            RunStopped: a stop was requested.
        """
        for name, value in (logs or {}).items():
            self._history.setdefault(name, []).append(np.asarray(value).tolist())
        self._save(epoch + 1, 0, logs)
        self._raise_if_stop_requested(f"the end of epoch {epoch + 1}")

    def on_train_end(self, logs=None):
        """Sets the model's history to that of the whole run, and removes the states unless `keep` is True."""
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
        """Returns whether the run is still skipping the batches that the earlier run has done."""
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

    def _raise_if_stop_requested(self, position):
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
    """Indicates that a training run was stopped on request and its state was saved.

    Args:
        position: str. Where the run stopped, in words for the user.
    """

    def __init__(self, position):
        super().__init__(f"stopped at {position}")
        self.position = position
