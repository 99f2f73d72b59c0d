"""Runs the network of an OpenVINO file on ids. Knows arrays; no text, no labels."""

import json
import threading
from pathlib import Path

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import file_sha256
from keras_bigmodel.edge.lite_contents import LiteContents

WEIGHTS = "weights"  # entry of the contents: the sha256 of the file of weights
# OpenVINO's bindings initialize their access to NumPy at the first use, and wait for ever if two threads use it first.
_STARTING = threading.Lock()
CONTENTS = "keras_bigmodel"  # name of the entry of the file's run-time information that holds labels and vocabulary


class OpenVinoNetwork:
    """Runs an OpenVINO network, in float32 on the processor, on ids of any length and returns probabilities.

    Args:
        path: path of the `.xml` file; the weights are in the `.bin` file beside it.
        num_threads: int. Number of threads of the network.

    Attributes:
        contents: `LiteContents` of the file.

    Call: int32 arrays `(texts, length)` by name -> float32 `(texts, labels)`.

    Raises:
        UserError: OpenVINO is not installed, there is no such file, or the file was not written by this package.
    """

    def __init__(self, path, *, num_threads):
        openvino = _library()
        if not Path(path).is_file():
            raise UserError(f"No file {path}. Give a file that bigmodel export --format openvino wrote.")
        core = openvino.Core()
        try:
            model = core.read_model(str(path))
            compiled = core.compile_model(
                model,
                "CPU",
                {
                    "INFERENCE_NUM_THREADS": num_threads,
                    "INFERENCE_PRECISION_HINT": "f32",  # bfloat16 otherwise, where the processor has it
                    "ENABLE_CPU_PINNING": False,  # several networks of one thread would be pinned to the same processor
                },
            )
        except RuntimeError as error:
            why = str(error).strip().splitlines()[-1].strip()
            raise UserError(f"OpenVINO cannot read {path} ({why:.120}). Export it again.") from error
        metadata = _metadata(model)
        self.contents = LiteContents.from_metadata(metadata, path)
        if metadata.get(WEIGHTS) != file_sha256(Path(path).with_suffix(".bin")):
            raise UserError(
                f"{Path(path).with_suffix('.bin')} does not hold the weights that {path} was written with. Copy both "
                "files from one export."
            )
        self._request = compiled.create_infer_request()
        with _STARTING:
            self(**{port.any_name: np.ones((1, 2), "int32") for port in compiled.inputs})

    def __call__(self, **ids):
        """Computes the probabilities of one batch of texts of equal length.

        Args:
            **ids: int arrays `(texts, length)`: `token_ids`, `segment_ids` and `padding_mask`.

        Returns:
            float32 array `(texts, labels)`.
        """
        self._request.infer({name: np.asarray(array, "int32") for name, array in ids.items()})
        return self._request.get_tensor(self.contents.output).data.copy()  # the next batch is written over it


def _library():
    try:
        import openvino
    except ModuleNotFoundError as error:
        raise UserError(
            "openvino, which runs OpenVINO files, is not installed. Install it: pip install openvino"
        ) from error
    return openvino


def _metadata(model):
    """Returns the files that `LiteContents.to_metadata` gave: dict of name → text, empty if there are none."""
    try:
        found = json.loads(model.get_rt_info([CONTENTS]).astype(str))
    except (RuntimeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
