"""Tensor operations as Keras layers, for every Keras backend. Knows no text, no files, no losses."""

from keras_bigmodel.layers.bert_embedding import BertEmbedding
from keras_bigmodel.layers.feed_forward import FeedForward
from keras_bigmodel.layers.masks import attention_bias, causal_mask
from keras_bigmodel.layers.multi_head_attention import MultiHeadAttention
from keras_bigmodel.layers.pooling import ClsPooling, MeanPooling
from keras_bigmodel.layers.projection import Projection
from keras_bigmodel.layers.token_windows import JoinedWindows, TokenWindows
from keras_bigmodel.layers.transformer_layer import TransformerLayer

__all__ = [
    "BertEmbedding",
    "ClsPooling",
    "FeedForward",
    "JoinedWindows",
    "MeanPooling",
    "MultiHeadAttention",
    "Projection",
    "TokenWindows",
    "TransformerLayer",
    "attention_bias",
    "causal_mask",
]
