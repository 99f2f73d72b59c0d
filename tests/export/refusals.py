"""What is refused on the way to a server: name → function that is refused. `docs/bad-input.md` has the sentences."""

import contextlib
from pathlib import Path
from unittest import mock

import numpy as np

from keras_bigmodel.evaluation import threshold_for
from keras_bigmodel.export.serving_files import BatchMeasurement, check_cores, serving_folder, write_serving_folder
from keras_bigmodel.pipeline.train_settings import check_rejection
from keras_bigmodel.tasks.export_formats import check_ops
from keras_bigmodel.tokenizers.word_piece_tokenizer import uses_text_ops


def unreachable():
    """A model that is as often wrong when it is sure as when it is not."""
    right = np.arange(40) % 2
    sure = np.linspace(0.6, 0.99, 40)
    threshold_for(right, np.stack([sure, 1 - sure], axis=1), ["bad", "good"], 0.98)


def other_cores():
    with mock.patch.object(serving_folder, "processors", return_value=8):
        folder = Path("model", "1")
        (folder / "variables").mkdir(parents=True)
        write_serving_folder(folder, BatchMeasurement(2, 20.0, {1: 0.004, 2: 0.006}), name="model", version=1)
        check_cores(folder / "serving")


def without_measurement():
    with contextlib.suppress(FileExistsError):
        Path("serving").mkdir()
    check_cores("serving")


REFUSED = {
    "a threshold that is no probability": lambda: check_rejection(1.5, None),
    "an accuracy that is no share": lambda: check_rejection(None, 98.0),
    "a threshold and what it is chosen for": lambda: check_rejection(0.8, 0.98),
    "an accuracy that no threshold reaches": unreachable,
    "ops for a file that takes ids": lambda: check_ops("core", "litert"),
    "unknown ops": lambda: uses_text_ops("tensorflow", "exact"),
    "TensorFlow's own ops in the fast mode": lambda: uses_text_ops("core", "fast"),
    "batching measured with other cores": other_cores,
    "serving files without their measurement": without_measurement,
}
