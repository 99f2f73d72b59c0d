"""The file of characters that a phone's tokenizer reads says of every code point what the table here says."""

import itertools

import pytest

from keras_bigmodel.tokenizers.bert_characters import HANGUL_SYLLABLES, BertCharacters, decompose_hangul
from keras_bigmodel.tokenizers.character_lines import character_lines


def read(text):
    """Reads the lines as their header explains them: dict of code point → replacement, and the number of repeats."""
    replacements = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        first, last, action, *target = line.split(" ")
        for code in range(int(first, 16), int(last, 16) + 1):
            assert code not in replacements
            letters = decompose_hangul(code) if action == "hangul" else "".join(written(code, part) for part in target)
            replacements[code] = {"drop": "", "space": " ", "word": f" {letters} "}.get(action, letters)
    assert list(replacements) == sorted(replacements)
    return replacements


def written(code, target):
    return chr(code + int(target, 16)) if target[0] in "+-" else chr(int(target, 16))


@pytest.mark.parametrize(("lowercase", "strip_accents", "split_chinese"), itertools.product((True, False), repeat=3))
def test_the_lines_say_of_every_character_what_replaces_it(lowercase, strip_accents, split_chinese):
    characters = BertCharacters(lowercase, strip_accents=strip_accents, split_chinese=split_chinese)
    lines = character_lines(characters)
    changed = {code: characters.replacement(code) for code in characters.changed_code_points()}
    wanted = {code: text for code, text in changed.items() if text != chr(code) or text == " "}
    assert read(lines) == wanted
    assert (HANGUL_SYLLABLES.start in wanted) == strip_accents
    assert len(lines) < 50_000  # bytes: it is ASCII
    assert lines.isascii()
