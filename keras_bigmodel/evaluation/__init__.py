"""Measures on arrays, and the report of them. Knows no model. The report's names load when first used."""

from keras_bigmodel.core.lazy_names import lazy_names

# Not by __getattr__: a module of the same name would hide the function. They load nothing but NumPy.
from keras_bigmodel.evaluation.answer_details import answer_details
from keras_bigmodel.evaluation.classification_metrics import classification_metrics
from keras_bigmodel.evaluation.length_slices import length_slices
from keras_bigmodel.evaluation.paired_comparison import paired_comparison

_HOMES = {
    "write_card": "card",
    "write_report": "report",
}

__all__ = ["answer_details", "classification_metrics", "length_slices", "paired_comparison", *_HOMES]


__getattr__ = lazy_names(__name__, _HOMES)
