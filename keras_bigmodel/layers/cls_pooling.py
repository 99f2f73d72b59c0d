"""One vector for a text: that of its first token. Knows no model."""

import keras


@keras.saving.register_keras_serializable("keras_bigmodel")
class ClsPooling(keras.layers.Layer):
    """Takes the state of the first token, [CLS] in BERT.

    Input shape: `(batch, length, hidden_dim)`. Output shape: `(batch, hidden_dim)`.

    >>> tuple(ClsPooling()(keras.ops.ones((2, 5, 8))).shape)
    (2, 8)

    Source: Devlin et al., 2018, "BERT", section 3.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, states, mask=None):
        """Takes the first token; `mask` is accepted so that all poolings are called alike."""
        return states[:, 0]

    def compute_mask(self, inputs, mask=None):
        """Gives None: a text's vector has no positions left to mask."""
        return

    def compute_output_shape(self, input_shape):
        """Gives `(batch, hidden_dim)`."""
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        """Returns what `__init__` took."""
        return super().get_config()  # Keras's guess at it fails on a dtype that is a policy
