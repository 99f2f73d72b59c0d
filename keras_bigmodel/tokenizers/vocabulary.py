"""Reads WordPiece vocabularies with their settings, and writes vocabularies. Knows no text and no TensorFlow."""

from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.special_tokens import checked_ids
from keras_bigmodel.tokenizers.tokenizer_files import TokenizerFiles


def read_vocabulary(folder):
    """Reads the vocabulary of a BERT folder and the settings of its tokenizer.

    `tokenizer.json` is preferred to `vocab.txt`. A setting that `tokenizer_config.json` states overrides both, as in
    Hugging Face `transformers`. If no file states otherwise, text is lower-cased. The settings include the added
    tokens. The last of repeated tokens is used, as in `transformers`; the others are renamed to names that no word can
    match.

    Args:
        folder: str or path. Contains `tokenizer.json` or `vocab.txt`.

    Returns:
        `(vocabulary, settings)`: a list of str in the order of the ids, and a dict for
        `WordPieceTokenizer(vocabulary, **settings)`.

    Raises:
        UserError: there is no vocabulary, the tokenizer is not BERT's WordPiece, or its files contradict each other.
    """
    files = TokenizerFiles(folder)
    vocabulary = files.vocabulary()
    checked_ids(vocabulary)
    return vocabulary, files.settings()


def write_vocabulary(path, vocabulary):
    """Writes one token per line in the order of the ids, so that `read_vocabulary` returns the same list.

    Args:
        path: str or path. The file, usually `vocab.txt`.
        vocabulary: list of str. The position of a token is its id.

    Raises:
        UserError: a token is not a str, contains a line break, or occurs twice.
    """
    Path(path).write_bytes(vocabulary_lines(vocabulary).encode("utf-8"))


def vocabulary_lines(vocabulary):
    """Returns the text of a `vocab.txt`: str; see `write_vocabulary`."""
    for position, token in enumerate(checked_ids(vocabulary)):
        if "\n" in token or token.endswith("\r"):
            raise UserError(
                f"Token {position} of the vocabulary, {token!r}, holds a line break, and a line is one token. "
                "Remove it: no text can reach it, because line breaks are spaces to BERT."
            )
    return "".join(f"{token}\n" for token in vocabulary)
