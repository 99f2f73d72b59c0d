"""Cross-entropy on label numbers with label smoothing. Knows tensors only."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_bigmodel")
class SmoothedCrossentropy(keras.losses.Loss):
    """Computes the cross-entropy of logits against integer labels with label smoothing.

    The loss of a text is `-(1 - s) * log_softmax(logits)[label] - s * mean(log_softmax(logits))`, where `s` is
    `label_smoothing`. `keras.losses.SparseCategoricalCrossentropy` has no label smoothing, and
    `CategoricalCrossentropy` needs one-hot labels; this loss takes label numbers and returns what the latter returns on
    their one-hot form.

    Args:
        label_smoothing: float in [0, 1). Fraction of a label's weight that is spread evenly over all labels. Defaults
            to 0.1.
        name: str. Defaults to `"smoothed_crossentropy"`.
        **kwargs: Passed to `keras.losses.Loss`.

    Input shape: labels int `(batch,)`, logits float `(batch, labels)`.

    >>> loss = SmoothedCrossentropy(0.0)
    >>> round(float(loss(ops.array([1]), ops.array([[0.0, 0.0]]))), 4)
    0.6931

    Source: Szegedy et al., 2016, "Rethinking the Inception architecture", section 7.
    """

    def __init__(self, label_smoothing=0.1, *, name="smoothed_crossentropy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        """Computes one loss per text.

        Args:
            y_true: int `(batch,)` or `(batch, 1)`. Label numbers.
            y_pred: float `(batch, labels)`. Logits.

        Returns:
            float32 `(batch,)`.
        """
        logits = ops.cast(y_pred, "float32")
        spread = ops.log_softmax(logits, axis=-1)  # (batch, labels)
        numbers = ops.cast(ops.reshape(y_true, (-1, 1)), "int32")
        of_label = ops.squeeze(ops.take_along_axis(spread, numbers, axis=-1), -1)
        return -(1.0 - self.label_smoothing) * of_label - self.label_smoothing * ops.mean(spread, axis=-1)

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
