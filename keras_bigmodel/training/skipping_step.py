"""A training step that passes over batches that an earlier run has done. Knows Keras's trainer; no files."""

from keras_bigmodel.core.errors import UserError


class SkippingStep:
    """Stands in for a model's `train_function` until the batches done are passed, then steps aside.

    The batches are drawn and thrown away, so that those after them come in the same order, and callbacks count on from
    where the earlier run stood.

    Args:
        model: the `keras.Model` in training; the variables of its metrics are made.
        batches: int. How many batches to pass over.
        metrics: list of arrays: what loss and metrics had gathered over those batches.

    `step` is the function that it stands in for.
    """

    def __init__(self, model, batches, metrics):
        self._model = model
        self.step = model.train_function
        self._left = batches
        self._metrics = metrics

    def __call__(self, iterator):
        """Draws a step's batches; gives the metrics as they stood."""
        for _ in range(self._model.steps_per_execution):
            if self._left > 0:
                next(iterator)
                self._left -= 1
        if self._metrics is not None:
            self._restore_metrics()
        if self._left <= 0:
            self._model.train_function = self.step
        return self._model.get_metrics_result()

    def _restore_metrics(self):
        variables = self._model.metrics_variables
        if [tuple(variable.shape) for variable in variables] != [array.shape for array in self._metrics]:
            raise UserError("The run that stopped measured other metrics. Go on with the same ones in compile.")
        for variable, array in zip(variables, self._metrics, strict=True):
            variable.assign(array)
        self._metrics = None
