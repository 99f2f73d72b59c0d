"""Makes what all sides are given: the same texts in the same order, and the same classifier in each one's format.

usage: python benchmarks/sides/prepare.py all '{"data": ..., "folder": ..., "sets": [...], "classifiers": [...], ...}'
"""

import json
import random
import shutil
import sys
from pathlib import Path

import side

sys.path.append(str(Path(__file__).parents[1]))  # datasets.py

_HEAD_ROWS = 2000  # texts that the classifier's head is fitted on
_FIXED_ROWS = 640


def prepare(settings):
    """Writes everything under `folder`; gives where the encoder is, the labels of SST-2 and a text."""
    import datasets

    folder, most = Path(settings["folder"]), settings["most_rows"]
    read = {}
    for name in settings["sets"]:
        train, test = datasets.read(name, settings["data"])
        read[name] = {"train": _shuffled(*train, most), "test": _shuffled(*test, most)}
    encoder = _encoder(settings, folder, read[settings["sets"][0]]["train"][0])
    read[settings["fixed"]] = {
        part: _joined(*columns, rows=_FIXED_ROWS if most is None else most)
        for part, columns in read[settings["fixed_from"]].items()
    }
    tokenizer = _tokenizer(encoder)
    for name, parts in read.items():
        (folder / f"{name}.json").write_text(json.dumps(_content(parts, tokenizer)), encoding="utf-8")
    for name in settings["classifiers"]:
        _write_classifier(
            folder / name, encoder, read[name]["train"], settings["export_dtypes"], settings["lite_dtypes"]
        )
    first = read[settings["sets"][0]]
    yield {"encoder": str(encoder), "names": _names(first["train"][1]), "text": first["test"][0][0]}


def _shuffled(texts, labels, most):
    """Puts rows in an order that is the same at every call, since many sets are sorted by label."""
    order = list(range(len(texts)))
    random.Random(0).shuffle(order)
    order = order[:most]
    return [texts[row] for row in order], [labels[row] for row in order]


def _joined(texts, labels, *, rows):
    """Makes texts of more than 128 tokens: several of one label in a row."""
    waiting, joined = {}, ([], [])
    for text, label in zip(texts * 40, labels * 40, strict=True):
        waiting[label] = f"{waiting.get(label, '')} {text}".strip()
        if len(waiting[label].split()) >= side.MAX_LENGTH:  # a word is one token or more
            joined[0].append(waiting.pop(label))
            joined[1].append(label)
        if len(joined[0]) == rows:
            break
    return joined


def _names(labels):
    return sorted(set(labels))


def _encoder(settings, folder, texts):
    if settings["toy"]:
        from toy_encoder import write_toy_encoder

        return write_toy_encoder(folder / "encoder", texts)
    from keras_bigmodel.checkpoints.minilm import minilm_folder

    return minilm_folder()


def _tokenizer(encoder):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(side.MAX_LENGTH)
    return tokenizer


def _content(parts, tokenizer):
    names = _names(parts["train"][1])
    content = {"names": names}
    for part, (texts, labels) in parts.items():
        lengths = [len(encoding.ids) for encoding in tokenizer.encode_batch(texts)]
        content[part] = {"texts": texts, "labels": [names.index(label) for label in labels], "lengths": lengths}
    return content


def _write_classifier(folder, encoder, rows, dtypes, lite_dtypes):
    """Writes one classifier as a Hugging Face folder, as our own saved task, as SavedModels and LiteRT files."""
    from keras_bigmodel import TextClassifier

    texts, labels = (column[:_HEAD_ROWS] for column in rows)
    names = _names(rows[1])
    headless = TextClassifier.from_encoder(encoder, labels=names, pooling="pooler", dtype="float32")
    weight, bias = _fitted_head(headless.embed(texts), [names.index(label) for label in labels], len(names))
    _write_hugging_face(folder / "classifier", encoder, names, weight, bias)
    task = TextClassifier.from_encoder(folder / "classifier", dtype="float32")
    task.save(folder / "saved_task")
    for dtype in dtypes:
        task.export(folder / f"saved_model_{dtype}", dtype=dtype)
    for dtype in lite_dtypes:
        task.export(folder / f"lite_{dtype}", "tflite", quantize={"float32": "none"}.get(dtype, dtype))


def _fitted_head(vectors, labels, outputs):
    """Fits a head on vectors that stay as they are: better than chance, so that nonsense is seen."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0, max_iter=2000).fit(vectors, labels)
    weight, bias = model.coef_, model.intercept_
    if outputs == 2:  # scikit-learn gives one row for two labels
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return weight.astype("float32"), bias.astype("float32")


def _write_hugging_face(folder, encoder, names, weight, bias):
    from safetensors.numpy import load_file, save_file

    folder.mkdir(parents=True)
    tensors = load_file(encoder / "model.safetensors")
    tensors.pop("embeddings.position_ids", None)
    tensors = {f"bert.{name}": tensor for name, tensor in tensors.items()}
    save_file(
        {**tensors, "classifier.weight": weight, "classifier.bias": bias},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    config = json.loads((encoder / "config.json").read_text(encoding="utf-8"))
    config |= {
        "architectures": ["BertForSequenceClassification"],
        "id2label": {str(number): name for number, name in enumerate(names)},
        "label2id": {name: number for number, name in enumerate(names)},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        if (encoder / name).is_file():
            shutil.copyfile(encoder / name, folder / name)


if __name__ == "__main__":
    side.main({"all": prepare})
