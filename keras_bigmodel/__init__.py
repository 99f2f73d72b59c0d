"""Trains, evaluates and exports Transformer text classifiers with Keras 3 and TensorFlow.

Names are imported on first use, so that importing the package loads neither TensorFlow nor Keras.
"""

from keras_bigmodel._version import __version__
from keras_bigmodel.core.lazy_names import lazy_names

_HOMES = {
    "BackupAndResume": "training",
    "BertEmbedding": "layers",
    "BertEncoder": "models.bert",
    "ClsPooling": "layers",
    "FeedForward": "layers",
    "HubEncoder": "checkpoints",
    "LabelSet": "core.answers",
    "MeanPooling": "layers",
    "MultiHeadAttention": "layers",
    "MultiLabelClassifier": "tasks",
    "PlainWordPieceTokenizer": "tokenizers",
    "Prediction": "core.answers",
    "Score": "core.answers",
    "TableStream": "tables",
    "Tags": "core.tags",
    "TextClassifier": "tasks",
    "TextRegressor": "tasks",
    "TextSpan": "core.tags",
    "TokenClassifier": "tasks",
    "TransformerLayer": "layers",
    "UserError": "core.errors",
    "WordPieceTokenizer": "tokenizers",
    "load_encoder": "checkpoints",
}

__all__ = ["__version__", *sorted(_HOMES)]


__getattr__ = lazy_names(__name__, _HOMES)


def __dir__():
    return sorted([*globals(), *_HOMES])
