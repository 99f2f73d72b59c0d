"""Computes a model's outputs for raw rows, thread-safe. Knows steps and batches; no kind of task."""

import threading

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.length_batches import check_batch_size
from keras_bigmodel.data.text_inputs import check_reusable
from keras_bigmodel.tasks.output_rows import OutputRows, rows_of, with_lengths
from keras_bigmodel.tasks.prediction_step import MAX_SINGLE_BATCH_ROWS, PredictionStep, batches_of, predict_batches

_BUILD_LOCK = threading.RLock()  # held while a graph is built, so that two threads build only one


class RowPredictor:
    """Computes a model's outputs for raw rows, and stores the graph for the next call.

    Args:
        model: functional `keras.Model` over the preprocessor's features.
        task: `keras.Model` whose `preprocessor` converts columns to features, and whose `compile` settings are used.
    """

    def __init__(self, model, task):
        self._model = model
        self._task = task
        self._kept = None  # (PredictionStep, the preprocessor for which it was built)

    @property
    def _preprocessor(self):
        return self._task.preprocessor

    def arrays(self, rows, batch_size=None, **kwargs):
        """Returns the outputs of `keras.Model.predict`, in the order of the rows.

        Args:
            rows: rows in a form that `preprocessor.checked` accepts.
            batch_size: int. Number of rows in a batch. Defaults to None: as in `batches_of`.
            **kwargs: other arguments of `keras.Model.predict`.

        Returns:
            array, or structure of arrays, `(rows, ...)`, shorter rows padded with 0.

        Raises:
            UserError: the preprocessor does not accept the rows, they can be read only once, an argument is not
                accepted, or the call is inside a `tf.function`.
        """
        check_batch_size(batch_size=batch_size)
        columns = self._columns(rows)
        if self._is_one_batch(columns, batch_size, kwargs):
            return self._step().predict_batch(self._preprocessor.padded(columns))  # not sorted
        return self._outputs(columns, batch_size, **kwargs).arrays()

    def rows(self, rows, batch_size=None, **kwargs):
        """Yields each raw row and its outputs, without padding.

        Args:
            rows: as in `arrays`.
            batch_size: as in `arrays`.
            **kwargs: as in `arrays`.

        Yields:
            `(dict of column → value, array or structure of arrays)`.

        Raises:
            UserError: as `arrays`.
        """
        check_batch_size(batch_size=batch_size)
        columns = self._columns(rows)
        if self._is_one_batch(columns, batch_size, kwargs):
            outputs = rows_of(self._step().predict_batch(self._preprocessor.padded(columns)))
        else:
            outputs = self._outputs(columns, batch_size, **kwargs).rows()
        for output, *values in zip(outputs, *columns.values(), strict=True):
            yield dict(zip(columns, values, strict=True)), output

    def _is_one_batch(self, columns, batch_size, kwargs):
        """Returns whether the rows are few enough for one batch, and their outputs have no padding to remove."""
        few = len(next(iter(columns.values()))) <= min(
            MAX_SINGLE_BATCH_ROWS, batch_size or MAX_SINGLE_BATCH_ROWS
        ) and not any(kwargs.values())
        return few and PredictionStep.fits(self._task) and not any(keras.tree.flatten(self._step().has_lengths))

    def clear_graph(self):
        """Clears the stored graph, because the model computes differently from now on."""
        self._kept = None

    def _columns(self, rows):
        if not tf.executing_eagerly():
            raise UserError(
                "Texts came inside of a tf.function, where answers cannot be gathered. Call the model on its inputs "
                "there: task.postprocess(task(task.preprocess(texts), training=False))."
            )
        check_reusable(rows)
        return self._preprocessor.checked(rows)

    def _outputs(self, columns, batch_size, *, verbose=0, callbacks=None, **kwargs):
        examples = self._preprocessor.encode(columns)
        how = {"verbose": verbose, "callbacks": callbacks}
        if not kwargs and PredictionStep.fits(self._task):
            return self._step().answer(examples, batch_size=batch_size, **how)
        batches, has_lengths = batches_of(examples, batch_size), with_lengths(self._model, self._preprocessor)
        if any(keras.tree.flatten(has_lengths)):  # Keras's own loop can join only batches of the same length
            compute = lambda rows: self._model.predict_on_batch(examples.batch(rows))
            return predict_batches(self._model, examples, batches.plan(), compute, has_lengths, **how)
        outputs = OutputRows(len(examples), has_lengths)
        found = keras.Model.predict(self._model, batches.dataset(), **how, **kwargs)
        outputs.add(batches.order, found, examples.lengths)
        return outputs

    def _step(self):
        preprocessor = self._preprocessor
        with _BUILD_LOCK:
            if self._kept is None or self._kept[1] is not preprocessor or not self._kept[0].is_current():
                step = PredictionStep(self._model, with_lengths(self._model, preprocessor))
                self._kept = (step, preprocessor)
            return self._kept[0]
