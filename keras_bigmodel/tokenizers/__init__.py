"""Text to ids and back: in-graph WordPiece, its plain-Python twin, vocabularies. Names load when first used."""

from importlib import import_module

# Not by __getattr__: a module of the same name would hide the function. It loads nothing heavy.
from keras_bigmodel.tokenizers.learn_vocabulary import learn_vocabulary

__all__ = ["PlainWordPieceTokenizer", "WordPieceTokenizer", "learn_vocabulary", "read_vocabulary", "write_vocabulary"]


def __getattr__(name):
    homes = {
        "PlainWordPieceTokenizer": "plain_word_piece_tokenizer",
        "WordPieceTokenizer": "word_piece_tokenizer",
        "read_vocabulary": "vocabulary",
        "write_vocabulary": "vocabulary",
    }
    if name not in homes:
        raise AttributeError(f"module 'keras_bigmodel.tokenizers' has no attribute '{name}'")
    return getattr(import_module(f"keras_bigmodel.tokenizers.{homes[name]}"), name)
