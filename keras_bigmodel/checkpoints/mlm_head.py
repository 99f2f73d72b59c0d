"""BERT's head that predicts masked tokens, as checkpoints hold it. Knows names and numbers; no file, no training."""

import tensorflow as tf

from keras_bigmodel import kernels
from keras_bigmodel.checkpoints.name_pair import same, transposed
from keras_bigmodel.layers.activations import activation_of

HUB_PREFIX = "cls/predictions"  # of its variables in a TF-Hub module
_HUGGING_FACE = {
    "transform/dense/bias": "transform.dense.bias",
    "transform/LayerNorm/gamma": "transform.LayerNorm.weight",
    "transform/LayerNorm/beta": "transform.LayerNorm.bias",
    "output_bias/bias": "bias",
}


class MlmHead:
    """Predicts the tokens at given positions from the states of an encoder, whose token embeddings it shares.

    Computes `norm(activation(states @ W + b)) @ token_embeddings.T + bias`.

    Args:
        encoder: `BertEncoder`, from which sizes, activation and token embeddings are taken.

    Source: Devlin et al., 2018, "BERT", section 3.1; `BertForMaskedLM` of transformers.
    """

    def __init__(self, encoder):
        settings = encoder.settings
        width = settings["hidden_dim"]
        self._embeddings = encoder.embedding.token_embeddings
        self._activation, self._epsilon = activation_of(settings["activation"]), settings["epsilon"]
        shapes = {
            "transform/dense/kernel": (width, width),
            "transform/dense/bias": (width,),
            "transform/LayerNorm/gamma": (width,),
            "transform/LayerNorm/beta": (width,),
            "output_bias/bias": (settings["vocabulary_size"],),
        }
        self._weights = {
            name: tf.Variable(tf.zeros(shape), name=f"{HUB_PREFIX}/{name}") for name, shape in shapes.items()
        }

    @property
    def weights(self):
        """Returns the variables of the head, without the embeddings: list of `tf.Variable`."""
        return list(self._weights.values())

    def logits(self, states, positions):
        """Returns the logits of the tokens at positions; graph-safe.

        Args:
            states: float32 tensor `(texts, length, hidden_dim)`.
            positions: int tensor `(texts, positions)`.

        Returns:
            float32 tensor `(texts, positions, vocabulary_size)`.
        """
        weights = self._weights
        chosen = tf.gather(states, tf.cast(positions, tf.int32), batch_dims=1)
        product = tf.einsum("tpw,wv->tpv", chosen, weights["transform/dense/kernel"]) + weights["transform/dense/bias"]
        gamma, beta = weights["transform/LayerNorm/gamma"], weights["transform/LayerNorm/beta"]
        chosen = kernels.layer_norm(self._activation(product), gamma, beta, self._epsilon)
        return tf.einsum("tpw,vw->tpv", chosen, self._embeddings.value) + weights["output_bias/bias"]

    def hub_names(self, prefix=""):
        """Lists the pairs of the head's variables and those of a TF-Hub module: list of `NamePair`.

        Args:
            prefix: str. What stands before `cls/predictions`, e.g. `"bert/"`. Defaults to nothing.
        """
        return [same(variable, f"{prefix}{HUB_PREFIX}/{name}") for name, variable in self._weights.items()]

    def hugging_face_names(self):
        """Lists the pairs of the head's variables and those of a Hugging Face folder: list of `NamePair`."""
        others = [same(self._weights[ours], f"cls.predictions.{theirs}") for ours, theirs in _HUGGING_FACE.items()]
        kernel = self._weights["transform/dense/kernel"]
        return [transposed(kernel, "cls.predictions.transform.dense.weight"), *others]
