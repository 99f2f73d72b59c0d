"""Whether a LiteRT file agrees with the model it came from. Knows endpoints and files; no task."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.manifest import package_versions
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.export.clean_process import ask_clean_process
from keras_bigmodel.export.text_batches import rows_alike, text_batches

# By `quantize`: the largest difference of a log-probability, and the share of texts that must keep their label.
TOLERANCE = {"none": 1e-4}
SAME_LABELS = {"int8": 0.99, "float16": 0.99}
_LEAST = 1e-6  # a logarithm of less magnifies float32's last digit
_CLIENT = Path(__file__).with_name("lite_client.py")


def lite_parity(exportable, path, columns, *, quantize, reporter=SILENT):
    """Compares a LiteRT file, run without TensorFlow in a process of its own, with the model.

    Args:
        exportable: has `endpoints()` and `outputs_from_logits`.
        path: path of the file.
        columns: dict of input name → list of str: the texts.
        quantize: str. How the file was quantized.
        reporter: `Reporter` that is told how far it is.

    Returns:
        dict: the certificate; `"agrees"` says whether it passed, `"reasons"` why not.
    """
    batches = text_batches(columns)
    with reporter.bar("comparing LiteRT, in a process without TensorFlow", len(batches)) as advance:
        theirs, about = ask_clean_process(_CLIENT, path, batches, advance)
    with reporter.bar("comparing LiteRT, here", len(batches)) as advance:
        other_tokens, other_labels, differences = _differences(exportable, batches, theirs, advance)
    compared = len(differences)
    certificate = {
        "texts": len(next(iter(columns.values()))),
        "quantize": quantize,
        "bytes": Path(path).stat().st_size,
        "texts_with_other_tokens": len(other_tokens),
        "largest_log_probability_difference": float(differences.max(initial=0.0)),
        "mean_log_probability_difference": float(differences.mean()) if compared else 0.0,
        "texts_with_other_labels": len(other_labels),
        "same_labels": 1 - len(other_labels) / compared if compared else 0.0,
        "some_texts_with_other_labels": other_labels[:10],
        "load_seconds": round(about["load_seconds"], 3),
        "clean_process": about["versions"],
        "versions": package_versions(),
    }
    reasons = _reasons(certificate, other_tokens, quantize)
    return {"agrees": not reasons, "reasons": reasons, **certificate}


def _differences(exportable, batches, theirs, advance):
    """Computes every batch here: `(texts with other tokens, with other labels, log-probability differences)`."""
    endpoints = exportable.endpoints()
    tokenize, tokens = (endpoints[name].traced() for name in ("tokenize", "tokens"))
    other_tokens, other_labels, differences = [], [], [np.zeros(0)]
    for number, batch in enumerate(batches):
        texts = next(iter(batch.values()))
        ids = tokenize(**{name: tf.constant(column, tf.string) for name, column in batch.items()})
        ours = {name: value.numpy() for name, value in ids.items()}
        alike = np.logical_and.reduce([rows_alike(ours[name], theirs[f"{number}/tokenize/{name}"]) for name in ours])
        other_tokens += [texts[row] for row in np.flatnonzero(~alike)]
        probabilities = np.asarray(exportable.outputs_from_logits(tokens(**ids)["logits"]))[alike]
        found = theirs[f"{number}/probabilities"][alike]  # answers to other tokens say nothing
        logs = [np.log(np.maximum(part, _LEAST)) for part in (probabilities, found)]
        differences.append(np.abs(logs[0] - logs[1]).max(axis=-1))
        moved = np.flatnonzero(probabilities.argmax(-1) != found.argmax(-1))
        other_labels += [texts[row] for row in np.flatnonzero(alike)[moved]]
        advance()
    return other_tokens, other_labels, np.concatenate(differences)


def _reasons(certificate, other_tokens, quantize):
    if other_tokens:
        return [f"{len(other_tokens)} texts get other tokens, the first is {other_tokens[0]!r:.80}"]
    reasons = []
    tolerance, wanted = TOLERANCE.get(quantize), SAME_LABELS.get(quantize)
    largest, same = certificate["largest_log_probability_difference"], certificate["same_labels"]
    if tolerance is not None and not largest <= tolerance:
        reasons.append(f"log-probabilities differ by up to {largest:.1e}, allowed is {tolerance:.0e}")
    if wanted is not None and not same >= wanted:
        reasons.append(f"{same:.1%} of the texts keep their label, wanted are {wanted:.0%}")
    return reasons
