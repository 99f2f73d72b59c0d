"""Runs the network of an ONNX file on ids. Knows arrays; no text, no labels."""

from pathlib import Path

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.edge.lite_contents import LiteContents


class OnnxNetwork:
    """Runs an ONNX Runtime session on ids of any length and returns probabilities.

    Args:
        path: path of the file.
        num_threads: int. Number of threads of the session.

    Attributes:
        contents: `LiteContents` of the file.

    Call: int32 arrays `(texts, length)` by name -> float32 `(texts, labels)`.

    Raises:
        UserError: ONNX Runtime is not installed, there is no such file, or the file was not written by this package.
    """

    def __init__(self, path, *, num_threads):
        self._session = session_of(path, num_threads)
        self.contents = LiteContents.from_metadata(self._session.get_modelmeta().custom_metadata_map, path)

    def __call__(self, **ids):
        """Computes the probabilities of one batch of texts of equal length.

        Args:
            **ids: int arrays `(texts, length)`: `token_ids`, `segment_ids` and `padding_mask`.

        Returns:
            float32 array `(texts, labels)`.
        """
        feed = {name: np.asarray(array, "int32") for name, array in ids.items()}
        return self._session.run([self.contents.output], feed)[0]


def session_of(path, num_threads):
    """Returns an ONNX Runtime session for a file, on the processor.

    Args:
        path: path of the file.
        num_threads: int. Number of threads of the session.

    Raises:
        UserError: ONNX Runtime is not installed, there is no such file, or ONNX Runtime cannot read it.
    """
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise UserError(
            "onnxruntime, which runs ONNX files, is not installed. Install it: pip install onnxruntime"
        ) from error
    if not Path(path).is_file():
        raise UserError(f"No file {path}. Give a file that bigmodel export --format onnx wrote.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = num_threads, 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no class of their own in common
        why = str(error).splitlines()[0]
        raise UserError(f"ONNX Runtime cannot read {path} ({why:.120}). Export it again.") from error
