"""Classifies texts with a LiteRT, ONNX or OpenVINO file, without TensorFlow and Keras. Names load when first used."""

from keras_bigmodel.core.lazy_names import lazy_names

_HOMES = {
    "EngineClassifier": "engine",
    "LiteClassifier": "edge_classifier",
    "LiteContents": "lite_contents",
    "CLASSIFIERS": "edge_classifier",
    "OnnxClassifier": "edge_classifier",
    "OpenVinoClassifier": "edge_classifier",
    "load_engine": "engine",
    "open_classifier": "edge_classifier",
    "write_vectors": "tokenizer_vectors",
}

__all__ = [*_HOMES]


__getattr__ = lazy_names(__name__, _HOMES)
