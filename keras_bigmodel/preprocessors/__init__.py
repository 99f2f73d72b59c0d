"""Converts named raw columns to a model's features, in the graph and outside. Knows no model, no loss, no labels."""

from keras_bigmodel.preprocessors.preprocessor import Preprocessor, preprocessor_of
from keras_bigmodel.preprocessors.tagging_preprocessor import TaggingPreprocessor
from keras_bigmodel.preprocessors.text_preprocessor import TextPreprocessor

__all__ = ["Preprocessor", "TaggingPreprocessor", "TextPreprocessor", "preprocessor_of"]
