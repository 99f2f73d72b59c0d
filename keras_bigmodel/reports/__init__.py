"""Writes the report page, its plots and the card. Knows metrics and texts; no model. Imports names at first use."""

from keras_bigmodel.core.lazy_names import lazy_names

_HOMES = {
    "write_card": "card",
    "write_report": "report",
}

__all__ = [*_HOMES]


__getattr__ = lazy_names(__name__, _HOMES)
