"""Classifies and embeds texts with a file for another runtime, without TensorFlow and Keras. Names load when used."""

from keras_bigmodel.core.lazy_names import lazy_names

_HOMES = {
    "CLASSIFIERS": "edge_classifier",
    "EDGE_MODELS": "lite_embedder",
    "EngineClassifier": "engine",
    "LiteClassifier": "edge_classifier",
    "LiteContents": "lite_contents",
    "LiteEmbedder": "lite_embedder",
    "OnnxClassifier": "edge_classifier",
    "OpenVinoClassifier": "edge_classifier",
    "load_engine": "engine",
    "open_classifier": "edge_classifier",
    "open_edge_model": "lite_embedder",
    "write_vectors": "tokenizer_vectors",
}

__all__ = [*_HOMES]


__getattr__ = lazy_names(__name__, _HOMES)
