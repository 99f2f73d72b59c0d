"""Text to ids and back: in-graph WordPiece, its plain-Python twin, vocabularies. Names load when first used."""

from keras_bigmodel.core.lazy_names import lazy_names

# Not by __getattr__: a module of the same name would hide the function. It loads nothing heavy.
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
