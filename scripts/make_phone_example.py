"""Writes docs/phones/example: a small vocabulary, its characters, and vectors to check a tokenizer on a phone by.

    python scripts/make_phone_example.py

`tests/edge/test_tokenizer_vectors.py` writes it again and compares.
"""

import shutil
import sys
from collections import Counter
from pathlib import Path

from keras_bigmodel.edge.tokenizer_vectors import vector_texts, write_tokenizer_vectors
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer
from keras_bigmodel.tokenizers.added_tokens import AddedToken
from keras_bigmodel.tokenizers.bert_characters import BertCharacters

FOLDER = Path(__file__).parents[1] / "docs/phones/example"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ADDED = [AddedToken("[E1]", normalized=False), AddedToken("@User"), AddedToken("@Users")]
MAX_LENGTH = 24  # so that many of the rows are truncated
EVERY = 3  # every third text: the files stay small


def write_example(folder):
    """Writes the example into a new folder.

    Args:
        folder: path.
    """
    texts = vector_texts(ADDED)
    tokenizer = PlainWordPieceTokenizer(
        [*small_vocabulary(texts), *(token.content for token in ADDED)], added_tokens=ADDED, max_characters_per_word=30
    )
    texts = texts[: -len(ADDED) : EVERY] + texts[-len(ADDED) :]
    write_tokenizer_vectors(tokenizer, folder, max_length=MAX_LENGTH, texts=texts)


def small_vocabulary(texts):
    """Returns the special tokens, frequent characters and frequent beginnings, middles and ends of words.

    Args:
        texts: list of str.
    """
    characters = BertCharacters()
    words = [word for text in texts for word in text.translate(_Table(characters)).split(" ") if word]
    kinds = [
        Counter(word[0] for word in words),
        Counter(f"##{letter}" for word in words for letter in word[1:]),
        Counter(word[:3] for word in words if len(word) > 1),
        Counter(f"##{word[at : at + 2]}" for word in words for at in range(1, len(word) - 1)),
        Counter(f"##{word[-3:]}" for word in words if len(word) > 3),
    ]
    chosen = [sorted(counts, key=lambda piece: (-counts[piece], piece))[:200] for counts in kinds]
    return list(dict.fromkeys([*SPECIAL, *(piece for pieces in chosen for piece in pieces)]))


class _Table(dict):
    """Is a table for `str.translate`."""

    def __init__(self, characters):
        super().__init__()
        self._characters = characters

    def __missing__(self, code):
        return self._characters.replacement(code)


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    write_example(FOLDER)
    sys.stdout.write(f"{FOLDER}\n")
