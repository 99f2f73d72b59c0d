"""Maps the variables of our BERT to the names that TF-Hub's modules have. Knows no file."""

import numpy as np

from keras_bigmodel.checkpoints.name_pair import NamePair, same


def hub_name_map(encoder):
    """Lists the pairs of an encoder, including those of the pooler if it has one.

    Args:
        encoder: `BertEncoder`.

    Returns:
        list of `NamePair`.

    Source: `official/nlp/tools/export_tfhub_lib.py` of tensorflow/models, which wrote TF-Hub's BERTs.
    """
    embedding = encoder.embedding
    pairs = [
        same(embedding.token_embeddings, "word_embeddings/embeddings"),
        same(embedding.position_embeddings, "position_embedding/embeddings"),
        same(embedding.segment_embeddings, "type_embeddings/embeddings"),
        *_both(embedding.norm, "embeddings/layer_norm", "gamma", "beta"),
    ]
    for index, layer in enumerate(encoder.transformer_layers):
        pairs += _transformer_layer(layer, f"transformer/layer_{index}", encoder.settings["num_heads"])
    if encoder.pooler is not None:
        pairs += _both(encoder.pooler, "pooler_transform")
    return pairs


def own_name_map(encoder, names):
    """Lists the pairs of an encoder and the variables of a module that this package wrote.

    Their names are paths of layers, behind the name scope in which the encoder was made.

    Args:
        encoder: `BertEncoder`.
        names: collection of str. The names of the module's variables.

    Returns:
        list of `NamePair`.
    """
    table = "embedding/token_embeddings"
    theirs = next((name.removesuffix(table) for name in names if name.endswith(table)), "")
    ours = encoder.embedding.token_embeddings.path.removesuffix(table)
    return [same(variable, theirs + variable.path.removeprefix(ours)) for variable in encoder.weights]


def _transformer_layer(layer, prefix, heads):
    attention = layer.attention
    parts = [f"{prefix}/self_attention/{part}" for part in ("query", "key", "value")]
    return [
        _heads_joined(attention.query_key_value.kernel, [f"{part}/kernel" for part in parts], heads),
        _heads_joined(attention.query_key_value.bias, [f"{part}/bias" for part in parts], heads),
        _heads_first(attention.output_projection.kernel, f"{prefix}/self_attention/attention_output/kernel", heads),
        same(attention.output_projection.bias, f"{prefix}/self_attention/attention_output/bias"),
        *_both(layer.attention_norm, f"{prefix}/self_attention_layer_norm", "gamma", "beta"),
        *_both(layer.feed_forward.widen, f"{prefix}/intermediate"),
        *_both(layer.feed_forward.narrow, f"{prefix}/output"),
        *_both(layer.feed_forward_norm, f"{prefix}/output_layer_norm", "gamma", "beta"),
    ]


def _both(layer, prefix, first="kernel", second="bias"):
    return [same(getattr(layer, name), f"{prefix}/{name}") for name in (first, second)]


def _heads_joined(variable, names, heads):
    """Returns the pair of `(..., n * width)` and the `n` tensors `(..., heads, width / heads)` that it joins."""
    width = variable.shape[-1] // len(names)
    leading = tuple(variable.shape[:-1])
    return NamePair(
        variable,
        tuple(names),
        lambda arrays: np.concatenate([array.reshape(*leading, width) for array in arrays], axis=-1),
        lambda array: [part.reshape(*leading, heads, -1) for part in np.split(array, len(names), axis=-1)],
        ((*leading, heads, width // heads),) * len(names),
    )


def _heads_first(variable, name, heads):
    """Returns the pair of a kernel `(width, out)` and the tensor `(heads, width / heads, out)`."""
    width, out = variable.shape
    return NamePair(
        variable,
        (name,),
        lambda arrays: arrays[0].reshape(width, out),
        lambda array: [array.reshape(heads, -1, out)],
        ((heads, width // heads, out),),
    )
