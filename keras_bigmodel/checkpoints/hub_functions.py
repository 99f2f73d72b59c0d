"""What the two modules of TF-Hub compute, from our encoder and our tokenizer. Knows no file."""

import keras
import tensorflow as tf

from keras_bigmodel.checkpoints.hub_interface import INPUTS, POSITIONS
from keras_bigmodel.layers import ClsPooling, MeanPooling

_OURS = {"input_word_ids": "token_ids", "input_mask": "padding_mask", "input_type_ids": "segment_ids"}
_POOLINGS = {"mean": MeanPooling, "cls": ClsPooling}


class HubEncoderFunctions:
    """Computes what a TF-Hub encoder computes, from our encoder; graph-safe.

    Args:
        encoder: `BertEncoder`.
        pooling: str. What `pooled_output` is: `"pooler"`, `"mean"` of the states, or `"cls"`, the first state. Defaults
            to `"pooler"`.
        mlm_head: `MlmHead` of the encoder. Defaults to None: there is no `mlm`.
    """

    def __init__(self, encoder, pooling="pooler", mlm_head=None):
        self.encoder, self.pooling, self.mlm_head = encoder, pooling, mlm_head
        policy = encoder.embedding.dtype_policy
        self._pool = _POOLINGS[pooling](dtype=policy, name="pooling") if pooling in _POOLINGS else None
        body = encoder.body_part
        outputs = {"encoder_outputs": [layer.output for layer in encoder.transformer_layers]}
        if self._pool is None:
            outputs["pooled_output"] = body.output["pooled_output"]
        self._body = keras.Model(body.inputs, outputs)

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
        layers = outputs["encoder_outputs"]
        return {"pooled_output": pooled, "default": pooled, "sequence_output": states, "encoder_outputs": list(layers)}

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


class HubPreprocessorFunctions:
    """Computes what a TF-Hub preprocessor computes, from our tokenizer; graph-safe.

    Args:
        tokenizer: `WordPieceTokenizer`.
        max_length: int. Length to which texts are padded unless `pack` is given another.
    """

    def __init__(self, tokenizer, max_length):
        self.tokenizer, self.max_length = tokenizer, max_length
        self._begins_word = tf.constant([not token.startswith("##") for token in tokenizer.vocabulary])

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
        packed = self.tokenizer.pack(*segments, max_length=seq_length, truncation="round_robin")
        return _padded(packed, seq_length, self.tokenizer.pad_id)

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
    padded = {}
    for theirs, ours in _OURS.items():
        column = features[ours][:, :length]
        missing = [[0, 0], [0, length - tf.shape(column)[1]]]
        padded[theirs] = tf.pad(column, missing, constant_values=pad_id if ours == "token_ids" else 0)
        if isinstance(length, int):  # layers behind it, a Dense on flattened states say, ask for it
            padded[theirs].set_shape([None, length])
    return padded
