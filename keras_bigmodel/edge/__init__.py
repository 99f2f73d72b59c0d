"""Classifies and embeds texts with a LiteRT or ONNX file, without TensorFlow and Keras. Names load when first used."""

from keras_bigmodel.core.lazy_names import lazy_names

_HOMES = {
    "LiteClassifier": "edge_classifier",
    "LiteContents": "lite_contents",
    "LiteEmbedder": "lite_embedder",
    "OnnxClassifier": "edge_classifier",
    "open_classifier": "edge_classifier",
    "open_edge_model": "lite_embedder",
}

__all__ = [*_HOMES]


__getattr__ = lazy_names(__name__, _HOMES)
