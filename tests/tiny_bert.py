"""A BERT small enough to train in a second, written as a Hugging Face folder. 2 layers, 32 wide, 500 word pieces."""

import functools
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from keras_bigmodel.data.bundled_texts import support_messages
from keras_bigmodel.tokenizers import learn_vocabulary

CONFIG = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "vocab_size": 500,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "layer_norm_eps": 1e-12,
}


@functools.cache
def tiny_vocabulary():
    """500 word pieces learnt from the bundled messages."""
    return tuple(learn_vocabulary(support_messages("train")[0], 500))


def tiny_tensors(config, labels=None, seed=0):
    """The tensors of such a BERT under their Hugging Face names, drawn at random."""
    rng = np.random.default_rng(seed)
    width, inner = config["hidden_size"], config["intermediate_size"]
    prefix = "bert." if labels else ""
    shapes = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], width),
        "embeddings.position_embeddings.weight": (config["max_position_embeddings"], width),
        "embeddings.token_type_embeddings.weight": (config["type_vocab_size"], width),
        "embeddings.LayerNorm.weight": (width,),
        "embeddings.LayerNorm.bias": (width,),
        "pooler.dense.weight": (width, width),
        "pooler.dense.bias": (width,),
    }
    for layer in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{layer}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes |= {f"{at}.{part}.weight": (width, width), f"{at}.{part}.bias": (width,)}
        shapes |= {f"{at}.intermediate.dense.weight": (inner, width), f"{at}.intermediate.dense.bias": (inner,)}
        shapes |= {f"{at}.output.dense.weight": (width, inner), f"{at}.output.dense.bias": (width,)}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{at}.{part}.weight": (width,), f"{at}.{part}.bias": (width,)}
    tensors = {}
    for name, shape in shapes.items():
        offset = 1.0 if name.endswith("LayerNorm.weight") else 0.0
        tensors[prefix + name] = (offset + 0.1 * rng.standard_normal(shape)).astype("float32")
    if labels:
        tensors["classifier.weight"] = rng.standard_normal((len(labels), width)).astype("float32")
        tensors["classifier.bias"] = rng.standard_normal(len(labels)).astype("float32")
    return tensors


def write_tiny_bert(folder, *, labels=None, seed=0, tensors=None, **config):
    """Writes config.json, model.safetensors, vocab.txt and tokenizer_config.json; `labels` adds a head."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {**CONFIG, **config}
    if labels:
        config["architectures"] = ["BertForSequenceClassification"]
        config["id2label"] = {str(number): label for number, label in enumerate(labels)}
    (folder / "config.json").write_text(json.dumps(config))
    save_file(tiny_tensors(config, labels, seed) if tensors is None else tensors, folder / "model.safetensors")
    (folder / "vocab.txt").write_text("\n".join(tiny_vocabulary()) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    return folder
