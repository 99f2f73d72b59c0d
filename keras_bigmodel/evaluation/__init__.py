"""Measures on arrays. Knows no model."""

from keras_bigmodel.evaluation.classification_metrics import classification_metrics

__all__ = ["classification_metrics"]
