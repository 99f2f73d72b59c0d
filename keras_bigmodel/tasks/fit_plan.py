"""Plans a call of `fit` on raw rows as a call of Keras's `fit`. Knows tasks and callbacks; trains nothing."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.tasks.dataset_source import DatasetSource
from keras_bigmodel.tasks.sources import is_raw, validation_source
from keras_bigmodel.training import (
    RECIPE_NAME,
    WARMUP_SHARE,
    AdamW,
    ApplyAccumulated,
    BackupAndResume,
    SkippingStep,
    TrainingState,
    WarmupDecay,
    inner_optimizer,
    iterations_per_epoch,
)


def checked_callbacks(callbacks):
    """Returns callbacks as a list, after checking them.

    Args:
        callbacks: `keras.callbacks.Callback`, list or tuple of them, or None.

    Returns:
        list of `keras.callbacks.Callback`.

    Raises:
        UserError: an entry is not a callback object, for example a class.
    """
    callbacks = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []
    for part in callbacks:
        if not isinstance(part, keras.callbacks.Callback):
            advice = f" Write {part.__name__}(...)." if isinstance(part, type) else ""
            raise UserError(f"callbacks holds {part!r:.60}; wanted keras.callbacks.Callback objects.{advice}")
    return callbacks


BATCH_SIZE = 32
_RATE_CALLBACKS = (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)  # they set the rate


@dataclass(frozen=True)
class FitPlan:
    """Holds the arguments of Keras's `fit` for a `fit` on raw rows, and the state from which it resumes.

    Args:
        dataset: `tf.data.Dataset` of batches.
        validation_data: `tf.data.Dataset`, another form that Keras accepts, or None.
        callbacks: list of callbacks. Defaults to empty.
        initial_epoch: int. Epoch at which training begins, from 0. Defaults to 0.
        resumed: `TrainingState` from which the run resumes. Defaults to None: a new run.
        raise_failure: function that raises the `UserError` that occurred while a batch was read, in place of which
            TensorFlow raises an error of its own. Defaults to None: the source has no such function.
    """

    dataset: object
    validation_data: object
    callbacks: list = field(default_factory=list)
    initial_epoch: int = 0
    resumed: TrainingState | None = None
    raise_failure: Callable[[], None] | None = None

    @classmethod
    def of(
        cls,
        task,
        source,
        validation_data,
        callbacks,
        *,
        batch_size,
        tokens_per_batch,
        epochs,
        initial_epoch,
        steps_per_epoch,
        shuffle,
        seed,
    ):
        """Returns the plan of a run; arguments as in `Task.fit`, with the rows as a source of examples."""
        callbacks = checked_callbacks(callbacks)
        _check_numbers(epochs=epochs, initial_epoch=initial_epoch, steps_per_epoch=steps_per_epoch, seed=seed)
        if batch_size is not None and tokens_per_batch is not None:
            raise UserError(
                f"batch_size={batch_size!r:.20} and tokens_per_batch={tokens_per_batch!r:.20} came; wanted one of them."
            )
        backup = _backup_among(callbacks, steps_per_epoch)
        state = backup.read() if backup else None
        if state is not None:
            seed, initial_epoch = state.run["seed"] if seed is None else seed, state.epoch
        elif seed is None:
            seed = int(keras.random.randint((), 0, 2**31 - 1))
        rows = batch_size
        if tokens_per_batch is not None:
            rows = None
        elif batch_size is None and not isinstance(source, DatasetSource):  # a dataset is batched already
            rows = BATCH_SIZE
        dataset, steps = source.training_dataset(
            batch_size=rows,
            tokens_per_batch=tokens_per_batch,
            seed=seed if shuffle else None,
            first_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
        )
        epoch = _accumulated(task, steps_per_epoch or steps, callbacks)
        if task.optimizer.name == RECIPE_NAME and not any(isinstance(part, _RATE_CALLBACKS) for part in callbacks):
            of_run = {"warmup_share": WARMUP_SHARE, "first_step": epoch * initial_epoch}
            callbacks.append(WarmupDecay(epoch * epochs, **of_run))
        if backup is not None:
            texts = source.fingerprint()
            run = {"epochs": epochs, "batches an epoch": steps, "texts": texts, "seed": seed, "shuffle": bool(shuffle)}
            run |= {"batch_size": batch_size, "tokens_per_batch": tokens_per_batch}
            callbacks = [part for part in callbacks if part is not backup]
            backup.prepare(state, run, callbacks, inside_epochs=texts is not None)
            callbacks.append(backup)  # last: it saves the state that the other callbacks have set
        return cls(
            dataset,
            _validation_dataset(task, validation_data, batch_size or BATCH_SIZE),
            callbacks,
            epochs if state is not None and state.stopped else initial_epoch,
            state,
            getattr(source, "raise_failure", None),
        )


@contextlib.contextmanager
def resumed_training(model, plan):
    """Prepares a model for the `fit` inside the block: a resumed run skips the batches that are done.

    Args:
        model: the compiled `keras.Model`.
        plan: `FitPlan`.

    Raises:
        UserError: a batch could not be read; see `FitPlan`.
    """
    _create_variables(model, plan.dataset)
    state = plan.resumed
    if state is not None and state.batch:
        model.make_train_function()  # Keras's `fit` uses an existing train function
        model.train_function = SkippingStep(model, state.batch, state.metrics)
    try:
        yield
    except tf.errors.OpError:
        if plan.raise_failure is not None:
            plan.raise_failure()
        raise
    finally:
        if isinstance(model.train_function, SkippingStep):  # the run ended before they were skipped
            model.train_function = model.train_function.step
        optimizer = inner_optimizer(model.optimizer)
        if isinstance(optimizer, AdamW):  # an interrupted run has not cleared it
            optimizer.clear_schedule()


def _create_variables(model, dataset):
    """Creates the variables of the optimizer and the metrics before the first step.

    A graph that creates variables is traced twice.

    Args:
        model: the compiled `keras.Model`.
        dataset: `tf.data.Dataset` of the training batches.
    """
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    zeros = keras.tree.map_structure(
        lambda spec: keras.ops.zeros([size or 1 for size in spec.shape], spec.dtype), dataset.element_spec
    )
    x, y, weights = keras.utils.unpack_x_y_sample_weight(zeros)
    widths = [part.shape[1] for part in keras.tree.flatten(y) if len(part.shape) > 1]
    sizes = lambda shape: [1, *(widths[0] if size is None and widths else size or 1 for size in shape[1:])]
    answers = keras.tree.map_structure(lambda output: keras.ops.zeros(sizes(output.shape), output.dtype), model.output)
    if len(model.outputs) > 1:  # each output has a metric of its mean loss
        model.compute_loss(x, y, answers, weights)
    model.compute_metrics(x, y, answers, weights)
    model.reset_metrics()


def _check_numbers(*, epochs, initial_epoch, steps_per_epoch, seed):
    check_number("epochs", epochs, least=1, whole=True)
    check_number("initial_epoch", initial_epoch, least=0, whole=True)
    check_number("steps_per_epoch", steps_per_epoch, least=1, whole=True)
    check_number("seed", seed, least=0, whole=True)
    if initial_epoch >= epochs:
        raise UserError(
            f"initial_epoch={initial_epoch} and epochs={epochs} came, and nothing is left to train; epochs counts from "
            "the beginning of the whole run. Give more epochs."
        )


def _accumulated(task, batches, callbacks):
    """Returns the number of steps that the optimizer counts in an epoch.

    If the optimizer accumulates gradients, adds to `callbacks` the one that applies an incomplete accumulation.

    Raises:
        UserError: an update needs more batches than an epoch has.
    """
    steps = inner_optimizer(task.optimizer).gradient_accumulation_steps
    if steps and batches and steps > batches:
        raise UserError(
            f"gradient_accumulation_steps={steps} (--accumulate) came, and an epoch has "
            f"{counted(batches, 'batch')}: wanted at most as many. Lower it, or take smaller batches."
        )
    if steps:
        callbacks.append(ApplyAccumulated())
    return iterations_per_epoch(batches, steps)


def _backup_among(callbacks, steps_per_epoch):
    found = [part for part in callbacks if isinstance(part, BackupAndResume)]
    if len(found) > 1:
        raise UserError(f"{len(found)} BackupAndResume callbacks came; wanted one.")
    if found and steps_per_epoch is not None:
        raise UserError(
            "BackupAndResume came together with steps_per_epoch, whose epochs have no fixed place in the texts. Leave "
            "steps_per_epoch out."
        )
    return found[0] if found else None


def _validation_dataset(task, data, batch_size):
    if data is None or not (hasattr(data, "evaluation_dataset") or is_raw(task.preprocessor, _first(data))):
        return data
    source = data if hasattr(data, "evaluation_dataset") else validation_source(task, data)
    return source.evaluation_dataset(batch_size=batch_size)


def _first(data):
    return data[0] if isinstance(data, (tuple, list)) and len(data) else data
