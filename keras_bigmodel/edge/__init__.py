"""Classifies texts with a LiteRT file, without TensorFlow and without Keras. Names load when first used."""

from keras_bigmodel.core.lazy_names import lazy_names

__all__ = ["LiteClassifier", "LiteContents"]


__getattr__ = lazy_names(__name__, {"LiteClassifier": "lite_classifier", "LiteContents": "lite_contents"})
