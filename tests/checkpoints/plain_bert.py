"""BERT's forward pass in NumPy and float64, straight from a Hugging Face state dict. Knows nothing of the package."""

import math

import numpy as np


def plain_bert(tensors, token_ids, segment_ids, padding_mask, *, num_heads, epsilon=1e-12):
    """Gives a dict: `states`, and where the tensors have them `pooled` and `logits`."""
    tensors = {name.removeprefix("bert."): tensor.astype("float64") for name, tensor in tensors.items()}

    def product(x, name):
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    def norm(x, name):
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + epsilon)
        return x * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def heads(x):
        batch, length, width = x.shape
        return x.reshape(batch, length, num_heads, width // num_heads).transpose(0, 2, 1, 3)

    length = token_ids.shape[1]
    states = tensors["embeddings.word_embeddings.weight"][token_ids]
    states = states + tensors["embeddings.position_embeddings.weight"][:length]
    states = states + tensors["embeddings.token_type_embeddings.weight"][segment_ids]
    states = norm(states, "embeddings.LayerNorm")
    num_layers = 1 + max(int(name.split(".")[2]) for name in tensors if name.startswith("encoder.layer."))
    for layer in range(num_layers):
        at = f"encoder.layer.{layer}"
        query, key, value = (
            heads(product(states, f"{at}.attention.self.{part}")) for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(query.shape[-1])
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True)) * padding_mask[:, None, None, :]
        mixed = powers / powers.sum(axis=-1, keepdims=True) @ value
        mixed = mixed.transpose(0, 2, 1, 3).reshape(states.shape)
        states = norm(states + product(mixed, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
        inner = product(states, f"{at}.intermediate.dense")
        inner = 0.5 * inner * (1.0 + np.vectorize(math.erf)(inner / math.sqrt(2.0)))
        states = norm(states + product(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    outputs = {"states": states}
    if "pooler.dense.weight" in tensors:
        outputs["pooled"] = np.tanh(product(states[:, 0], "pooler.dense"))
    if "classifier.weight" in tensors:
        outputs["logits"] = product(outputs["pooled"], "classifier")
    return outputs
