"""Provides the tasks: Keras models that take raw rows, such as texts. Requires Keras's TensorFlow backend."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.kernels import BACKEND

if BACKEND != "tensorflow":
    raise UserError(
        f"Tasks take text and export to TensorFlow Serving, and Keras runs on {BACKEND}. Set "
        "KERAS_BACKEND=tensorflow; layers and encoders (keras_bigmodel.layers, keras_bigmodel.models) work on every "
        "backend."
    )

from keras_bigmodel.core.answers import LabelSet, Prediction, Score
from keras_bigmodel.core.tags import Tags, TextSpan
from keras_bigmodel.tasks.multi_label_classifier import MultiLabelClassifier
from keras_bigmodel.tasks.task import Task
from keras_bigmodel.tasks.text_classifier import TextClassifier
from keras_bigmodel.tasks.text_regressor import TextRegressor
from keras_bigmodel.tasks.token_classifier import TokenClassifier

__all__ = [
    "LabelSet",
    "MultiLabelClassifier",
    "Prediction",
    "Score",
    "Tags",
    "Task",
    "TextClassifier",
    "TextRegressor",
    "TextSpan",
    "TokenClassifier",
]
