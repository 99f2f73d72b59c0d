"""Characters that no text and no label may hold. Knows Unicode; no table and no model."""

import re

from keras_bigmodel.core.errors import UserError

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def without_surrogates(text):
    r"""Returns a text with U+FFFD where a lone surrogate stood, which no UTF-8 can hold; decoders do so with bad bytes.

    >>> without_surrogates("caf\udce9")
    'caf\ufffd'
    """
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def check_label(label):
    """Refuses the name of a label that cannot be written to every file, or not be seen.

    Args:
        label: str.

    Raises:
        UserError: it is blank, or holds a NUL character or a lone surrogate.
    """
    why = "is blank" if not label.strip() else None
    why = "holds a NUL character, which ends a text in many programs" if "\0" in label else why
    why = "holds half of a surrogate pair, which no file in UTF-8 can hold" if _LONE_SURROGATE.search(label) else why
    if why is not None:
        raise UserError(f"The label {label!r:.60} {why}. Give it another name.")
