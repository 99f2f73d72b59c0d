"""Writes BERT's text clean-up as lines that a tokenizer in another language reads. Knows no vocabulary."""

from keras_bigmodel.tokenizers.bert_characters import HANGUL_SYLLABLES

_HEADER = """\
# What replaces each character before a text is split at its spaces: first and last code point (hexadecimal), action.
#   drop            nothing replaces it
#   space           a space
#   word TARGET     the target, with a space before and after it
#   letters TARGET  the target
#   hangul          the two or three letters of the syllable (The Unicode Standard, 3.12)
# A target is +20 or -20 (the code point moves by that, hexadecimal) or one or more code points, the same for all.
# The lines are in the order of the code points. A character in no line stays as it is.
"""


def character_lines(characters):
    """Returns the clean-up of all characters as the text of a file: str. The header explains the lines.

    Args:
        characters: `BertCharacters`.

    >>> from keras_bigmodel.tokenizers.bert_characters import BertCharacters
    >>> lines = character_lines(BertCharacters(strip_accents=False)).splitlines()
    >>> [line for line in lines if line.split()[0] in ("20", "41", "ad", "130", "4e00")]
    ['20 20 space', '41 5a letters +20', 'ad ad drop', '130 130 letters 69 307', '4e00 9fff word +0']
    """
    runs = []  # [first, last, the actions that all from first to last may be written as]
    for code in sorted(characters.changed_code_points()):
        actions = _actions(characters, code)
        shared = [action for action in runs[-1][2] if action in actions] if runs and runs[-1][1] == code - 1 else []
        if shared:
            runs[-1][1:] = code, shared
        elif actions:
            runs.append([code, code, actions])
    return _HEADER + "".join(f"{first:x} {last:x} {actions[0]}\n" for first, last, actions in runs)


def _actions(characters, code):
    """Returns how the replacement of a character can be written: list of str, the shortest first; empty if none is."""
    replacement = characters.replacement(code)
    if replacement in ("", " "):
        return ["drop" if replacement == "" else "space"]
    target = replacement.strip(" ")
    kind = "letters" if target == replacement else "word"
    if replacement == chr(code):
        return []
    if len(target) > 1 and code in HANGUL_SYLLABLES:
        return ["hangul"]
    written = [f"{kind} {ord(target) - code:+x}"] if len(target) == 1 else []
    written.append(f"{kind} {' '.join(f'{ord(character):x}' for character in target)}")
    return sorted(written, key=len)
