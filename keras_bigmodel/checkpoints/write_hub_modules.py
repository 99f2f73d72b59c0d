"""Writes an encoder and its tokenizer as TF-Hub modules with the standard interface. Knows no task."""

import json
import tempfile
from pathlib import Path

import keras
import tensorflow as tf

from keras_bigmodel.checkpoints.hub_interface import ENCODER_FOLDER, INPUTS, PREPROCESSOR_FOLDER, SETTINGS_ASSET
from keras_bigmodel.checkpoints.hub_module import POSITIONS
from keras_bigmodel.layers import ClsPooling, MeanPooling
from keras_bigmodel.tokenizers.vocabulary import write_vocabulary

_OURS = {"input_word_ids": "token_ids", "input_mask": "padding_mask", "input_type_ids": "segment_ids"}
_POOLINGS = {"mean": MeanPooling, "cls": ClsPooling}


def write_hub_modules(folder, functions):
    """Writes the folders `encoder` and `preprocessor`, which `tensorflow_hub` loads.

    The encoder takes a dict of `input_word_ids`, `input_mask` and `input_type_ids`, int32 `(texts, length)`, and
    returns `pooled_output`, `default` (the same), `sequence_output` and `encoder_outputs`; it has `vocab_file`,
    `do_lower_case` and, with a head, `mlm`. The preprocessor takes strings and returns such a dict; it has `tokenize`
    and `bert_pack_inputs`.

    Args:
        folder: path of an existing folder.
        functions: `HubFunctions`.

    Source: "Common SavedModel APIs for text" of TF-Hub.
    """
    _write_encoder(Path(folder) / ENCODER_FOLDER, functions)
    _write_preprocessor(Path(folder) / PREPROCESSOR_FOLDER, functions)


