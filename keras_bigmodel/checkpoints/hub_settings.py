"""Reads the settings of a TF-Hub BERT from the shapes of its variables and the constants of its graph."""

import re
from collections import Counter

from keras_bigmodel.checkpoints.hub_interface import NotPlainBertError

_LAYER = re.compile(r"transformer/layer_(\d+)/self_attention/query/kernel")
# Op → activation, in the order in which they are looked for: tanh is the pooler's too, the cube is GELU's alone.
_ACTIVATIONS = {"Erf": "gelu", "Erfc": "gelu", "Pow": "gelu_tanh", "Relu": "relu", "Sigmoid": "silu"}
_BERTS_DROPOUT = 0.1


def has_berts_names(saved_model):
    """Returns whether the variables have the names that Google's exporter gave those of a BERT: bool.

    Args:
        saved_model: `SavedModelFile`.
    """
    return any(map(_LAYER.fullmatch, saved_model.keys))


def settings_of(saved_model, handle):
    """Returns the arguments of `BertEncoder` except `pooler`: dict.

    Activation, epsilon and dropout are read from the graph; the comparison with the module confirms the first two.
    Dropout is 0 where the graph draws no random numbers, and the commonest rate where layers have several.

    Args:
        saved_model: `SavedModelFile` with a BERT's names.
        handle: str or path. The module as it was named, for messages.

    Raises:
        NotPlainBertError: a variable is missing or has another number of axes.
    """
    shape = lambda name, rank: _shape(saved_model, handle, name, rank)
    width, heads, _ = shape("transformer/layer_0/self_attention/query/kernel", 3)
    return {
        "vocabulary_size": shape("word_embeddings/embeddings", 2)[0],
        "hidden_dim": width,
        "num_layers": 1 + max(int(found[1]) for found in map(_LAYER.fullmatch, saved_model.keys) if found),
        "num_heads": heads,
        "intermediate_dim": shape("transformer/layer_0/intermediate/kernel", 2)[1],
        "max_length": shape("position_embedding/embeddings", 2)[0],
        "num_segments": shape("type_embeddings/embeddings", 2)[0],
        "activation": next((name for op, name in _ACTIVATIONS.items() if op in saved_model.ops), "gelu_tanh"),
        "epsilon": _shortest(min(saved_model.floats_named("batchnorm/add/y").values(), default=1e-12)),
        "dropout": _dropout(saved_model, in_attention=False),
        "attention_dropout": _dropout(saved_model, in_attention=True),
    }


def _shape(saved_model, handle, name, rank):
    shape = saved_model.shape(name) if name in saved_model.keys else ()
    if len(shape) != rank:
        said = f"of shape {shape}" if shape else "missing"
        raise NotPlainBertError(f"{name} of {handle} is {said}; a BERT of TF-Hub has it with {rank} axes.")
    return shape


def _dropout(saved_model, *, in_attention):
    found = saved_model.floats_named("GreaterEqual/y")
    rates = [value for name, value in found.items() if ("self_attention" in name) == in_attention]
    if rates:
        return _shortest(Counter(rates).most_common(1)[0][0])
    return _BERTS_DROPOUT if not found and "RandomUniform" in saved_model.ops else 0.0


def _shortest(number):
    """Returns a float32 as it was written: 0.1, not 0.10000000149."""
    return float(f"{number:.6g}")
