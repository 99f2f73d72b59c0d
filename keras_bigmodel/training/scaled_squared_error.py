"""Squared error in units of a scale. Knows tensors only."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_bigmodel")
class ScaledSquaredError(keras.losses.Loss):
    """Computes the mean squared error of numbers in units of a scale, such as their standard deviation.

    A learning rate then suits prices in thousands as well as scores from 0 to 1: in units of the deviation of the
    targets, always predicting their mean has a loss of 1.

    Args:
        scale: float above 0. Defaults to 1, the plain mean squared error.
        name: str. Defaults to `"scaled_squared_error"`.
        **kwargs: Passed to `keras.losses.Loss`.

    Input shape: two float `(batch, ...)`.

    >>> loss = ScaledSquaredError(2.0)
    >>> round(float(loss(ops.array([[1.0], [3.0]]), ops.array([[1.0], [7.0]]))), 4)
    2.0
    """

    def __init__(self, scale=1.0, *, name="scaled_squared_error", **kwargs):
        super().__init__(name=name, **kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        """Computes one loss per row.

        Args:
            y_true: float `(batch, ...)`.
            y_pred: float of the same shape.

        Returns:
            float32 `(batch,)`.
        """
        y_true, y_pred = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        y_true = ops.reshape(y_true, ops.shape(y_pred))  # (batch,) beside (batch, 1) would be all pairs of rows
        apart = (y_pred - y_true) / self.scale
        return ops.mean(ops.square(apart), axis=-1)

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`."""
        return {**super().get_config(), "scale": self.scale}
