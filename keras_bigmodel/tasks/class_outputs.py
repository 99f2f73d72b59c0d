"""Computes a classifier's outputs in the graph: label, probabilities, names, rejection. Knows tensors; no model."""

import tensorflow as tf

from keras_bigmodel.export import SameChoice


def class_outputs(names, logits, probabilities, reject_below=None):
    """Returns the outputs that a client of a classifier reads; graph-safe.

    Args:
        names: sequence of str. The labels in the order of the logits.
        logits: float tensor `(texts, labels)`.
        probabilities: float32 tensor `(texts, labels)`.
        reject_below: float. A text whose highest probability is lower is rejected. Defaults to None: none is.

    Returns:
        dict: `label`, string `(texts,)`, the most probable label, `""` for a rejected text; `labels`, string
        `(texts, labels)`, the names of the columns of `probabilities`; `probabilities`; with `reject_below` also
        `rejected`, bool `(texts,)`.
    """
    known = tf.constant(names, tf.string)
    outputs = {
        "label": tf.gather(known, tf.argmax(logits, axis=-1)),
        "labels": tf.tile(known[tf.newaxis], [tf.shape(logits)[0], 1]),
        "probabilities": probabilities,
    }
    if reject_below is not None:
        # Not `<`: what is no number is rejected.
        rejected = ~(tf.reduce_max(probabilities, axis=-1) >= tf.constant(reject_below, probabilities.dtype))
        outputs |= {"label": tf.where(rejected, "", outputs["label"]), "rejected": rejected}
    return outputs


def class_rules(reject_below=None):
    """Returns the rules by which outputs of `class_outputs` are compared: dict of output → rule.

    Args:
        reject_below: as in `class_outputs`.
    """
    rule = SameChoice("probabilities", border=reject_below)
    return {"label": rule} | ({} if reject_below is None else {"rejected": rule})
