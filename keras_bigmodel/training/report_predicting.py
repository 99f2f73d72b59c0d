"""The batches of `predict`, told to a bar. Knows Keras's callbacks; no task and no screen."""

import keras


class ReportPredicting(keras.callbacks.Callback):
    """Tells a reporter the batches of `predict` or `evaluate`.

    Args:
        advance: function to call after each batch; what `Reporter.bar` gives.
    """

    def __init__(self, advance):
        super().__init__()
        self._advance = advance

    def on_predict_batch_end(self, batch, logs=None):
        """Moves the bar."""
        self._advance()
