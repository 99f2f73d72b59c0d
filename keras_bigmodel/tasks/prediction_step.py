"""A model's answers to encoded texts, batch by batch, from any number of threads. Knows Keras's models; no text."""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.length_batches import LengthBatches, check_batch_size
from keras_bigmodel.layers import Projection

FEW = 8  # texts that are answered as one batch, whatever their lengths
_TOKENS = 4096  # in a batch; more is slower again: what lies between the layers leaves the cache


class PredictionStep:
    """Computes what `keras.Model.predict` does, without its data pipeline, which takes a tenth of a second to start.

    One graph serves texts of every number and length. Where products are computed in half precision, weights are cast
    once a call: Keras casts each at every use, with short texts a tenth of the time of a batch. Nothing of a call is
    kept, so calls may run side by side.

    Args:
        model: a functional `keras.Model` over token ids.
    """

    def __init__(self, model):
        self._model = model
        self._projections = [layer for layer in model._flatten_layers() if isinstance(layer, Projection)]
        self._adapted = self._lora()
        self._variables = _cast_variables(self._projections)
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
        """Answers texts in batches of like length.

        Args:
            examples: `Examples` without targets.
            batch_size: int. Rows in a batch. Defaults to as many as make 4,096 tokens.
            verbose: as in `keras.Model.predict`.
            callbacks: as in `keras.Model.predict`.

        Returns:
            array, one row a text, in the order of the texts.

        Raises:
            UserError: a callback stopped predicting: texts are answered by length, so some would lack theirs.
        """
        plan = batches_of(examples, batch_size).plan()
        weights = self._cast() if self._variables else []
        callbacks = _callbacks(self._model, callbacks, verbose, len(plan))
        self._model.stop_predicting = False
        callbacks.on_predict_begin()
        answers = []
        for number, rows in enumerate(plan):
            callbacks.on_predict_batch_begin(number)
            answers.append(self._predict(examples.batch(rows), weights).numpy())
            callbacks.on_predict_batch_end(number, {"outputs": answers[-1]})
            if self._model.stop_predicting:
                raise UserError(
                    f"A callback stopped predicting after batch {number + 1} of {len(plan)}. Texts are answered by "
                    "their length, not in their order; hand in fewer texts instead."
                )
        callbacks.on_predict_end()
        return in_order(np.concatenate(answers), np.concatenate(plan))

    def answer_batch(self, batch):
        """Answers one padded batch.

        Args:
            batch: dict of int32 tensors `(rows, length)`, what the model takes.

        Returns:
            array, one row a text.
        """
        return self._predict_alone(batch).numpy()

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


def batches_of(examples, batch_size):
    """Returns the `LengthBatches` in which texts are answered."""
    check_batch_size(batch_size=batch_size)
    if batch_size is None:
        return LengthBatches(examples, tokens_per_batch=_TOKENS)
    return LengthBatches(examples, batch_size=batch_size)


def in_order(rows, order):
    """Puts rows back where they came from: row `i` belongs to text `order[i]`."""
    restored = np.empty_like(rows)
    restored[order] = rows
    return restored


def _callbacks(model, callbacks, verbose, steps):
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks
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
