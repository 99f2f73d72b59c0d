"""Classifies texts with a LiteRT, an ONNX or an OpenVINO file. Knows no TensorFlow and no Keras."""

from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.edge.edge_model import EdgeModel
from keras_bigmodel.edge.lite_network import LiteNetwork
from keras_bigmodel.edge.onnx_network import OnnxNetwork
from keras_bigmodel.edge.open_vino_network import OpenVinoNetwork


class EdgeClassifier(EdgeModel):
    """Labels or scores texts with a network in a file, and with the labels and the vocabulary in the same file.

    For the arguments and errors see `EdgeModel`.
    """

    @property
    def reader(self):
        """Returns the reader of rows of outputs as answers: `PredictionReader`, `LabelSetReader` or `ScoreReader`."""
        return self._contents.reader

    @property
    def labels(self):
        """Returns the labels in the order of the outputs, none of a file that gives numbers: list of str."""
        return list(self._contents.labels)

    @property
    def width(self):
        """Returns the number of outputs: int."""
        return len(self._contents.labels) or 1

    def predict(self, texts):
        """Predicts the probabilities of the labels of texts, or their numbers.

        Args:
            texts: list of str; if `pairs`, a list of pairs or a tuple of two lists.

        Returns:
            float32 array `(texts, labels)` of probabilities, or `(texts,)` of numbers, in the order of the texts.

        Raises:
            UserError: the input is not texts, or is empty.
        """
        rows = self._rows(texts)
        return rows if self._contents.labels else rows[:, 0]

    def classify(self, texts, *, top_k=None):
        """Labels texts, or gives them numbers.

        Args:
            texts: as in `predict`.
            top_k: int. Number of labels to keep in each answer. Defaults to all.

        Returns:
            list of `Prediction`, `LabelSet` or `Score`, in the order of the texts.

        Raises:
            UserError: `top_k` is not a whole number of 1 or more, or came for a file that gives numbers; or as in
                `predict`.
        """
        read, options = self.reader, {} if top_k is None else {"top_k": top_k}
        if options and not self.labels:
            raise UserError("top_k came, and the answers of this model are numbers without labels. Leave it out.")
        return [read(row, **options) for row in self.predict(texts)]


class LiteClassifier(EdgeClassifier):
    """Labels texts with a `.tflite` file that `TextClassifier.export(..., format="litert")` wrote.

    Needs `numpy` and `ai-edge-litert` besides this package, which may be installed with `--no-deps`. For the arguments
    and errors see `EdgeClassifier`.
    """

    network_class, title, package, file_name = LiteNetwork, "LiteRT", "ai-edge-litert", "model.tflite"


class OnnxClassifier(EdgeClassifier):
    """Labels texts with an `.onnx` file that `TextClassifier.export(..., format="onnx")` wrote.

    Needs `numpy` and `onnxruntime` besides this package, which may be installed with `--no-deps`. For the arguments and
    errors see `EdgeClassifier`.
    """

    network_class, title, package, file_name = OnnxNetwork, "ONNX", "onnxruntime", "model.onnx"


class OpenVinoClassifier(EdgeClassifier):
    """Labels texts with an `.xml` file that `TextClassifier.export(..., format="openvino")` wrote.

    Needs `numpy` and `openvino` besides this package, which may be installed with `--no-deps`. For the arguments and
    errors see `EdgeClassifier`.
    """

    network_class, title, package, file_name = OpenVinoNetwork, "OpenVINO", "openvino", "model.xml"


# By the name of the export format.
CLASSIFIERS = {"litert": LiteClassifier, "onnx": OnnxClassifier, "openvino": OpenVinoClassifier}


def open_classifier(path, *, num_threads=None):
    """Returns the classifier of a file by the ending of its name: `.onnx`, `.xml` (OpenVINO), and else LiteRT.

    Args:
        path: path of the file.
        num_threads: int. As in `EdgeClassifier`. Defaults to None.

    Raises:
        UserError: as `EdgeClassifier`.
    """
    kinds = {Path(kind.file_name).suffix: kind for kind in CLASSIFIERS.values()}
    path = checked_path(path, "the path of a file that bigmodel export wrote")
    return kinds.get(path.suffix.lower(), LiteClassifier)(path, num_threads=num_threads)
