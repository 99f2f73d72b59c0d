"""Tables, splits and batches. Knows no model; the tokenizer is passed in. Names load when first used."""

from keras_bigmodel.core.lazy_names import lazy_names

_HOMES = {
    "DrawnRows": "drawn_rows",
    "Examples": "examples",
    "FileColumn": "file_column",
    "LengthBatches": "length_batches",
    "RaggedColumn": "ragged_column",
    "TableBlock": "tables.table_block",
    "TableStream": "tables.table_stream",
    "TextTable": "tables.text_table",
    "bundled_file": "bundled_texts",
    "classes_to_train": "tables.label_check",
    "data_report": "figures.data_report",
    "dominant_script": "figures.scripts",
    "hold_back": "split",
    "is_table_name": "tables.table_file",
    "labels_to_train": "tables.label_check",
    "padding_share": "batch_plan",
    "parity_texts": "bundled_texts",
    "plan_batches": "batch_plan",
    "read_text_table": "tables.text_table",
    "row_estimate": "tables.row_estimate",
    "support_messages": "bundled_texts",
}

__all__ = [*_HOMES]


__getattr__ = lazy_names(__name__, _HOMES)
