"""The page, its plots and the card. Knows measures and texts; no model. Names load when first used."""

from keras_bigmodel.core.lazy_names import lazy_names

_HOMES = {
    "write_card": "card",
    "write_report": "report",
}

__all__ = [*_HOMES]


__getattr__ = lazy_names(__name__, _HOMES)
