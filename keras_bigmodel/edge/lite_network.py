"""Runs the network of a LiteRT file on ids. Knows arrays and signatures; no text, no labels."""

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.edge.lite_contents import LiteContents

# Signatures: token_ids, segment_ids, padding_mask -> probabilities, or embedding.
CLASSIFY, EMBED = "classify", "embed"
# Signature → what a file with it does and does not do, the class that opens it, the format in which it is exported.
_KINDS = {
    CLASSIFY: ("labels texts and gives no vectors", "LiteClassifier", "litert"),
    EMBED: ("gives vectors of texts and no labels", "LiteEmbedder", "litert_embedding"),
}


class LiteNetwork:
    """Runs a LiteRT interpreter on ids of any length and returns probabilities.

    Args:
        path: path of the file.
        num_threads: int. Number of threads of the interpreter.

    Attributes:
        contents: `LiteContents` of the file.
        width: int. How many numbers each text gets.

    Call: int32 arrays `(texts, length)` by name -> float32 `(texts, width)`.

    Raises:
        UserError: LiteRT is not installed, the file was not written by this package, or has another signature.
    """

    signature = CLASSIFY

    def __init__(self, path, *, num_threads):
        self.contents = LiteContents.read(path)
        self._interpreter = interpreter_of(path, num_threads)
        _check_signature(path, self.signature, self._interpreter.get_signature_list())
        runner = self._interpreter.get_signature_runner(self.signature)
        # By name: the converter reorders the inputs.
        self._inputs = {name: detail["index"] for name, detail in runner.get_input_details().items()}
        (output,) = runner.get_output_details().values()
        self._output, self.width = output["index"], int(output["shape"][-1])
        self._shape = None

    def __call__(self, **ids):
        """Computes the rows of numbers of one batch of texts of equal length.

        Args:
            **ids: int arrays `(texts, length)`: `token_ids`, `segment_ids` and `padding_mask`.

        Returns:
            float32 array `(texts, width)`.
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


class LiteEmbeddingNetwork(LiteNetwork):
    """Runs a LiteRT interpreter on ids of any length and returns vectors; see `LiteNetwork`."""

    signature = EMBED


def _check_signature(path, wanted, found):
    if wanted in found:
        return
    _, _, format = _KINDS[wanted]
    advice = f"Give a file that bigmodel export --format {format} wrote"
    others = [_KINDS[name] for name in found if name in _KINDS]
    if not others:
        raise UserError(f'{path} has no signature "{wanted}". {advice}.')
    does, opener, _ = others[0]
    raise UserError(f"{path} {does}. {advice}, or open this one with {opener}.")


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
    except (ValueError, RuntimeError, TypeError) as error:  # TypeError: a name that is not in UTF-8
        raise UserError(f"LiteRT cannot read {path} ({error!s:.120}). Export it again.") from error
