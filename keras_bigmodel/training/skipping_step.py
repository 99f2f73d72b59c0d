"""A training step that skips the batches that an earlier run has done. Knows Keras's trainer; no files."""

from keras_bigmodel.core.errors import UserError


class SkippingStep:
    """Replaces a model's `train_function` until the completed batches are skipped, then restores it.

    The batches are drawn and discarded, so that the later ones come in the same order. Callbacks count on from the
    position of the earlier run.

    Args:
        model: the `keras.Model` in training; the variables of its metrics must exist.
        batches: int. Number of batches to skip.
        metrics: list of arrays. The variables of loss and metrics after those batches.

    Attributes:
        step: the `train_function` that was replaced.
    """

    def __init__(self, model, batches, metrics):
        self._model = model
        self.step = model.train_function
        self._left = batches
        self._metrics = metrics

    def __call__(self, iterator):
        """Skips the batches of one step; returns the metrics as the earlier run saved them."""
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
