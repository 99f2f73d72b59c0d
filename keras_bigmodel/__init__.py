"""Keras 3 + TensorFlow for big models: a table of text in, a measured, servable model out.

Names are handed on when first used, so that importing the package loads neither TensorFlow nor Keras.
"""

from importlib import import_module

from keras_bigmodel._version import __version__

_HOMES = {
    "BackupAndResume": "training",
    "BertEmbedding": "layers",
    "BertEncoder": "models.bert",
    "ClsPooling": "layers",
    "FeedForward": "layers",
    "MeanPooling": "layers",
    "MultiHeadAttention": "layers",
    "PlainWordPieceTokenizer": "tokenizers",
    "Prediction": "tasks",
    "TextClassifier": "tasks",
    "TransformerLayer": "layers",
    "UserError": "core.errors",
    "WordPieceTokenizer": "tokenizers",
    "load_encoder": "checkpoints",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'keras_bigmodel' has no attribute '{name}'")
    return getattr(import_module(f"keras_bigmodel.{_HOMES[name]}"), name)


def __dir__():
    return sorted([*globals(), *_HOMES])
