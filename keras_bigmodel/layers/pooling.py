"""Pooling layers: one vector per text from the states of its tokens. Knows tensors only."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_bigmodel")
class ClsPooling(keras.layers.Layer):
    """Returns the state of the first token, [CLS] in BERT.

    Call arguments:
        states: `(batch, length, hidden_dim)`.
        mask: Ignored. Defaults to None.

    Input shape: `(batch, length, hidden_dim)`. Output shape: `(batch, hidden_dim)`.

    >>> tuple(ClsPooling()(keras.ops.ones((2, 5, 8))).shape)
    (2, 8)

    Source: Devlin et al., 2018, "BERT", section 3.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, states, mask=None):
        """Returns the first token's state; `mask` is accepted so that all pooling layers have the same arguments."""
        return states[:, 0]

    def compute_mask(self, inputs, mask=None):
        """Returns None: the output has no token axis to mask."""
        return

    def compute_output_shape(self, input_shape):
        """Returns the output shape: `(batch, hidden_dim)`."""
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`."""
        return super().get_config()  # overridden: Keras's automatic configuration fails if `dtype` is a policy


@keras.saving.register_keras_serializable("keras_bigmodel")
class MeanPooling(keras.layers.Layer):
    """Averages the states of the tokens that the mask shows: `sum(mask * states) / max(sum(mask), 1)`.

    The sums over tokens are computed in float32. The output for a text without real tokens is zeros.

    Call arguments:
        states: `(batch, length, hidden_dim)`.
        mask: `(batch, length)`, nonzero for real tokens. Defaults to None: every token counts.

    Input shape: `(batch, length, hidden_dim)`. Output shape: `(batch, hidden_dim)`.

    >>> states = keras.ops.convert_to_tensor([[[1.0], [3.0], [9.0]]])
    >>> float(MeanPooling()(states, mask=keras.ops.convert_to_tensor([[1, 1, 0]]))[0, 0])
    2.0

    Source: Reimers and Gurevych, 2019, "Sentence-BERT", section 3.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, states, mask=None):
        """Applies the layer; see the class for arguments and shapes."""
        states = ops.cast(states, "float32")  # a bfloat16 sum over 128 tokens loses the third digit
        if mask is None:
            return ops.cast(ops.mean(states, axis=1), self.compute_dtype)
        weights = ops.expand_dims(ops.cast(ops.not_equal(mask, 0), "float32"), -1)  # LiteRT has no [..., None] slice
        total = ops.maximum(ops.sum(weights, axis=1), 1.0)
        return ops.cast(ops.sum(states * weights, axis=1) / total, self.compute_dtype)

    def compute_mask(self, inputs, mask=None):
        """Returns None: the output has no token axis to mask."""
        return

    def compute_output_shape(self, input_shape):
        """Returns the output shape: `(batch, hidden_dim)`."""
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`."""
        return super().get_config()  # overridden: Keras's automatic configuration fails if `dtype` is a policy
