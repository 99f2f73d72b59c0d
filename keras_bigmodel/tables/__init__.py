"""Reads tables of texts and labels: formats, headers, columns. Knows files; no model. Imports names at first use."""

from keras_bigmodel.core.lazy_names import lazy_names

_HOMES = {
    "TableBlock": "table",
    "TableOptions": "table",
    "TableStream": "table_stream",
    "TextTable": "table",
    "is_table_name": "table_file",
    "read_text_table": "table_reader",
    "row_estimate": "table_file",
}

__all__ = [*_HOMES]


__getattr__ = lazy_names(__name__, _HOMES)
