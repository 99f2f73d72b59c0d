"""Modules of TF-Hub, built as Google built them: legacy Keras, the same variable names, shapes and interface.

`official/nlp/tools/export_tfhub_lib.py` of tensorflow/models wrote the published BERTs; what it exports and what is
built here have equal names, shapes, signatures and children.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf

SIZES = {"width": 32, "layers": 2, "heads": 4, "inner": 64, "positions": 64, "dropout": 0.1}


def write_hub_bert(
    folder,
    vocabulary,
    *,
    lowercase=True,
    mlm=False,
    weights=None,
    activation=None,
    trainable=True,
    head_activation=None,
    length=None,
    change=lambda core, outputs: outputs,
    **sizes,
):
    """Writes an encoder module with `.vocab_file` and `.do_lower_case`; `mlm` adds the head that predicts tokens.

    `weights`, a dict of variable name → array, replaces the random numbers; `length` fixes the number of tokens;
    `change` is a function of the encoder's layers by name and of its outputs, and returns the outputs.
    """
    import tf_keras

    sizes = {**SIZES, **sizes}
    activation = activation or (lambda x: tf_keras.activations.gelu(x, approximate=True))
    inputs = {
        name: tf_keras.Input((length,), dtype=tf.int32, name=name)
        for name in ("input_word_ids", "input_mask", "input_type_ids")
    }
    outputs, table = _encoder(tf_keras, inputs, len(vocabulary), sizes, activation)
    core = tf_keras.Model(
        inputs, change(tf_keras.Model(inputs, outputs), {**outputs, "default": outputs["pooled_output"]})
    )
    model = core
    if mlm:
        positions = tf_keras.Input((None,), dtype=tf.int32, name="masked_lm_positions")
        head = _head_class(tf_keras)(table, head_activation or activation, name="cls/predictions")
        logits = head(outputs["sequence_output"], positions)
        model = tf_keras.Model({**inputs, "masked_lm_positions": positions}, {**outputs, "mlm_logits": logits})
        core._auto_track_sub_layers = False
        core.mlm = model
    _fill(model, weights)
    path = Path(folder).with_name(f"{Path(folder).name}_words") / "vocab.txt"
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{token}\n" for token in vocabulary), encoding="utf-8")
    core.vocab_file = tf.saved_model.Asset(str(path))
    core.do_lower_case = tf.Variable(lowercase, trainable=False)
    if not trainable:
        core.trainable = False
    core.save(str(folder), include_optimizer=False, save_format="tf")
    return Path(folder)


def _encoder(tf_keras, inputs, words, sizes, activation):
    width = sizes["width"]
    table = tf_keras.layers.Embedding(words, width, name="word_embeddings")
    states = table(inputs["input_word_ids"])
    states += _position_class(tf_keras)(sizes["positions"], name="position_embedding")(states)
    states += tf_keras.layers.Embedding(2, width, name="type_embeddings")(inputs["input_type_ids"])
    states = tf_keras.layers.LayerNormalization(epsilon=1e-12, name="embeddings/layer_norm")(states)
    states = tf_keras.layers.Dropout(sizes["dropout"])(states)
    block, found = _block_class(tf_keras), []
    for index in range(sizes["layers"]):
        layer = block(sizes["heads"], sizes["inner"], activation, sizes["dropout"], name=f"transformer/layer_{index}")
        states = layer(states, inputs["input_mask"])
        found.append(states)
    pooled = tf_keras.layers.Dense(width, activation="tanh", name="pooler_transform")(states[:, 0])
    return {"sequence_output": states, "pooled_output": pooled, "encoder_outputs": found}, table


def _position_class(tf_keras):
    class PositionEmbedding(tf_keras.layers.Layer):
        def __init__(self, length, **kwargs):
            super().__init__(**kwargs)
            self.length = length

        def build(self, shape):
            self.table = self.add_weight("embeddings", (self.length, shape[-1]))

        def call(self, states):
            return self.table[: tf.shape(states)[1]]

    return PositionEmbedding


def _block_class(tf_keras):
    layers = tf_keras.layers

    class TransformerEncoderBlock(layers.Layer):
        def __init__(self, heads, inner, activation, dropout, **kwargs):
            super().__init__(**kwargs)
            self.heads, self.inner, self.activation, self.dropout = heads, inner, activation, dropout

        def build(self, shape):
            width = shape[-1]
            self.attention = layers.MultiHeadAttention(
                self.heads, width // self.heads, dropout=0.1, name="self_attention"
            )
            self.attention_norm = layers.LayerNormalization(epsilon=1e-12, name="self_attention_layer_norm")
            self.widen = layers.EinsumDense("abc,cd->abd", (None, self.inner), bias_axes="d", name="intermediate")
            self.narrow = layers.EinsumDense("abc,cd->abd", (None, width), bias_axes="d", name="output")
            self.output_norm = layers.LayerNormalization(epsilon=1e-12, name="output_layer_norm")
            self.drop = layers.Dropout(self.dropout)

        def call(self, states, mask):
            seen = tf.cast(mask[:, tf.newaxis, :], tf.float32) * tf.ones_like(states[..., :1])
            states = self.attention_norm(states + self.drop(self.attention(states, states, attention_mask=seen)))
            return self.output_norm(states + self.drop(self.narrow(self.activation(self.widen(states)))))

    return TransformerEncoderBlock


def _head_class(tf_keras):
    class MaskedLM(tf_keras.layers.Layer):
        def __init__(self, table, activation, **kwargs):
            super().__init__(**kwargs)
            self.table, self.activation = table.embeddings, activation

        def build(self, shape):
            words, width = self.table.shape
            self.dense = tf_keras.layers.Dense(width, name="transform/dense")
            self.norm = tf_keras.layers.LayerNormalization(epsilon=1e-12, name="transform/LayerNorm")
            self.bias = self.add_weight("output_bias/bias", (words,), initializer="zeros")

        def call(self, states, positions):
            chosen = tf.gather(states, positions, batch_dims=1)
            chosen = self.norm(self.activation(self.dense(chosen)))
            return tf.einsum("abc,dc->abd", chosen, self.table) + self.bias

    return MaskedLM


def _fill(model, weights):
    rng = np.random.default_rng(0)
    for variable in model.variables:
        name = variable.name.removesuffix(":0")
        if weights is not None and name in weights:
            variable.assign(weights[name])
        elif not name.endswith("gamma"):
            variable.assign(0.1 * rng.standard_normal(variable.shape).astype("float32"))


def write_hub_preprocessor(folder, vocabulary_file, *, lowercase=True, length=128):
    """Writes a preprocessor module: a call on strings, `.tokenize` and `.bert_pack_inputs`, with TensorFlow Text."""
    import tensorflow_text as text

    root, tokenize, pack = tf.train.Checkpoint(), tf.train.Checkpoint(), tf.train.Checkpoint()
    asset = tf.saved_model.Asset(str(vocabulary_file))
    table = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(asset, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, -1), 1
    )
    tokenizer = text.BertTokenizer(table, lower_case=lowercase, token_out_type=tf.int32)
    tokens = Path(vocabulary_file).read_text(encoding="utf-8").split("\n")
    start, end = tokens.index("[CLS]"), tokens.index("[SEP]")

    def packed(segments, seq_length):
        room = seq_length - len(segments) - 1
        segments = [part.merge_dims(1, -1) if part.ragged_rank > 1 else part for part in segments]
        segments = text.RoundRobinTrimmer(room).trim(segments)
        ids, types = text.combine_segments(segments, start_of_sequence_id=start, end_of_segment_id=end)
        ids, mask = text.pad_model_inputs(ids, seq_length, pad_value=tokens.index("[PAD]"))
        types, _ = text.pad_model_inputs(types, seq_length, pad_value=0)
        return {"input_word_ids": ids, "input_mask": mask, "input_type_ids": types}

    strings = tf.TensorSpec([None], tf.string, name="sentences")
    tokenize.__call__ = tf.function(tokenizer.tokenize, input_signature=[strings])
    tokenize.table, tokenize.vocabulary = table, asset
    root.tokenize = tokenize
    pack.__call__ = tf.function(packed, autograph=False)
    for segments in (1, 2):
        ragged = [tf.RaggedTensorSpec([None, None, None], tf.int32) for _ in range(segments)]
        pack.__call__.get_concrete_function(ragged, seq_length=tf.TensorSpec([], tf.int32))
    root.bert_pack_inputs = pack
    root.__call__ = tf.function(
        lambda sentences: packed([tokenizer.tokenize(sentences)], length), input_signature=[strings]
    )
    signature = root.__call__.get_concrete_function()
    tf.saved_model.save(root, str(folder), signatures={"serving_default": signature})
    return Path(folder)
