"""Fits a task to its tables and saves the state of the run. Knows settings; writes states only."""

import contextlib
import signal
import threading

import keras

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.core.whole_folder import check_can_create
from keras_bigmodel.pipeline.streamed_tables import StreamedTable
from keras_bigmodel.training import LEARNING_RATE, BackupAndResume, ReportProgress, StopAtNaN


def fit_task(task, job, settings, tables, *, state_folder, reporter, callbacks=()):
    """Trains a task with the given settings, and resumes from the state in a folder if there is one.

    Args:
        task: a task.
        job: `Job` of the task.
        settings: `TrainSettings`.
        tables: dict of part → table, with the parts `train` and `validation`; see `Job.read`.
        state_folder: path of the folder that the run's state is saved in.
        reporter: `Reporter` that receives the progress.
        callbacks: Keras callbacks, called before all but the progress callback. Defaults to none.

    Returns:
        `(history, notes)`: dict of metric → list of float, one per epoch; and list of str, sentences for the user on
        how training ended.

    Raises:
        UserError: the loss became NaN or infinite before an epoch with finite losses was complete; or the settings name
            a folder for TensorBoard's events, and the package tensorboard is not installed.
        RunStopped: the process received SIGINT or SIGTERM; the state is saved.
    """
    task.compile(
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        gradient_accumulation_steps=settings.accumulate if settings.accumulate > 1 else None,
        **job.compile_options(settings),
    )
    train_table, validation = tables["train"], tables["validation"]
    backup = BackupAndResume(state_folder, minutes=settings.checkpoint_minutes, keep=True)
    steps = -(-len(train_table) // settings.batch_size) * settings.epochs
    progress, watch = ReportProgress(reporter, steps), StopAtNaN()
    early = _early_stopping(settings)
    with contextlib.closing(progress), _stop_on_signals(backup):
        history = task.fit(
            **_rows_of(train_table),
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            validation_data=(validation.inputs, validation.labels),
            **job.fit_options(settings, train_table),
            verbose=0,
            callbacks=[progress, *callbacks, *_tensorboard(settings), watch, *early, backup],
            seed=settings.seed,
        ).history
    return history, [
        *_nan_notes(watch, settings.learning_rate or LEARNING_RATE),
        *_early_stopping_notes(early, history, settings),
    ]


def _rows_of(table):
    if isinstance(table, StreamedTable):
        return {"x": table.stream}
    return {"x": table.inputs, "y": table.labels, "sample_weight": table.weights}


def _early_stopping(settings):
    if settings.patience is None:
        return []
    return [keras.callbacks.EarlyStopping("val_loss", patience=settings.patience, restore_best_weights=True)]


def _tensorboard(settings):
    if settings.tensorboard is None:
        return []
    try:
        import tensorboard  # noqa: F401
    except ImportError as error:
        raise UserError("--tensorboard needs the package tensorboard: pip install tensorboard") from error
    return [keras.callbacks.TensorBoard(settings.tensorboard)]


def check_tensorboard(settings):
    """Checks that the folder for TensorBoard's events can be written; call it before training starts.

    Args:
        settings: `TrainSettings`.

    Raises:
        UserError: the path is a file, or the user may not write to the folder.
    """
    if settings.tensorboard is None:
        return
    folder = checked_path(settings.tensorboard, "a folder for TensorBoard's events (--tensorboard)")
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; wanted a folder for TensorBoard's events (--tensorboard).")
    check_can_create(folder)


def _nan_notes(watch, rate):
    if watch.epoch is None:
        return []
    where = f"The loss was no number any more in epoch {watch.epoch}, batch {watch.batch}"
    lower = f"Lower the learning rate, e.g. --learning-rate {min(rate / 3, LEARNING_RATE):.0e}."
    if not watch.good_epochs:
        raise UserError(f"{where}, before an epoch was whole. {lower}")
    return [f"{where}: training ended there, with the weights of the end of epoch {watch.good_epochs}. {lower}"]


def _early_stopping_notes(early, history, settings):
    for callback in early:
        run, best = len(history["val_loss"]), callback.best_epoch + 1
        if run < settings.epochs and callback.stopped_epoch:
            epochs = counted(settings.patience, "epoch")
            yield (
                f"The validation loss had not fallen for {epochs}: training ended after epoch {run} of "
                f"{settings.epochs}, with the weights of epoch {best}."
            )
        elif best < run:
            yield f"The validation loss was lowest after epoch {best} of {run}: the weights are those."


@contextlib.contextmanager
def _stop_on_signals(backup):
    """Saves the state and stops the run after its batch at the first SIGINT or SIGTERM, and at once at the second."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread only
        return

    def stop(number, frame):
        signal.signal(number, before[number])
        backup.request_stop()

    # Ignored signals (nohup) stay ignored; a handler not set from Python (None) could not be restored.
    handled = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, stop) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
