"""Holds examples, splits and batches; describes data. Knows no file format, no model. Imports names at first use."""

from keras_bigmodel.core.lazy_names import lazy_names

_HOMES = {
    "DrawnRows": "drawn_rows",
    "Examples": "examples",
    "FileColumn": "file_column",
    "LengthBatches": "length_batches",
    "RaggedColumn": "ragged_column",
    "bundled_file": "bundled_texts",
    "classes_to_train": "class_labels",
    "data_report": "figures.data_report",
    "dominant_script": "figures.scripts",
    "hold_back": "split",
    "labels_to_train": "class_labels",
    "padding_share": "batch_plan",
    "parity_texts": "bundled_texts",
    "plan_batches": "batch_plan",
    "support_messages": "bundled_texts",
}

__all__ = [*_HOMES]


__getattr__ = lazy_names(__name__, _HOMES)
