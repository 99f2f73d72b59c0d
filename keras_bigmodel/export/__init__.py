"""Models for other runtimes, one file per format, and the proof that they agree. Knows no task."""

from keras_bigmodel.export.certificate import PARITY_FILE, certify, columns_to_compare
from keras_bigmodel.export.checked_lite import write_checked_lite
from keras_bigmodel.export.checked_saved_model import write_checked_saved_model
from keras_bigmodel.export.endpoint import Endpoint
from keras_bigmodel.export.lite import LITE_FILE, QUANTIZERS, check_quantize, write_lite
from keras_bigmodel.export.lite_parity import lite_parity
from keras_bigmodel.export.parity import saved_model_parity
from keras_bigmodel.export.saved_model import write_saved_model

__all__ = [
    "LITE_FILE",
    "PARITY_FILE",
    "QUANTIZERS",
    "Endpoint",
    "certify",
    "check_quantize",
    "columns_to_compare",
    "lite_parity",
    "saved_model_parity",
    "write_checked_lite",
    "write_checked_saved_model",
    "write_lite",
    "write_saved_model",
]
