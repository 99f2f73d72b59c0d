"""Embeds texts with a LiteRT file, and opens files of either kind. Knows no TensorFlow and no Keras."""

from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.edge.edge_classifier import CLASSIFIERS, LiteClassifier, open_classifier
from keras_bigmodel.edge.edge_model import EdgeModel
from keras_bigmodel.edge.lite_contents import LiteContents
from keras_bigmodel.edge.lite_network import LiteEmbeddingNetwork


class LiteEmbedder(EdgeModel):
    """Computes vectors of texts with a `.tflite` file that `Task.export(..., format="litert_embedding")` wrote.

    Needs `numpy` and `ai-edge-litert` besides this package, which may be installed with `--no-deps`. For the arguments
    and errors see `EdgeModel`.
    """

    network_class, title = LiteEmbeddingNetwork, "LiteRT embedding"
    package, file_name = LiteClassifier.package, LiteClassifier.file_name

    @property
    def width(self):
        """Returns the number of entries of a vector: int."""
        return self._network.width

    def embed(self, texts):
        """Computes the vectors of texts, which are those of `Task.embed`; they are not normalized.

        Args:
            texts: list of str; if `pairs`, a list of pairs or a tuple of two lists.

        Returns:
            float32 array `(texts, width)`, in the order of the texts.

        Raises:
            UserError: the input is not texts, or is empty.
        """
        return self._rows(texts)


# By the name of the export format.
EDGE_MODELS = {**CLASSIFIERS, "litert_embedding": LiteEmbedder}


def open_edge_model(path, *, num_threads=None):
    """Returns the model of a file: a `LiteEmbedder` if it gives vectors, else as `open_classifier`.

    Args:
        path: path of the file.
        num_threads: int. As in `EdgeModel`. Defaults to None.

    Raises:
        UserError: as `EdgeModel`.
    """
    path = checked_path(path, "the path of a file that bigmodel export wrote")
    if path.suffix.lower() in (".onnx", ".xml") or LiteContents.read(path).gives_answers:
        return open_classifier(path, num_threads=num_threads)
    return LiteEmbedder(path, num_threads=num_threads)
