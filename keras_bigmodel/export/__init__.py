"""Models for other runtimes, one file per format, and the proof that they agree. Knows no task."""

from keras_bigmodel.export.endpoint import Endpoint
from keras_bigmodel.export.export_checked import EXPORTERS, PARITY_FILE, export_checked, exporter
from keras_bigmodel.export.parity import saved_model_parity
from keras_bigmodel.export.saved_model import write_saved_model

__all__ = [
    "EXPORTERS",
    "PARITY_FILE",
    "Endpoint",
    "export_checked",
    "exporter",
    "saved_model_parity",
    "write_saved_model",
]
