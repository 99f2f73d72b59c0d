"""Computes metrics of classifiers and regressors from arrays. Knows no model and no page."""

# Imported here, not by __getattr__: a module of the same name would hide the function. They load only NumPy.
from keras_bigmodel.evaluation.answer_details import answer_details, length_slices
from keras_bigmodel.evaluation.classification_metrics import classification_metrics
from keras_bigmodel.evaluation.label_set_details import label_set_details
from keras_bigmodel.evaluation.label_set_metrics import label_set_metrics
from keras_bigmodel.evaluation.paired_comparison import paired_comparison
from keras_bigmodel.evaluation.paired_label_sets import paired_label_sets
from keras_bigmodel.evaluation.paired_numbers import paired_numbers
from keras_bigmodel.evaluation.paired_spans import paired_spans
from keras_bigmodel.evaluation.regression_details import regression_details
from keras_bigmodel.evaluation.regression_metrics import regression_metrics
from keras_bigmodel.evaluation.rejection import rejection_metrics, threshold_for
from keras_bigmodel.evaluation.span_details import span_details
from keras_bigmodel.evaluation.span_metrics import span_metrics
from keras_bigmodel.evaluation.threshold_choice import label_thresholds

__all__ = [
    "answer_details",
    "classification_metrics",
    "label_set_details",
    "label_set_metrics",
    "label_thresholds",
    "length_slices",
    "paired_comparison",
    "paired_label_sets",
    "paired_numbers",
    "paired_spans",
    "regression_details",
    "regression_metrics",
    "rejection_metrics",
    "span_details",
    "span_metrics",
    "threshold_for",
]
