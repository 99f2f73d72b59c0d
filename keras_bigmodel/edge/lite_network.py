"""Runs the network of a LiteRT file on ids. Knows arrays; no text, no labels."""

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.edge.lite_contents import LiteContents

SIGNATURE = "classify"  # token_ids, segment_ids, padding_mask -> probabilities
_INPUTS = ("token_ids", "segment_ids", "padding_mask")


class LiteNetwork:
    """Runs a LiteRT interpreter on ids of any length and returns probabilities.

    Args:
        path: path of the file.
        num_threads: int. Number of threads of the interpreter.

    Attributes:
        contents: `LiteContents` of the file.

    Call: int32 arrays `(texts, length)` by name -> float32 `(texts, labels)`.

    Raises:
        UserError: LiteRT is not installed, or the file was not written by this package.
    """

    def __init__(self, path, *, num_threads):
        self.contents = LiteContents.read(path)
        self._interpreter = interpreter_of(path, num_threads)
        if SIGNATURE not in self._interpreter.get_signature_list():
            raise UserError(f'{path} has no signature "{SIGNATURE}". Give one that bigmodel export wrote.')
        runner = self._interpreter.get_signature_runner(SIGNATURE)
        # By name: the converter reorders the inputs.
        self._inputs = {name: detail["index"] for name, detail in runner.get_input_details().items()}
        (output,) = runner.get_output_details().values()
        self._output = output["index"]
        self._shape = None

    def __call__(self, **ids):
        """Computes the probabilities of one batch of texts of equal length.

        Args:
            **ids: int arrays `(texts, length)`: `token_ids`, `segment_ids` and `padding_mask`.

        Returns:
            float32 array `(texts, labels)`.
        """
        shape = np.shape(ids["token_ids"])
        if shape != self._shape:
            for index in self._inputs.values():
                self._interpreter.resize_tensor_input(index, shape)
            self._interpreter.allocate_tensors()
            self._shape = shape
        for name, index in self._inputs.items():
            self._interpreter.set_tensor(index, np.asarray(ids[name], "int32"))
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)


def interpreter_of(path, num_threads):
    """Returns a LiteRT interpreter for a file.

    Args:
        path: path of the file.
        num_threads: int. Number of threads of the interpreter.

    Raises:
        UserError: LiteRT is not installed, or cannot read the file.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ModuleNotFoundError as error:
        raise UserError(
            "ai-edge-litert, which runs LiteRT files, is not installed. Install it: pip install ai-edge-litert"
        ) from error
    try:
        return Interpreter(str(path), num_threads=num_threads)
    except (ValueError, RuntimeError) as error:
        raise UserError(f"LiteRT cannot read {path} ({error!s:.120}). Export it again.") from error
