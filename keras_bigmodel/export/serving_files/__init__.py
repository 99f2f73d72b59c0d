"""What stands beside a SavedModel in production: warm-up requests, TensorFlow Serving's settings, containers."""

from keras_bigmodel.export.serving_files.batch_measurement import BatchMeasurement
from keras_bigmodel.export.serving_files.serving_folder import (
    check_cores,
    read_measurement,
    write_serving_folder,
)
from keras_bigmodel.export.serving_files.warm_up_records import WARM_UP_FILE, write_warm_up_records

__all__ = [
    "WARM_UP_FILE",
    "BatchMeasurement",
    "check_cores",
    "read_measurement",
    "write_serving_folder",
    "write_warm_up_records",
]
