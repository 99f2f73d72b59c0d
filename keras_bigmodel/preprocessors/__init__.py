"""Named raw columns → a model's features, in the graph and on the host. Knows no model, no loss and no labels."""

from keras_bigmodel.preprocessors.preprocessor import Preprocessor, preprocessor_of
from keras_bigmodel.preprocessors.text_preprocessor import TextPreprocessor

__all__ = ["Preprocessor", "TextPreprocessor", "preprocessor_of"]
