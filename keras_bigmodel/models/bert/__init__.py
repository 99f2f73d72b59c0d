"""BERT: the encoder and its published sizes."""

from keras_bigmodel.models.bert.bert_encoder import BertEncoder
from keras_bigmodel.models.bert.bert_size import BERT_SIZES, BertSize

__all__ = ["BERT_SIZES", "BertEncoder", "BertSize"]
