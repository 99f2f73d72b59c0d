"""WordPiece tokenizers in TensorFlow and in plain Python, and their vocabularies. Imports most names on first use."""

from keras_bigmodel.core.lazy_names import lazy_names

# Imported here, not by __getattr__: the module of the same name would hide the function. It imports nothing heavy.
from keras_bigmodel.tokenizers.learn_vocabulary import learn_vocabulary

__all__ = ["PlainWordPieceTokenizer", "WordPieceTokenizer", "learn_vocabulary", "read_vocabulary", "write_vocabulary"]


__getattr__ = lazy_names(
    __name__,
    {
        "PlainWordPieceTokenizer": "plain_word_piece_tokenizer",
        "WordPieceTokenizer": "word_piece_tokenizer",
        "read_vocabulary": "vocabulary",
        "write_vocabulary": "vocabulary",
    },
)
