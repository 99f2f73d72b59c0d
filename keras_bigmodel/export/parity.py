"""Whether an exported model agrees with the one it came from. Knows endpoints and files; no task."""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.manifest import package_versions
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.export.clean_process import ask_clean_process
from keras_bigmodel.export.safe_ops import refused_ops
from keras_bigmodel.export.text_batches import rows_alike, text_batches

TOLERANCE = {"float32": 1e-5, "bfloat16": 3e-2}  # largest difference of logits that still counts as agreement
_CLIENT = Path(__file__).with_name("saved_model_client.py")


def saved_model_parity(
    endpoints, folder, columns, *, dtype="float32", tolerance=None, python=sys.executable, reporter=SILENT
):
    """Compares a SavedModel, run in a clean process, with the endpoints it was written from.

    Args:
        endpoints: dict of signature name → `Endpoint`, computing here.
        folder: path of the SavedModel.
        columns: dict of input name → list of str: the texts.
        dtype: str. What both compute in.
        tolerance: float. Largest difference of a logit. Defaults to 1e-5, in bfloat16 3e-2.
        python: path of the interpreter of the clean process; another TensorFlow may be installed there.
        reporter: `Reporter` that is told how far it is.

    Returns:
        dict: the certificate; `"agrees"` says whether it passed, `"reasons"` why not.
    """
    batches, tolerance = text_batches(columns), tolerance or TOLERANCE[dtype]
    with reporter.bar("comparing, in a clean process", len(batches)) as advance:
        theirs, about = ask_clean_process(_CLIENT, folder, batches, advance, python=python)
    with reporter.bar("comparing, here", len(batches)) as advance:
        token_differences, label_differences, differences = _differences(endpoints, batches, theirs, advance)
    others = _other_answers(endpoints, batches[0], theirs, tolerance) if batches else []
    certificate = {
        "texts": len(next(iter(columns.values()))),
        "dtype": dtype,
        "tolerance": tolerance,
        "texts_with_other_tokens": len(token_differences),
        "largest_logit_difference": float(differences.max(initial=0.0)),
        "mean_logit_difference": float(differences.mean()) if len(differences) else 0.0,
        "texts_with_other_labels": label_differences,
        "foreign_ops": about["foreign_ops"],
        "signatures": about["signatures"],
        "saved_model_load_seconds": round(about["load_seconds"], 3),
        "clean_process": about["versions"],
        "versions": package_versions(),
    }
    reasons = _reasons(certificate, token_differences) or [f"the signature {name} answers otherwise" for name in others]
    return {"agrees": not reasons, "reasons": reasons, **certificate}


def _differences(endpoints, batches, theirs, advance):
    """Computes every batch here: `(texts with other tokens, labels that differ, largest logit differences)`."""
    tokenize, tokens = (endpoints[name].traced() for name in ("tokenize", "tokens"))
    texts, labels, differences = [], 0, [np.zeros(0)]
    for number, batch in enumerate(batches):
        ids = tokenize(**{name: tf.constant(column, tf.string) for name, column in batch.items()})
        ours = {name: value.numpy() for name, value in ids.items()}
        same = [rows_alike(ours[name], theirs[f"{number}/tokenize/{name}"]) for name in ours]
        differing = np.flatnonzero(~np.logical_and.reduce(same))
        texts += [next(iter(batch.values()))[row] for row in differing]
        if not len(differing):  # logits of other tokens say nothing
            logits, their_logits = tokens(**ids)["logits"].numpy(), theirs[f"{number}/tokens/logits"]
            differences.append(np.abs(logits - their_logits).max(axis=-1))
            labels += int((logits.argmax(-1) != their_logits.argmax(-1)).sum())
        advance()
    return texts, labels, np.concatenate(differences)


def _other_answers(endpoints, batch, theirs, tolerance):
    """Names the signatures from texts, but `tokenize`, whose answers to the first batch differ."""
    texts = {name: tf.constant(column, tf.string) for name, column in batch.items()}
    differing = []
    for name in sorted(set(endpoints) - {"tokenize", "tokens"}):
        answers = {key: value.numpy() for key, value in endpoints[name].traced()(**texts).items()}
        if not all(_agree(value, theirs[f"0/{name}/{key}"], tolerance) for key, value in answers.items()):
            differing.append(name)
    return differing


def _agree(ours, theirs, tolerance):
    if ours.dtype == object:
        return ours.astype(np.bytes_).tolist() == theirs.tolist()
    return ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def _reasons(certificate, token_differences):
    reasons = [f"the op {name} is {words}" for name, words in refused_ops(certificate["foreign_ops"]).items()]
    if token_differences:
        reasons.append(f"{len(token_differences)} texts get other tokens, the first is {token_differences[0]!r:.80}")
    elif not certificate["largest_logit_difference"] <= certificate["tolerance"]:
        reasons.append(
            f"logits differ by up to {certificate['largest_logit_difference']:.1e}, allowed is "
            f"{certificate['tolerance']:.0e}"
        )
    return reasons
