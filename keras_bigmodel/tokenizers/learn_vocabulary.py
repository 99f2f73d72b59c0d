"""Learns a WordPiece vocabulary from texts, the same one every time. Knows no file and no TensorFlow."""

from collections import Counter

from keras_bigmodel.core.errors import UserError

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def learn_vocabulary(texts, size, *, lowercase=True, min_frequency=2):
    """Learns the pieces that texts are most cheaply written with.

    The special tokens are 0 to 4, then come single characters (the commonest first choice when not all fit), then
    longer pieces. The same texts in any order give the same list in every process.

    Args:
        texts: iterable of str.
        size: int. Tokens at most; fewer come back when the texts hold no more.
        lowercase: bool. Lower-case and strip accents first. Defaults to `True`.
        min_frequency: int. How often two pieces must meet to become one. Defaults to 2.

    Returns:
        A list of str for `WordPieceTokenizer(vocabulary, lowercase=lowercase)`.

    Raises:
        UserError: `size` leaves no place beside the special tokens, or a text is not a str.

    >>> learn_vocabulary(["abab ab"], 8)
    ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', '##a', '##b']

    Source: the trainer of Hugging Face `tokenizers`.
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
    # The trainer numbers inner characters in the order of a random hash and breaks ties by number. Given to it as
    # special tokens they have fixed numbers; a text without the characters that do not fit needs no choice by it.
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
    """The single-character pieces that fit, commonest first chosen, then in the order of the alphabet."""
    counts = Counter()
    for word, count in words.items():
        for position, character in enumerate(word):
            counts[f"##{character}" if position else character] += count
    commonest = sorted(counts, key=lambda piece: (-counts[piece], piece))[:room]
    return sorted(commonest, key=lambda piece: (len(piece), piece))
