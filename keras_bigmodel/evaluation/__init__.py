"""Computes metrics of a classifier from arrays. Knows no model and no page."""

# Imported here, not by __getattr__: a module of the same name would hide the function. They load only NumPy.
from keras_bigmodel.evaluation.answer_details import answer_details, length_slices
from keras_bigmodel.evaluation.classification_metrics import classification_metrics
from keras_bigmodel.evaluation.paired_comparison import paired_comparison
from keras_bigmodel.evaluation.rejection import rejection_metrics, threshold_for

__all__ = [
    "answer_details",
    "classification_metrics",
    "length_slices",
    "paired_comparison",
    "rejection_metrics",
    "threshold_for",
]
