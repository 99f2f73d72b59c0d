"""The BERT encoder: token ids in, hidden states out. Knows no strings, no losses, no files."""

import keras

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.layers import BertEmbedding, ClsPooling, Projection, TransformerLayer


@keras.saving.register_keras_serializable("keras_bigmodel")
class BertEncoder(keras.Model):
    """Encodes token ids as one hidden state per token, with the bidirectional Transformer encoder of BERT.

    A functional model of two functional submodels: `embedding_part` (ids to embeddings) and `body_part` (embeddings to
    states). Between them, gradients can be taken and embeddings replaced.

    Args:
        vocabulary_size: int. Number of token ids.
        hidden_dim: int. Width of a token.
        num_layers: int. Number of Transformer layers.
        num_heads: int. Number of attention heads of each layer.
        intermediate_dim: int. Width of the feed-forward networks' hidden layer.
        max_length: int. Number of positions, in tokens. Defaults to 512.
        num_segments: int. Number of segments. Defaults to 2.
        dropout: float in [0, 1). Dropout rate of the embeddings and of the sublayers' outputs. Defaults to 0.1.
        attention_dropout: float in [0, 1). Dropout rate of the attention weights. Defaults to 0.1.
        activation: str. Activation of the feed-forward networks. Defaults to `"gelu"` (erf form);
            `"gelu_tanh"` is its tanh form, as in the BERTs of TF-Hub.
        epsilon: float. Added to the variance in the normalizations. Defaults to 1e-12.
        pooler: bool. Whether to add BERT's pooler, a dense layer with tanh on the first token's state. Defaults
            to True.
        dtype: str or `keras.DTypePolicy`. Defaults to Keras's global dtype policy.
        **kwargs: Passed to `keras.Model`, e.g. `name`.

    Input shape: a dict of int `(batch, length)`: `token_ids`, `segment_ids` (0 and 1) and `padding_mask` (1 for real
    tokens).

    Output shape: a dict of `sequence_output`, `(batch, length, hidden_dim)`, and, with the pooler, `pooled_output`,
    `(batch, hidden_dim)`.

    Raises:
        UserError: `num_heads` is less than 1, or `hidden_dim` is not a multiple of it.

    >>> encoder = BertEncoder(100, 8, num_layers=1, num_heads=2, intermediate_dim=16, max_length=32)
    >>> ids = keras.ops.ones((2, 5), dtype="int32")
    >>> tuple(encoder({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": ids})["sequence_output"].shape)
    (2, 5, 8)

    Source: Devlin et al., 2018, "BERT: Pre-training of deep bidirectional Transformers".
    """

    def __init__(
        self,
        vocabulary_size,
        hidden_dim,
        *,
        num_layers,
        num_heads,
        intermediate_dim,
        max_length=512,
        num_segments=2,
        dropout=0.1,
        attention_dropout=0.1,
        activation="gelu",
        epsilon=1e-12,
        pooler=True,
        dtype=None,
        **kwargs,
    ):
        _check_heads(hidden_dim, num_heads)
        dtype = keras.dtype_policies.get(dtype) if dtype else keras.config.dtype_policy()
        settings = {
            "vocabulary_size": vocabulary_size,
            "hidden_dim": hidden_dim,
            "num_layers": num_layers,
            "num_heads": num_heads,
            "intermediate_dim": intermediate_dim,
            "max_length": max_length,
            "num_segments": num_segments,
            "dropout": dropout,
            "attention_dropout": attention_dropout,
            "activation": activation,
            "epsilon": epsilon,
            "pooler": pooler,
        }

        # Wiring
        token_ids = keras.Input((None,), dtype="int32", name="token_ids")
        segment_ids = keras.Input((None,), dtype="int32", name="segment_ids")
        padding_mask = keras.Input((None,), dtype="int32", name="padding_mask")
        embedding_part = _embedding_part(settings, dtype, token_ids, segment_ids)
        body_part = _body_part(settings, dtype, padding_mask)
        super().__init__(
            {"token_ids": token_ids, "segment_ids": segment_ids, "padding_mask": padding_mask},
            body_part([embedding_part([token_ids, segment_ids]), padding_mask]),
            **kwargs,
        )

        # Settings
        self.embedding_part = embedding_part
        self.body_part = body_part
        self.settings = settings

    @property
    def embedding(self):
        """Returns the embedding layer: `BertEmbedding`."""
        return self.embedding_part.get_layer("embedding")

    @property
    def transformer_layers(self):
        """Returns the Transformer layers, first to last: list of `TransformerLayer`."""
        return [self.body_part.get_layer(f"layer_{index}") for index in range(self.settings["num_layers"])]

    @property
    def pooler(self):
        """Returns the pooler's dense layer: `Projection`, or None."""
        return self.body_part.get_layer("pooler") if self.settings["pooler"] else None

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`, and which layers are frozen."""
        dtype = keras.dtype_policies.serialize(self.embedding.dtype_policy)
        frozen = [layer.name for layer in self._freezable() if not layer.trainable]
        return {**self.settings, "dtype": dtype, "name": self.name, "trainable": self.trainable, "frozen": frozen}

    def _freezable(self):
        return [self.embedding, *self.transformer_layers, *([self.pooler] if self.pooler else [])]

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Builds an encoder from a configuration that `get_config` returned.

        Args:
            config: dict. The configuration.
            custom_objects: Ignored. Accepted because Keras passes it.

        Returns:
            `BertEncoder`, with the same layers frozen.
        """
        config = dict(config)
        trainable, frozen = config.pop("trainable", True), config.pop("frozen", [])
        encoder = cls(**config)
        encoder.trainable = trainable
        for layer in encoder._freezable():
            layer.trainable = trainable and layer.name not in frozen
        return encoder


def _check_heads(hidden_dim, num_heads):
    if num_heads < 1 or hidden_dim % num_heads:
        raise UserError(
            f"A BERT with hidden_dim={hidden_dim} cannot have num_heads={num_heads}: every head gets an equal "
            "part of the width. Choose a number of heads that divides it."
        )


def _embedding_part(settings, dtype, token_ids, segment_ids):
    """Builds the functional submodel from ids to embeddings."""
    names = ("max_length", "num_segments", "dropout", "epsilon")
    embedding = BertEmbedding(
        settings["vocabulary_size"],
        settings["hidden_dim"],
        **{name: settings[name] for name in names},
        dtype=dtype,
        name="embedding",
    )
    return keras.Model([token_ids, segment_ids], embedding([token_ids, segment_ids]), name="embed")


def _body_part(settings, dtype, padding_mask):
    """Builds the functional submodel from embeddings to states, and to the pooled output if there is a pooler."""
    hidden_dim = settings["hidden_dim"]
    initializer = keras.initializers.TruncatedNormal(stddev=0.02)
    names = ("intermediate_dim", "dropout", "attention_dropout", "activation", "epsilon")
    layers = [
        TransformerLayer(
            hidden_dim,
            settings["num_heads"],
            **{name: settings[name] for name in names},
            kernel_initializer=initializer.clone(),
            dtype=dtype,
            name=f"layer_{index}",
        )
        for index in range(settings["num_layers"])
    ]
    vectors = keras.Input((None, hidden_dim), dtype=dtype.compute_dtype, name="vectors")
    states = vectors
    for layer in layers:
        states = layer(states, mask=padding_mask)
    outputs = {"sequence_output": states}
    if settings["pooler"]:
        pooled = Projection(hidden_dim, activation="tanh", kernel_initializer=initializer, dtype=dtype, name="pooler")
        outputs["pooled_output"] = pooled(ClsPooling(dtype=dtype, name="first_token")(states))
    return keras.Model([vectors, padding_mask], outputs, name="body")
