"""Exports models for other runtimes, one file per format, and proves that they agree. Knows no task."""

from keras_bigmodel.export.checked_exports import (
    saved_model_parity,
    write_checked_lite,
    write_checked_lite_embedding,
    write_checked_onnx,
    write_checked_saved_model,
)
from keras_bigmodel.export.edge_parity import edge_parity
from keras_bigmodel.export.endpoint import Endpoint
from keras_bigmodel.export.lite import LITE_FILE, QUANTIZERS, check_quantize, write_lite
from keras_bigmodel.export.lite_embedding import write_lite_embedding
from keras_bigmodel.export.onnx_file import ONNX_FILE, ONNX_QUANTIZERS, write_onnx
from keras_bigmodel.export.output_rules import Close, Equal, SameChoice, SameDirection
from keras_bigmodel.export.parity import PARITY_FILE, WorseExportError, certificate_of, certify
from keras_bigmodel.export.requests import Requests, rows_to_compare
from keras_bigmodel.export.saved_model import write_saved_model

__all__ = [
    "LITE_FILE",
    "ONNX_FILE",
    "ONNX_QUANTIZERS",
    "PARITY_FILE",
    "QUANTIZERS",
    "Close",
    "Endpoint",
    "Equal",
    "Requests",
    "SameChoice",
    "SameDirection",
    "WorseExportError",
    "certificate_of",
    "certify",
    "check_quantize",
    "edge_parity",
    "rows_to_compare",
    "saved_model_parity",
    "write_checked_lite",
    "write_checked_lite_embedding",
    "write_checked_onnx",
    "write_checked_saved_model",
    "write_lite",
    "write_lite_embedding",
    "write_onnx",
    "write_saved_model",
]
