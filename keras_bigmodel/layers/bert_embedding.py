"""BERT's embedding of token ids: the sum of token, position and segment embeddings. Knows no text."""

import keras
from keras import ops

from keras_bigmodel.layers.dropout import Dropout
from keras_bigmodel.layers.layer_norm import LayerNorm


@keras.saving.register_keras_serializable("keras_bigmodel")
class BertEmbedding(keras.layers.Layer):
    """Embeds token ids as the normalized sum of token, position and segment embeddings.

    Computes `dropout(layer_norm(token[token_ids] + position[0..length-1] + segment[segment_ids]))`.

    Args:
        vocabulary_size: int. Number of token ids.
        hidden_dim: int. Width of an embedding.
        max_length: int. Number of positions, in tokens; longer inputs raise an error. Defaults to 512.
        num_segments: int. Number of segments (1 for the first text, 2 with a pair). Defaults to 2.
        dropout: float in [0, 1). Dropout rate after the normalization. Defaults to 0.1.
        epsilon: float. Added to the variance in the normalization. Defaults to 1e-12.
        embeddings_initializer: str or initializer of the three tables. Defaults to a normal distribution with
            standard deviation 0.02, truncated at two standard deviations, as in BERT.
        **kwargs: Passed to `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: `[token_ids, segment_ids]`, each int `(batch, length)`, or `token_ids` alone (segment 0 everywhere).
        training: bool. Whether dropout is applied.

    Input shape: `(batch, length)` for each of the ids.

    Output shape: `(batch, length, hidden_dim)`.

    Raises:
        ValueError: the static length of the input is greater than `max_length`.

    >>> tuple(BertEmbedding(100, 8, max_length=16)(keras.ops.ones((2, 5), dtype="int32")).shape)
    (2, 5, 8)

    Source: Devlin et al., 2018, "BERT", section 3.
    """

    def __init__(
        self,
        vocabulary_size,
        hidden_dim,
        *,
        max_length=512,
        num_segments=2,
        dropout=0.1,
        epsilon=1e-12,
        embeddings_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.hidden_dim = hidden_dim
        self.max_length = max_length
        self.num_segments = num_segments
        self.dropout = dropout
        self.epsilon = epsilon
        if embeddings_initializer is None:
            embeddings_initializer = keras.initializers.TruncatedNormal(stddev=0.02)
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)
        self.norm = LayerNorm(epsilon=epsilon, dtype=self.dtype_policy, name="norm")
        self.output_dropout = Dropout(dropout, dtype=self.dtype_policy, name="output_dropout")

    def build(self, input_shape):
        """Creates the three embedding tables and the weights of the normalization."""
        self.token_embeddings = self._table("token_embeddings", self.vocabulary_size)
        self.position_embeddings = self._table("position_embeddings", self.max_length)
        self.segment_embeddings = self._table("segment_embeddings", self.num_segments)
        self.norm.build((None, None, self.hidden_dim))

    def _table(self, name, rows):
        initializer = self.embeddings_initializer.clone()  # one seed would make the three tables equal
        # Rows are looked up first and cast afterwards: an automatic cast would copy the whole table at every step.
        return self.add_weight(name=name, shape=(rows, self.hidden_dim), initializer=initializer, autocast=False)

    def call(self, inputs, training=None):
        """Applies the layer; see the class for arguments and shapes."""
        token_ids, segment_ids = inputs if isinstance(inputs, (list, tuple)) else (inputs, None)
        static_length = token_ids.shape[1]
        if static_length is not None and static_length > self.max_length:
            raise ValueError(
                f"BertEmbedding(max_length={self.max_length}) got {static_length} tokens; truncate the text to "
                f"{self.max_length} tokens, or use an encoder with more positions."
            )
        length = ops.shape(token_ids)[1]
        states = self._look_up(self.token_embeddings, token_ids)  # (batch, length, hidden_dim)
        states = states + ops.cast(self.position_embeddings[:length], self.compute_dtype)
        if segment_ids is None:
            states = states + ops.cast(self.segment_embeddings[0], self.compute_dtype)
        else:
            states = states + self._look_up(self.segment_embeddings, segment_ids)
        return self.output_dropout(self.norm(states), training=training)

    def _look_up(self, table, ids):
        return ops.cast(ops.take(table, ops.cast(ids, "int32"), axis=0), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Returns the output shape: `(batch, length, hidden_dim)`."""
        token_shape = input_shape[0] if isinstance(input_shape[0], (list, tuple)) else input_shape
        return (*token_shape, self.hidden_dim)

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "hidden_dim": self.hidden_dim,
            "max_length": self.max_length,
            "num_segments": self.num_segments,
            "dropout": self.dropout,
            "epsilon": self.epsilon,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
        }
