"""Where a text falls when texts are drawn by themselves alone. Knows Unicode and hashing; no table."""

import hashlib

from keras_bigmodel.data.same_text import same_words


def text_place(*texts, seed=0):
    """Gives two numbers in [0, 1) that depend on nothing but a row's texts, the same on every machine.

    Texts equal up to case, Unicode form and whitespace get the same; of a pair both texts count. The two are drawn
    independently: one may decide what is held back, the other what is looked at.

    Args:
        *texts: str: the texts of the row.
        seed: int. Another number gives other places.

    >>> text_place("Good  film") == text_place("good film") != text_place("good film", seed=1)
    True
    """
    key = "\n".join(map(same_words, texts))
    digest = hashlib.blake2b(f"{seed} {key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return _share(digest[:8]), _share(digest[8:])


def _share(number):
    return (int.from_bytes(number) >> 11) / (1 << 53)  # as many bits as a float holds: below 1
