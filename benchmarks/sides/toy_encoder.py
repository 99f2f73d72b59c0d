"""A BERT of two small layers with random weights, as a Hugging Face folder, for quick runs. Knows file formats only."""

import json
from pathlib import Path

WIDTH, INNER, LAYERS, POSITIONS = 64, 128, 2, 512


def write_toy_encoder(folder, texts):
    """Writes the folder, with a vocabulary learnt from texts.

    Returns:
        `Path` of the folder.
    """
    from safetensors.numpy import save_file

    from keras_bigmodel.tokenizers import learn_vocabulary

    folder = Path(folder)
    folder.mkdir(parents=True)
    vocabulary = list(learn_vocabulary(texts, 500))
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": len(vocabulary),
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 2,
        "intermediate_size": INNER,
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file(_tensors(len(vocabulary)), folder / "model.safetensors", {"format": "pt"})
    _write_tokenizer(folder, vocabulary)
    return folder


def _write_tokenizer(folder, vocabulary):
    from tokenizers import BertWordPieceTokenizer

    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    settings = {"do_lower_case": True, "tokenizer_class": "BertTokenizer", "model_max_length": POSITIONS}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    BertWordPieceTokenizer(str(folder / "vocab.txt")).save(str(folder / "tokenizer.json"))


def _tensors(words):
    import numpy as np

    rng = np.random.default_rng(0)
    shapes = {
        "embeddings.word_embeddings.weight": (words, WIDTH),
        "embeddings.position_embeddings.weight": (POSITIONS, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        **_normalisation("embeddings.LayerNorm"),
        **_product("pooler.dense", WIDTH, WIDTH),
    }
    for number in range(LAYERS):
        at = f"encoder.layer.{number}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes |= _product(f"{at}.{part}", WIDTH, WIDTH)
        shapes |= _product(f"{at}.intermediate.dense", INNER, WIDTH) | _product(f"{at}.output.dense", WIDTH, INNER)
        shapes |= _normalisation(f"{at}.attention.output.LayerNorm") | _normalisation(f"{at}.output.LayerNorm")
    ones = {name for name in shapes if name.endswith("LayerNorm.weight")}
    return {
        name: ((name in ones) + 0.1 * rng.standard_normal(shape)).astype("float32") for name, shape in shapes.items()
    }


def _product(name, outputs, inputs):
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _normalisation(name):
    return {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}
