"""Learns a WordPiece vocabulary from texts, deterministically. Knows no file and no TensorFlow."""

from collections import Counter

from keras_bigmodel.core.errors import UserError

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def learn_vocabulary(texts, size, *, lowercase=True, min_frequency=2):
    """Learns a WordPiece vocabulary from texts.

    The special tokens have the ids 0 to 4. Single characters follow (the most frequent ones if not all fit), then
    longer pieces. The same texts in any order return the same list in every process.

    Args:
        texts: iterable of str.
        size: int. Maximum number of tokens. Fewer are returned if the texts do not contain enough pieces.
        lowercase: bool. Whether to lower-case and strip accents first. Defaults to `True`.
        min_frequency: int. How often two pieces must occur next to each other to be merged. Defaults to 2.

    Returns:
        list of str for `WordPieceTokenizer(vocabulary, lowercase=lowercase)`.

    Raises:
        UserError: `size` leaves no room beside the special tokens, or a text is not a str.

    >>> learn_vocabulary(["abab ab"], 8)
    ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', '##a', '##b']

    Source: the WordPiece trainer of Hugging Face `tokenizers`.
    """
    from tokenizers import BertWordPieceTokenizer

    if size <= len(SPECIAL_TOKENS):
        raise UserError(
            f"A vocabulary of {size} cannot hold the {len(SPECIAL_TOKENS)} special tokens and a letter. "
            "Give a larger size: BERT's is 30522, a toy's 500."
        )
    tokenizer = BertWordPieceTokenizer(lowercase=lowercase)
    words = _count_words(tokenizer, texts)
    characters = _characters(words, size - len(SPECIAL_TOKENS))
    kept = {piece.removeprefix("##") if len(piece) > 1 else piece for piece in characters}
    # The trainer numbers inner characters in the order of a random hash, and breaks ties by number. Passed as special
    # tokens, they have fixed numbers. The characters that do not fit are removed from the texts, so that the trainer
    # does not choose among them.
    tokenizer.train_from_iterator(
        (" ".join([("".join(filter(kept.__contains__, word)))] * count) for word, count in sorted(words.items())),
        vocab_size=size,
        min_frequency=min_frequency,
        limit_alphabet=len(kept),
        initial_alphabet=[],
        special_tokens=[*SPECIAL_TOKENS, *characters],
        show_progress=False,
    )
    ids = tokenizer.get_vocab()
    return sorted(ids, key=ids.get)[:size]


def _count_words(tokenizer, texts):
    words = Counter()
    for text in texts:
        if not isinstance(text, str):
            raise UserError(
                f"learn_vocabulary takes texts, and one is {text!r}, a {type(text).__name__}. Drop such rows."
            )
        clean = tokenizer.normalizer.normalize_str(text)
        words.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(clean))
    return words


def _characters(words, room):
    """Returns the most frequent `room` single-character pieces, sorted by length and then alphabetically."""
    counts = Counter()
    for word, count in words.items():
        for position, character in enumerate(word):
            counts[f"##{character}" if position else character] += count
    majority_class = sorted(counts, key=lambda piece: (-counts[piece], piece))[:room]
    return sorted(majority_class, key=lambda piece: (len(piece), piece))
