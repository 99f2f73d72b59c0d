"""Converts manifests of format 1, which knew one kind of task, to the current format. Knows their keys; no files."""

from keras_bigmodel.core.errors import UserError

_FORMAT_1 = {"labels": list, "tokenizer": dict, "sizes": dict, "settings": dict, "metrics": dict, "parity": dict}


def upgraded(values, path, format):
    """Returns the values of a manifest of format 1 in the current format.

    Args:
        values: dict. The content of the file.
        path: path of the file, for messages.
        format: int. Number of the current format.

    Returns:
        dict: the values of a `Manifest`.

    Raises:
        UserError: `values` is not a manifest of format 1.
    """
    values = dict(values)
    missing = [name for name in ("task", "name", "version", "data", *_FORMAT_1) if name not in values]
    if missing:
        raise UserError(f"{path} lacks {', '.join(missing)}. Take the folder from a backup or train again.")
    odd = [name for name, kind in _FORMAT_1.items() if not isinstance(values[name], kind)]
    odd += [
        f"metrics of {part}" for part, found in dict(values["metrics"] or {}).items() if not isinstance(found, dict)
    ]
    if odd:
        raise UserError(f"{path} has {odd[0]} that cannot be read. Take the folder from a backup or train again.")
    parity, pair = values["parity"], values["settings"].get("pair") is not None
    tokens, labels = parity.get("texts_with_other_tokens", 0), parity.get("texts_with_other_labels", 0)
    apart = {"rule": "close", "rows_that_differ": 0, "largest_difference": parity.get("largest_logit_difference", 0.0)}
    outputs = {
        "tokenize/token_ids": {"rule": "equal", "rows_that_differ": tokens},
        "serving_default/label": {"rule": "same_choice", "rows_that_differ": labels},
        "tokens/logits": apart,
    }
    if "texts" not in parity:
        outputs = {}  # nothing was compared
    kept = {"agrees": parity.get("agrees", True), "rows": parity.get("texts", 0), "dtype": parity.get("dtype")}
    tokenizer = {"class": "WordPieceTokenizer", **values.pop("tokenizer")}
    return {
        **values,
        "format": format,
        "job": "classification",
        "answers": {"kind": "prediction", "labels": values.pop("labels")},
        "preprocessor": {
            "class": "TextPreprocessor",
            "columns": ["text", "text_pair"] if pair else ["text"],
            "max_length": values["sizes"].get("max_length_used"),
            "tokenizer": tokenizer,
        },
        "headlines": {part: _headline(metrics) for part, metrics in values["metrics"].items()},
        "parity": {**kept, "load_seconds": parity.get("saved_model_load_seconds"), "outputs": outputs},
    }


def _headline(metrics):
    chief = {"accuracy": "accuracy", "macro_f1": "macro F1", "log_loss": "log loss"}
    words = [
        f"{shown} {metrics[name]:.4f}" for name, shown in chief.items() if isinstance(metrics.get(name), (int, float))
    ]
    return ", ".join([f"{metrics.get('texts')} texts", *words])
