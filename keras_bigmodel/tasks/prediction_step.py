"""Computes a model's outputs for encoded rows, batch by batch and thread-safe. Knows Keras's models; no text."""

import functools

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.length_batches import LengthBatches, check_batch_size
from keras_bigmodel.layers import Projection
from keras_bigmodel.tasks.fit_plan import checked_callbacks
from keras_bigmodel.tasks.output_rows import OutputRows

_ROWS = 32  # rows in a batch if rows have no lengths
MAX_SINGLE_BATCH_ROWS = 8  # at most this many texts make one batch, whatever their lengths
_TOKENS = 4096  # padded tokens in a batch; with more, activations leave the cache and the model is slower


class PredictionStep:
    """Computes the outputs of `keras.Model.predict` without its data pipeline, which takes 0.1 seconds to start.

    One graph is used for batches of any size and length. If products are computed in half precision, the weights are
    cast once per call. Keras casts them at every use, which for short texts takes a tenth of the time of a batch. A
    call stores no state, so several threads may call at the same time.

    Args:
        model: functional `keras.Model` over features.
        has_lengths: bool, in the structure of the outputs; see `OutputRows`.
    """

    def __init__(self, model, has_lengths):
        self._model = model
        self._projections = [layer for layer in model._flatten_layers() if isinstance(layer, Projection)]
        self._adapted = self._lora()
        self._variables = _cast_variables(self._projections)
        self.has_lengths = has_lengths
        self._batch = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs}

    @staticmethod
    def fits(model):
        """Returns whether this class can replace Keras's own step for a model: bool.

        The model must run as a graph without XLA, on one device, and with one batch per step.

        Args:
            model: compiled `keras.Model`.
        """
        plain = not (model.run_eagerly or model.jit_compile or model.steps_per_execution > 1)
        return plain and not tf.distribute.has_strategy()

    def is_current(self):
        """Returns whether LoRA is enabled in the same layers as when this object was created: bool."""
        return self._adapted == self._lora()

    def _lora(self):
        return [layer.lora_enabled for layer in self._projections]

    def answer(self, examples, *, batch_size=None, verbose=0, callbacks=None):
        """Computes the outputs of examples.

        Args:
            examples: `Examples` without targets.
            batch_size: int. As in `batches_of`. Defaults to None.
            verbose: as in `answered`. Defaults to 0.
            callbacks: as in `answered`. Defaults to None.

        Returns:
            `OutputRows`.

        Raises:
            UserError: as `batches_of` and `answered`.
        """
        weights = self._cast() if self._variables else []
        compute = lambda rows: _as_arrays(self._predict(examples.batch(rows), weights))
        plan = batches_of(examples, batch_size).plan()
        how = {"verbose": verbose, "callbacks": callbacks}
        return predict_batches(self._model, examples, plan, compute, self.has_lengths, **how)

    def predict_batch(self, batch):
        """Computes the outputs of one padded batch.

        Args:
            batch: dict of input name → tensor `(rows, ...)`.

        Returns:
            array, or structure of arrays, `(rows, ...)`.
        """
        return _as_arrays(self._predict_alone(batch))

    # Concrete functions: TensorFlow warns when the method of a fifth model in a process is traced.

    @functools.cached_property
    def _predict_alone(self):
        return tf.function(self._model.predict_step).get_concrete_function(self._batch)

    @functools.cached_property
    def _predict(self):
        def predict(batch, weights):
            with keras.StatelessScope() as scope:
                for (variable, _), weight in zip(self._variables, weights, strict=True):
                    scope.add_update((variable, weight))
                return self._model.predict_step(batch)

        weights = [tf.TensorSpec(variable.shape, dtype) for variable, dtype in self._variables]
        return tf.function(predict).get_concrete_function(self._batch, weights)

    @functools.cached_property
    def _cast(self):
        return tf.function(
            lambda: [tf.cast(variable, dtype) for variable, dtype in self._variables]
        ).get_concrete_function()


def predict_batches(model, examples, plan, compute, has_lengths, *, verbose=0, callbacks=None):
    """Computes the outputs of batches one after another, and calls the callbacks as `keras.Model.predict` does.

    Args:
        model: `keras.Model`.
        examples: `Examples` without targets.
        plan: sequence of int arrays. Row numbers of each batch.
        compute: function from the row numbers of a batch to a structure of arrays `(rows, ...)`.
        has_lengths: as in `OutputRows`.
        verbose: as in `keras.Model.predict`. Defaults to 0.
        callbacks: as in `keras.Model.predict`, or a `keras.callbacks.CallbackList`. Defaults to None.

    Returns:
        `OutputRows`.

    Raises:
        UserError: a callback stopped predicting. Batches are sorted by length, so rows anywhere in the input would have
            no outputs.
    """
    callbacks = _callbacks(model, callbacks, verbose, len(plan))
    model.stop_predicting = False
    callbacks.on_predict_begin()
    answers, lengths = OutputRows(len(examples), has_lengths), examples.lengths
    for number, rows in enumerate(plan):
        callbacks.on_predict_batch_begin(number)
        outputs = compute(rows)
        answers.add(rows, outputs, lengths[rows])
        callbacks.on_predict_batch_end(number, {"outputs": outputs})
        if model.stop_predicting:
            raise UserError(
                f"A callback stopped predicting after batch {number + 1} of {len(plan)}. Texts are answered by "
                "their length, not in their order; hand in fewer texts instead."
            )
    callbacks.on_predict_end()
    return answers


def batches_of(examples, batch_size):
    """Returns the batches in which outputs are computed: `LengthBatches`.

    Args:
        examples: `Examples`.
        batch_size: int or None. Number of rows in a batch. None means 4,096 padded tokens, or 32 rows if rows have no
            lengths.

    Raises:
        UserError: `batch_size` is not a whole number of 1 or more.
    """
    check_batch_size(batch_size=batch_size)
    if batch_size is None and examples.length_of is not None:
        return LengthBatches(examples, tokens_per_batch=_TOKENS)
    return LengthBatches(examples, batch_size=batch_size or _ROWS)


def _as_arrays(outputs):
    return keras.tree.map_structure(lambda output: output.numpy(), outputs)


def _callbacks(model, callbacks, verbose, steps):
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks
    callbacks = checked_callbacks(callbacks)
    verbose = 1 if verbose == "auto" else verbose
    return keras.callbacks.CallbackList(
        callbacks, add_progbar=verbose != 0, model=model, verbose=verbose, epochs=1, steps=steps
    )


def _cast_variables(projections):
    """Returns the kernels and biases that are cast, and the dtype of each: list of `(variable, dtype)`."""
    found = []
    for layer in projections:
        if layer.compute_dtype != layer.variable_dtype and not layer.lora_enabled:
            found += [(variable, layer.compute_dtype) for variable in layer.weights]
    return found