class HubFunctions:
    """Computes what the two modules of TF-Hub compute, from our encoder and tokenizer; graph-safe.

    Args:
        encoder: `BertEncoder` that computes in float32.
        tokenizer: `WordPieceTokenizer`.
        max_length: int. Length to which the preprocessor pads unless `bert_pack_inputs` is given another.
        pooling: str. What `pooled_output` is: `"pooler"`, `"mean"` of the states, or `"cls"`, the first state. Defaults
            to `"pooler"`.
        mlm_head: `MlmHead` of the encoder. Defaults to None: the encoder has no `mlm`.
    """

    def __init__(self, encoder, tokenizer, max_length, *, pooling="pooler", mlm_head=None):
        self.encoder, self.tokenizer, self.max_length, self.mlm_head = encoder, tokenizer, max_length, mlm_head
        self._pool = _POOLINGS[pooling](dtype="float32", name="pooling") if pooling in _POOLINGS else None
        body = encoder.body_part
        outputs = {"encoder_outputs": [layer.output for layer in encoder.transformer_layers]}
        if self._pool is None:
            outputs["pooled_output"] = body.output["pooled_output"]
        self._body = keras.Model(body.inputs, outputs)
        self._begins_word = tf.constant([not token.startswith("##") for token in tokenizer.vocabulary])

    def encode(self, inputs, training=False):
        """Returns the outputs of the encoder: dict of tensors and, as `encoder_outputs`, a list of tensors.

        Args:
            inputs: dict of int32 tensor `(texts, length)`, of `INPUTS`.
            training: bool. Whether dropout is applied.
        """
        ids, mask, segments = (inputs[name] for name in INPUTS)
        embeddings = self.encoder.embedding_part([ids, segments], training=training)
        outputs = self._body([embeddings, mask], training=training)
        states = outputs["encoder_outputs"][-1]
        pooled = outputs["pooled_output"] if self._pool is None else self._pool(states, mask=mask)
        layers = [tf.identity(part) for part in outputs["encoder_outputs"]]
        return {"pooled_output": pooled, "default": pooled, "sequence_output": states, "encoder_outputs": layers}

    def serve(self, **inputs):
        """Returns the outputs of the encoder's signature, which are those of `encode` without the list."""
        return {name: value for name, value in self.encode(inputs).items() if name != "encoder_outputs"}

    def predict_tokens(self, inputs, training=False):
        """Returns the outputs of the encoder and `mlm_logits`, float32 `(texts, positions, vocabulary_size)`.

        Args:
            inputs: as in `encode`, and `masked_lm_positions`, int32 `(texts, positions)`.
            training: as in `encode`.
        """
        outputs = self.encode(inputs, training)
        return {**outputs, "mlm_logits": self.mlm_head.logits(outputs["sequence_output"], inputs[POSITIONS])}

    def preprocess(self, sentences):
        """Returns the features of texts, padded to `max_length`: dict of int32 `(texts, max_length)`.

        Args:
            sentences: string tensor `(texts,)`.
        """
        return _padded(self.tokenizer(sentences, max_length=self.max_length), self.max_length, self.tokenizer.pad_id)

    def tokenize(self, sentences):
        """Returns the ids of texts, without special tokens: int32 `RaggedTensor` `(texts, words, pieces)`.

        Args:
            sentences: string tensor `(texts,)`.
        """
        pieces = self.tokenizer.tokenize(sentences)
        texts = pieces.row_splits
        # A piece begins a word unless it is marked with ##; the first one of a text in any case.
        marks = tf.scatter_nd(texts[:, tf.newaxis], tf.ones_like(texts), [tf.size(pieces.values, tf.int64) + 1])
        starts = tf.where(tf.gather(self._begins_word, pieces.values) | (marks[:-1] > 0))[:, 0]
        ends = tf.concat([starts, texts[-1:]], axis=0)
        words = tf.RaggedTensor.from_row_splits(pieces.values, ends, validate=False)
        before = tf.searchsorted(starts, texts, out_type=tf.int64)
        return tf.RaggedTensor.from_row_splits(words, before, validate=False)

    def pack(self, inputs, seq_length):
        """Returns the features of tokenized texts, or of pairs of them: dict of int32 `(texts, seq_length)`.

        Args:
            inputs: list of one or two `RaggedTensor`, `(texts, pieces)` or `(texts, words, pieces)`.
            seq_length: int or scalar int32 tensor.
        """
        segments = [part.merge_dims(1, -1) if part.ragged_rank > 1 else part for part in inputs]
        segments = [part.with_row_splits_dtype(tf.int64) for part in segments]
        return _padded(self.tokenizer.pack(*segments, max_length=seq_length), seq_length, self.tokenizer.pad_id)

    def special_tokens(self):
        """Returns the size of the vocabulary and the special ids that it has: dict of scalar int32 tensor."""
        tokenizer = self.tokenizer
        found = {
            "vocab_size": len(tokenizer.vocabulary),
            "start_of_sequence_id": tokenizer.cls_id,
            "end_of_segment_id": tokenizer.sep_id,
            "padding_id": tokenizer.pad_id,
            "mask_id": tokenizer.mask_id,
        }
        return {name: tf.constant(value, tf.int32) for name, value in found.items() if value is not None}


def _padded(features, length, pad_id):
    """Renames features and pads them to a length."""
    fillers = {"token_ids": pad_id}
    padded = {}
    for theirs, ours in _OURS.items():
        column = features[ours][:, :length]
        missing = [[0, 0], [0, length - tf.shape(column)[1]]]
        padded[theirs] = tf.pad(column, missing, constant_values=fillers.get(ours, 0))
    return padded


def _write_encoder(folder, functions):
    encoder, tokenizer, head = functions.encoder, functions.tokenizer, functions.mlm_head
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
    with tempfile.TemporaryDirectory() as aside:
        write_vocabulary(Path(aside) / "vocab.txt", tokenizer.vocabulary)
        (Path(aside) / "encoder.json").write_text(json.dumps(encoder.settings, indent=2) + "\n", encoding="utf-8")
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
