"""Exports models for other runtimes, one file per format, and proves that they agree. Knows no task."""

from keras_bigmodel.edge.lite_contents import QUANTIZERS
from keras_bigmodel.export.checked_exports import (
    WRITERS,
    saved_model_parity,
    write_checked_file,
    write_checked_saved_model,
)
from keras_bigmodel.export.edge_parity import edge_parity
from keras_bigmodel.export.endpoint import Endpoint
from keras_bigmodel.export.network_of_ids import check_packages, check_quantize
from keras_bigmodel.export.output_rules import Close, Equal, SameChoice, SameDirection, SameSides
from keras_bigmodel.export.parity import PARITY_FILE, WorseExportError, certificate_of, certify
from keras_bigmodel.export.requests import Requests, rows_to_compare
from keras_bigmodel.export.saved_model import write_saved_model
from keras_bigmodel.export.serving_files import BatchMeasurement, check_cores, write_serving_folder

__all__ = [
    "PARITY_FILE",
    "QUANTIZERS",
    "WRITERS",
    "BatchMeasurement",
    "Close",
    "Endpoint",
    "Equal",
    "Requests",
    "SameChoice",
    "SameDirection",
    "SameSides",
    "WorseExportError",
    "certificate_of",
    "certify",
    "check_cores",
    "check_packages",
    "check_quantize",
    "edge_parity",
    "rows_to_compare",
    "saved_model_parity",
    "write_checked_file",
    "write_checked_saved_model",
    "write_saved_model",
    "write_serving_folder",
]
