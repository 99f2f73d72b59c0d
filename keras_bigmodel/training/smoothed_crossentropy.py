"""Cross-entropy on label numbers with smoothed labels. Knows tensors only."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_bigmodel")
class SmoothedCrossentropy(keras.losses.Loss):
    """Is cross-entropy on logits against labels that are a little unsure.

    `keras.losses.SparseCategoricalCrossentropy` knows no label smoothing, and `CategoricalCrossentropy` wants one-hot
    labels. This one takes label numbers and gives what the latter gives on them one-hot.

    Args:
        label_smoothing: float in [0, 1). The share that is spread evenly over all labels. Defaults to 0.1.
        name: str.
        **kwargs: to `keras.losses.Loss`.

    Shapes: labels int `(batch,)`, logits float `(batch, labels)`.

    >>> loss = SmoothedCrossentropy(0.0)
    >>> round(float(loss(ops.array([1]), ops.array([[0.0, 0.0]]))), 4)
    0.6931

    Source: Szegedy et al., 2016, "Rethinking the Inception architecture", section 7.
    """

    def __init__(self, label_smoothing=0.1, *, name="smoothed_crossentropy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        """Gives one loss a text."""
        logits = ops.cast(y_pred, "float32")
        spread = ops.log_softmax(logits, axis=-1)  # (batch, labels)
        numbers = ops.cast(ops.reshape(y_true, (-1, 1)), "int32")
        of_label = ops.squeeze(ops.take_along_axis(spread, numbers, axis=-1), -1)
        return -(1.0 - self.label_smoothing) * of_label - self.label_smoothing * ops.mean(spread, axis=-1)

    def get_config(self):
        """Returns what `__init__` took."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
