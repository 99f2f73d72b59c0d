"""Writes an encoder and its tokenizer as TF-Hub modules with the standard interface. Knows no task."""

import json
import tempfile
from pathlib import Path

import tensorflow as tf

from keras_bigmodel.checkpoints.hub_interface import (
    ENCODER_FOLDER,
    INPUTS,
    POSITIONS,
    PREPROCESSOR_FOLDER,
    SETTINGS_ASSET,
)
from keras_bigmodel.tokenizers.vocabulary import write_vocabulary


def write_hub_modules(folder, encoder_functions, preprocessor_functions):
    """Writes the folders `encoder` and `preprocessor`, which `tensorflow_hub` loads.

    The encoder takes a dict of `input_word_ids`, `input_mask` and `input_type_ids`, int32 `(texts, length)`, and
    returns `pooled_output`, `default` (the same), `sequence_output` and `encoder_outputs`; it has `vocab_file`,
    `do_lower_case` and, with a head, `mlm`. The preprocessor takes strings and returns such a dict; it has `tokenize`
    and `bert_pack_inputs`.

    Args:
        folder: path of an existing folder.
        encoder_functions: `HubEncoderFunctions` of an encoder that computes in float32.
        preprocessor_functions: `HubPreprocessorFunctions`.

    Source: "Common SavedModel APIs for text" of TF-Hub.
    """
    _write_encoder(Path(folder) / ENCODER_FOLDER, encoder_functions, preprocessor_functions.tokenizer)
    _write_preprocessor(Path(folder) / PREPROCESSOR_FOLDER, preprocessor_functions)


def _write_encoder(folder, functions, tokenizer):
    encoder, head = functions.encoder, functions.mlm_head
    specs = {name: tf.TensorSpec([None, None], tf.int32, name=name) for name in INPUTS}
    root = _trackable()
    root.__call__ = _traced(functions.encode, specs)
    _track(root, [variable.value for variable in encoder.weights])
    weights = {id(variable) for variable in encoder.weights}
    root.seeds = [variable.value for variable in encoder.variables if id(variable) not in weights]  # of dropout
    if head is not None:
        root.mlm = _trackable()
        positions = tf.TensorSpec([None, None], tf.int32, name=POSITIONS)
        root.mlm.__call__ = _traced(functions.predict_tokens, {**specs, POSITIONS: positions})
        _track(root.mlm, [*root.variables, *head.weights])
    root.do_lower_case = tf.Variable(bool(tokenizer.settings()["lowercase"]), trainable=False, name="do_lower_case")

    signature = tf.function(functions.serve, autograph=False).get_concrete_function(**specs)
    chosen = tokenizer.settings()
    said = {"encoder": encoder.settings, "pooling": functions.pooling, "mode": chosen.pop("mode"), "tokenizer": chosen}
    with tempfile.TemporaryDirectory() as aside:
        write_vocabulary(Path(aside) / "vocab.txt", tokenizer.vocabulary)
        (Path(aside) / "encoder.json").write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
        root.vocab_file = tf.saved_model.Asset(str(Path(aside) / "vocab.txt"))
        setattr(root, SETTINGS_ASSET, tf.saved_model.Asset(str(Path(aside) / "encoder.json")))
        tf.saved_model.save(root, str(folder), signatures={"serving_default": signature})


def _write_preprocessor(folder, functions):
    sentences = tf.TensorSpec([None], tf.string, name="sentences")
    root = _trackable()
    root.__call__ = tf.function(functions.preprocess, input_signature=[sentences], autograph=False)
    root.tokenize, root.bert_pack_inputs = _trackable(), _trackable()
    root.tokenize.__call__ = tf.function(functions.tokenize, input_signature=[sentences], autograph=False)
    root.tokenize.get_special_tokens_dict = _trackable()
    root.tokenize.get_special_tokens_dict.__call__ = tf.function(functions.special_tokens, input_signature=[])

    @tf.function(autograph=False)
    def packed(inputs, seq_length=functions.max_length):
        return functions.pack(inputs, seq_length)

    for segments in (1, 2):
        for rank in (1, 2):
            ragged = [tf.RaggedTensorSpec([None] * (rank + 1), tf.int32) for _ in range(segments)]
            packed.get_concrete_function(ragged, seq_length=tf.TensorSpec([], tf.int32))
    root.bert_pack_inputs.__call__ = packed
    signature = root.__call__.get_concrete_function()
    tf.saved_model.save(root, str(folder), signatures={"serving_default": signature})


def _trackable():
    """Returns an object whose attributes a SavedModel holds, and which is called when it is loaded."""
    return tf.__internal__.tracking.AutoTrackable()


def _traced(function, specs):
    """Returns a `tf.function` of a dict of inputs and `training`, traced for both values of it."""
    traced = tf.function(lambda inputs, training=False: function(inputs, training), autograph=False)
    for training in (True, False):
        traced.get_concrete_function(dict(specs), training=training)
    return traced


def _track(node, weights):
    node.variables = list(weights)
    node.trainable_variables = list(weights)
    node.regularization_losses = []
