"""Vocabulary learning: the right tokens first, never too many, and the same list every time."""

import subprocess
import sys

import pytest

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer, learn_vocabulary

TEXTS = ["The good, the bad and the ugly!", "a good film", "a bad film: not good", "Über das Gute 中国 2026"] * 3


def test_the_special_tokens_come_first():
    assert learn_vocabulary(TEXTS, 200)[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def test_every_text_it_was_learned_from_can_be_written():
    vocabulary = learn_vocabulary(TEXTS, 500)
    assert "good" in vocabulary
    assert len(set(vocabulary)) == len(vocabulary)
    tokenizer = PlainWordPieceTokenizer(vocabulary)
    assert all(tokenizer.unknown_id not in tokenizer.tokenize(text) for text in TEXTS)


def test_cased_pieces_stay_cased():
    assert "Über" in learn_vocabulary(TEXTS, 500, lowercase=False)
    assert "uber" in learn_vocabulary(TEXTS, 500)


@pytest.mark.parametrize("size", [6, 20, 60, 100])
def test_it_is_never_larger_than_asked(size):
    assert len(learn_vocabulary(TEXTS, size)) == size if size < 60 else len(learn_vocabulary(TEXTS, size)) <= size


def test_the_commonest_characters_are_kept_when_not_all_fit():
    assert learn_vocabulary(["a a a b b c"], 7)[5:] == ["a", "b"]


def test_the_same_texts_in_any_order_and_process_give_the_same_list():
    program = (
        "import sys; from keras_bigmodel.tokenizers import learn_vocabulary\n"
        f"sys.stdout.buffer.write('\\n'.join(learn_vocabulary({TEXTS[::-1]!r}, 90)).encode())\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    assert answer.decode().split("\n") == learn_vocabulary(TEXTS, 90)


def test_no_texts_give_only_the_special_tokens():
    assert len(learn_vocabulary([], 100)) == 5


def test_a_size_without_room_is_refused():
    with pytest.raises(UserError, match="special tokens"):
        learn_vocabulary(TEXTS, 5)


def test_a_row_that_is_no_text_is_refused():
    with pytest.raises(UserError, match="None"):
        learn_vocabulary(["a", None], 100)
