"""Raw rows through a preprocessor and a model, from any number of threads. Knows steps and batches; no kind of task."""

import threading

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.length_batches import check_batch_size
from keras_bigmodel.data.text_inputs import refuse_read_once
from keras_bigmodel.tasks.output_rows import OutputRows, rows_of, with_lengths
from keras_bigmodel.tasks.prediction_step import FEW, PredictionStep, answered, batches_of

_MAKING = threading.RLock()  # held while a graph is made: two threads make one


class RowPredictor:
    """Computes a model's outputs for raw rows and keeps the graph for the next call.

    Args:
        model: functional `keras.Model` over the preprocessor's features.
        task: whose `preprocessor` turns columns into features, and who is compiled as predicting is to run.
    """

    def __init__(self, model, task):
        self._model = model
        self._task = task
        self._kept = None  # (PredictionStep, the preprocessor that it was made for)

    @property
    def _preprocessor(self):
        return self._task.preprocessor

    def arrays(self, rows, batch_size=None, **kwargs):
        """Returns what `keras.Model.predict` would, the rows in the order given.

        Args:
            rows: what `preprocessor.checked` takes.
            batch_size: int. Rows in a batch. Defaults to as many as make 4,096 tokens.
            **kwargs: to `keras.Model.predict`.
        """
        check_batch_size(batch_size=batch_size)
        columns = self._columns(rows)
        if self._is_one_batch(columns, batch_size, kwargs):
            return self._step().answer_batch(self._preprocessor.padded(columns))  # without being sorted
        return self._outputs(columns, batch_size, **kwargs).arrays()

    def rows(self, rows, batch_size=None, **kwargs):
        """Yields each raw row, a dict by column, and its outputs, as long as the row is; arguments as `arrays`."""
        check_batch_size(batch_size=batch_size)
        columns = self._columns(rows)
        if self._is_one_batch(columns, batch_size, kwargs):
            outputs = rows_of(self._step().answer_batch(self._preprocessor.padded(columns)))
        else:
            outputs = self._outputs(columns, batch_size, **kwargs).rows()
        for output, *values in zip(outputs, *columns.values(), strict=True):
            yield dict(zip(columns, values, strict=True)), output

    def _is_one_batch(self, columns, batch_size, kwargs):
        """Whether rows are so few that they make one batch, and their outputs have no lengths to be cut to."""
        few = len(next(iter(columns.values()))) <= min(FEW, batch_size or FEW) and not any(kwargs.values())
        return few and PredictionStep.fits(self._task) and not any(keras.tree.flatten(self._step().has_lengths))

    def forget(self):
        """Lets the graph go: the model computes otherwise from now on."""
        self._kept = None

    def _columns(self, rows):
        if not tf.executing_eagerly():
            raise UserError(
                "Texts came inside of a tf.function, where answers cannot be gathered. Call the model on its inputs "
                "there: task.postprocess(task(task.preprocess(texts), training=False))."
            )
        refuse_read_once(rows)
        return self._preprocessor.checked(rows)

    def _outputs(self, columns, batch_size, *, verbose=0, callbacks=None, **kwargs):
        examples = self._preprocessor.encode(columns)
        how = {"verbose": verbose, "callbacks": callbacks}
        if not kwargs and PredictionStep.fits(self._task):
            return self._step().answer(examples, batch_size=batch_size, **how)
        batches, has_lengths = batches_of(examples, batch_size), with_lengths(self._model, self._preprocessor)
        if any(keras.tree.flatten(has_lengths)):  # Keras's own loop joins batches of one length only
            compute = lambda rows: self._model.predict_on_batch(examples.batch(rows))
            return answered(self._model, examples, batches.plan(), compute, has_lengths, **how)
        outputs = OutputRows(len(examples), has_lengths)
        found = keras.Model.predict(self._model, batches.dataset(), **how, **kwargs)
        outputs.add(batches.order, found, examples.lengths)
        return outputs

    def _step(self):
        preprocessor = self._preprocessor
        with _MAKING:
            if self._kept is None or self._kept[1] is not preprocessor or not self._kept[0].is_current():
                step = PredictionStep(self._model, with_lengths(self._model, preprocessor))
                self._kept = (step, preprocessor)
            return self._kept[0]
