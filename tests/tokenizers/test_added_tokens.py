"""Added tokens are found where Hugging Face `tokenizers` finds them, in the graph and in plain Python."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken as TheirToken

from keras_bigmodel import UserError
from keras_bigmodel.data.bundled_texts import parity_texts
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer, WordPieceTokenizer
from keras_bigmodel.tokenizers.added_tokens import AddedToken
from keras_bigmodel.tokenizers.bert_characters import BertCharacters
from tests.tokenizers.conftest import make_hugging_face

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "##a", "##b", "##c", "covid", "##19", "19", "x"]
WORDS += ["user", "##s", "e", "##1", "1", "新", "冠", "É", "é", "##é", "@", "[", "]", "!"]
ADDED = {
    "typed": [("[E1]", False), ("[/E1]", False), ("@user", False), ("Covid19", False)],
    "cleaned": [("@USER", True), ("covid19", True), ("[E1]", True), ("École", True)],
    "both": [("[E1]", False), ("@user", True), ("covid19", True), ("<br />", False)],
    "overlapping": [("ab", True), ("abc", True), ("bcd e", True), ("b", False), ("c!", False)],
    "Chinese": [("新冠", True), ("a新", True), ("冠状", False), ("😷", True)],
    "hard to write": [("a.b", True), ("(x)+", False), ("\\d", True), ("$^", False), ("a|b", True), ("x*", False)],
    "in the vocabulary": [("user", True), ("x", False), ("冠", True)],
}
TEXTS = [
    "hello [E1] x [/E1] and [e1]",
    "@user @USER @users @u\u00adser a@user covid19 COVID19 covid19x xCovid19 Covid 19",
    "École ecole ÉCOLE école",
    "abc abcd ab c bcd e bcd  e bcd\te bbc c! C!",
    "新冠 新 冠 a新 a 新 冠状a 😷😷",
    "a.b acb (x)+ \\d $^ a|b x** <br /><br/>",
    "\U000f0000 \U000f0001 a\ue001b \ue000[E1\ue002]",
    "",
    " ",
    "[CLS] a [SEP] b [MASK] [UNK] [PAD]",
]


def made(tokens, **options):
    """Our two tokenizers and Hugging Face's, with the same added tokens."""
    theirs = make_hugging_face(WORDS, **options)
    theirs.add_tokens([TheirToken(content, normalized=normalized) for content, normalized in tokens])
    vocabulary = [theirs.id_to_token(number) for number in range(theirs.get_vocab_size())]
    added = [AddedToken(content, normalized=normalized, is_piece=content in WORDS) for content, normalized in tokens]
    vocabulary = [*WORDS, *(token.content for token in added if not token.is_piece)]
    assert [theirs.token_to_id(token) for token in vocabulary] == list(range(len(vocabulary)))
    ours = [kind(vocabulary, **options, added_tokens=added) for kind in (WordPieceTokenizer, PlainWordPieceTokenizer)]
    return *ours, theirs


def agree(tokenizers, texts):
    graph, plain, theirs = tokenizers
    wanted = [row.ids for row in theirs.encode_batch(texts, add_special_tokens=False)]
    assert [plain.tokenize(text) for text in texts] == wanted
    assert graph.tokenize(texts).to_list() == wanted


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("case", ADDED)
def test_the_ids_are_those_of_hugging_face(case, lowercase):
    tokenizers = made(ADDED[case], lowercase=lowercase)
    agree(tokenizers, TEXTS)
    agree(tokenizers, parity_texts())


@pytest.fixture(scope="module", params=ADDED)
def tokenizers(request):
    return made(ADDED[request.param])


PARTS = sorted(
    {content for tokens in ADDED.values() for content, _ in tokens} | {*"abcABCdeé19 @!新冠[]\u00ad\u0301\n"}
)


@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=12).map("".join), min_size=1, max_size=8))
@example(["İ[E1]"])
@settings(max_examples=60)
def test_texts_put_together_at_random_too(tokenizers, texts):
    agree(tokenizers, texts)


def test_cleaning_up_twice_changes_nothing():
    """What is left of a text between tokens that are looked for in the cleaned-up text is cleaned up again."""
    for lowercase in (True, False):
        for strip in (True, False):
            characters = BertCharacters(lowercase, strip_accents=strip)
            for code in characters.changed_code_points():
                once = characters.replacement(code)
                again = "".join(characters.replacement(ord(character)) for character in once)
                assert again.split() == once.split(), hex(code)


def test_the_special_tokens_around_a_text_stay():
    graph, plain, _ = made(ADDED["both"])
    for tokenizer in (graph, plain):
        rows = tokenizer(["a [E1]", "covid19"], max_length=8)["token_ids"]
        rows = rows.numpy().tolist() if hasattr(rows, "numpy") else rows
        assert rows == [[2, 5, len(WORDS), 3], [2, len(WORDS) + 2, 3, 0]]


def test_settings_go_through_json_and_make_the_same_tokenizer():
    graph, plain, _ = made(ADDED["both"])
    for tokenizer in (graph, plain):
        again = type(tokenizer)(tokenizer.vocabulary, **json.loads(json.dumps(tokenizer.settings())))
        assert again.settings() == tokenizer.settings()
        ids = [again.tokenize([text] if tokenizer is graph else text) for text in TEXTS]
        assert str(ids) == str([tokenizer.tokenize([text] if tokenizer is graph else text) for text in TEXTS])


def test_an_added_token_without_a_place_is_refused():
    for kind in (WordPieceTokenizer, PlainWordPieceTokenizer):
        with pytest.raises(UserError, match=r"'@user' is not in the vocabulary"):
            kind(WORDS, added_tokens=[AddedToken("@user")])


def test_two_added_tokens_of_one_form_are_refused():
    """Hugging Face takes one or the other, by the order of a hash table."""
    added = [AddedToken("ABC"), AddedToken("abc")]
    for kind in (WordPieceTokenizer, PlainWordPieceTokenizer):
        with pytest.raises(UserError, match=r"'ABC' and 'abc' are one"):
            kind([*WORDS, "ABC", "abc"], added_tokens=added)
        assert kind([*WORDS, "ABC", "abc"], lowercase=False, added_tokens=added)


def test_mode_fast_refuses_added_tokens():
    with pytest.raises(UserError, match=r"does not find added tokens.*@user"):
        WordPieceTokenizer([*WORDS, "@user"], mode="fast", added_tokens=[AddedToken("@user")])
