"""Maps the variables of our BERT to Hugging Face tensor names, for reading and writing. Knows no file."""

from keras_bigmodel.checkpoints.name_pair import fused, fused_bias, same, transposed


def bert_name_map(encoder):
    """Lists the pairs of an encoder, including those of the pooler if it has one.

    Args:
        encoder: `BertEncoder`.

    Returns:
        list of `NamePair`. The names have no `bert.` prefix; models with a head add it.
    """
    embedding = encoder.embedding
    pairs = [
        same(embedding.token_embeddings, "embeddings.word_embeddings.weight"),
        same(embedding.position_embeddings, "embeddings.position_embeddings.weight"),
        same(embedding.segment_embeddings, "embeddings.token_type_embeddings.weight"),
        *_norm(embedding.norm, "embeddings.LayerNorm"),
    ]
    for index, layer in enumerate(encoder.transformer_layers):
        pairs += _transformer_layer(layer, f"encoder.layer.{index}")
    if encoder.pooler is not None:
        pairs += _product(encoder.pooler, "pooler.dense")
    return pairs


def head_name_map(logits_layer):
    """Lists the pairs of a classification head.

    Args:
        logits_layer: built `keras.layers.Dense` on the pooled output.

    Returns:
        list of `NamePair`.
    """
    return _product(logits_layer, "classifier")


def _transformer_layer(layer, prefix):
    attention = layer.attention
    parts = [f"{prefix}.attention.self.{part}" for part in ("query", "key", "value")]
    return [
        fused(attention.query_key_value.kernel, [f"{part}.weight" for part in parts]),
        fused_bias(attention.query_key_value.bias, [f"{part}.bias" for part in parts]),
        *_product(attention.output_projection, f"{prefix}.attention.output.dense"),
        *_norm(layer.attention_norm, f"{prefix}.attention.output.LayerNorm"),
        *_product(layer.feed_forward.widen, f"{prefix}.intermediate.dense"),
        *_product(layer.feed_forward.narrow, f"{prefix}.output.dense"),
        *_norm(layer.feed_forward_norm, f"{prefix}.output.LayerNorm"),
    ]


def _product(layer, prefix):
    return [transposed(layer.kernel, f"{prefix}.weight"), same(layer.bias, f"{prefix}.bias")]


def _norm(layer, prefix):
    return [same(layer.gamma, f"{prefix}.weight"), same(layer.beta, f"{prefix}.bias")]
