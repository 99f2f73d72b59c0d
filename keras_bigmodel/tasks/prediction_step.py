"""A model's answers to encoded texts, batch by batch, from any number of threads. Knows Keras's models; no text."""

import functools

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.length_batches import LengthBatches, check_batch_size
from keras_bigmodel.layers import Projection
from keras_bigmodel.tasks.fit_plan import checked_callbacks
from keras_bigmodel.tasks.output_rows import OutputRows

_ROWS = 32  # in a batch of what has no length
FEW = 8  # texts that are answered as one batch, whatever their lengths
_TOKENS = 4096  # in a batch; more is slower again: what lies between the layers leaves the cache


class PredictionStep:
    """Computes what `keras.Model.predict` does, without its data pipeline, which takes a tenth of a second to start.

    One graph serves texts of every number and length. Where products are computed in half precision, weights are cast
    once a call: Keras casts each at every use, with short texts a tenth of the time of a batch. Nothing of a call is
    kept, so calls may run side by side.

    Args:
        model: a functional `keras.Model` over features.
        has_lengths: structure of bool, as the outputs; see `OutputRows`.
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
        """Whether this can stand in for Keras's own step: one device, one batch at a time, a graph."""
        plain = not (model.run_eagerly or model.jit_compile or model.steps_per_execution > 1)
        return plain and not tf.distribute.has_strategy()

    def is_current(self):
        """Whether the layers still compute as they did when this was made: no adapters were switched on since."""
        return self._adapted == self._lora()

    def _lora(self):
        return [layer.lora_enabled for layer in self._projections]

    def answer(self, examples, *, batch_size=None, verbose=0, callbacks=None):
        """Returns the `OutputRows` of examples; `batch_size` as `batches_of`, the others as `answered`."""
        weights = self._cast() if self._variables else []
        compute = lambda rows: _as_arrays(self._predict(examples.batch(rows), weights))
        plan = batches_of(examples, batch_size).plan()
        how = {"verbose": verbose, "callbacks": callbacks}
        return answered(self._model, examples, plan, compute, self.has_lengths, **how)

    def answer_batch(self, batch):
        """Answers one padded batch.

        Args:
            batch: dict of tensors `(rows, ...)`, what the model takes.

        Returns:
            array, or structure of arrays, one row a row.
        """
        return _as_arrays(self._predict_alone(batch))

    # Concrete functions: TensorFlow warns of the fifth model in a process whose method becomes a graph.

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


def answered(model, examples, plan, compute, has_lengths, *, verbose=0, callbacks=None):
    """Answers batches one after the other, with the callbacks of `keras.Model.predict`.

    Args:
        model: the `keras.Model`.
        examples: `Examples` without targets.
        plan: list of int arrays of row numbers.
        compute: function of such an array → structure of arrays `(rows, ...)`.
        has_lengths: as `OutputRows`.
        verbose: as in `keras.Model.predict`.
        callbacks: as in `keras.Model.predict`.

    Returns:
        `OutputRows`.

    Raises:
        UserError: a callback stopped predicting: rows are answered by length, so some would lack theirs.
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
    """Returns the `LengthBatches` in which rows are answered: of 4,096 tokens, or of 32 rows that are all alike."""
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
    """Returns `(variable, dtype)` of the kernels and biases that are cast."""
    found = []
    for layer in projections:
        if layer.compute_dtype != layer.variable_dtype and not layer.lora_enabled:
            found += [(variable, layer.compute_dtype) for variable in layer.weights]
    return found
