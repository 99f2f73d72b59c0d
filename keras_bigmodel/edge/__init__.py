"""Classifies texts with a LiteRT or ONNX file, without TensorFlow and Keras. Names load when first used."""

from keras_bigmodel.core.lazy_names import lazy_names

_HOMES = {
    "LiteClassifier": "edge_classifier",
    "LiteContents": "lite_contents",
    "OnnxClassifier": "edge_classifier",
    "open_classifier": "edge_classifier",
    "write_vectors": "tokenizer_vectors",
}

__all__ = [*_HOMES]


__getattr__ = lazy_names(__name__, _HOMES)
