"""Reads and writes WordPiece vocabularies and the settings that belong to them. Knows no text and no TensorFlow."""

from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers.special_tokens import checked_ids
from keras_bigmodel.tokenizers.tokenizer_files import TokenizerFiles


def read_vocabulary(folder):
    """Reads the vocabulary of a BERT folder, and the settings that its tokenizer was made with.

    `tokenizer.json` is preferred to `vocab.txt`; what `tokenizer_config.json` says outright wins over both, as in
    Hugging Face `transformers`. Without any word about it, text is lower-cased. Added tokens come with the settings. Of
    tokens that are repeated the last counts, as there; the others are renamed to what no text can reach.

    Args:
        folder: str or path. Holds `tokenizer.json`, or `vocab.txt`.

    Returns:
        `(vocabulary, settings)`: a list of str in the order of the ids, and a dict for
        `WordPieceTokenizer(vocabulary, **settings)`.

    Raises:
        UserError: nothing is there, the tokenizer is of another kind than BERT's WordPiece, or its files contradict
            each other.
    """
    files = TokenizerFiles(folder)
    vocabulary = files.vocabulary()
    checked_ids(vocabulary)
    return vocabulary, files.settings()


def write_vocabulary(path, vocabulary):
    """Writes one token a line, in the order of the ids, so that `read_vocabulary` reads the same list back.

    Args:
        path: str or path. The file, by custom `vocab.txt`.
        vocabulary: list of str.

    Raises:
        UserError: a token cannot be a line, or stands twice.
    """
    Path(path).write_bytes(vocabulary_lines(vocabulary).encode("utf-8"))


def vocabulary_lines(vocabulary):
    """Returns the text of a `vocab.txt`; see `write_vocabulary`."""
    for position, token in enumerate(checked_ids(vocabulary)):
        if "\n" in token or token.endswith("\r"):
            raise UserError(
                f"Token {position} of the vocabulary, {token!r}, holds a line break, and a line is one token. "
                "Remove it: no text can reach it, because line breaks are spaces to BERT."
            )
    return "".join(f"{token}\n" for token in vocabulary)
