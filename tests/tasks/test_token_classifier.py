"""What only the classifier of words does: words and tags, windows, spans of typed texts, its server's answers."""

import json

import keras
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf

from keras_bigmodel import TokenClassifier, UserError
from keras_bigmodel.core.tags import begin_tag, inside_tag
from keras_bigmodel.data.bundled_texts import parity_texts
from keras_bigmodel.preprocessors import TaggingPreprocessor, TextPreprocessor
from keras_bigmodel.tokenizers import WordPieceTokenizer

LABELS = ["PER", "LOC"]
WORDS = [["Ada", "met", "Bob", "."], ["Rome", "is", "old"], ["no", "name"]]
TAGS = [["B-PER", "O", "B-PER", "O"], ["B-LOC", "O", "O"], ["O", "O"]]
TEXTS = ["Ada met Bob .", "Rome is old", "no name"]
SPANS = [[(0, 3, "PER"), (8, 11, "PER")], [(0, 4, "LOC")], []]


@pytest.fixture(scope="module")
def tagger(tiny_bert):
    keras.utils.set_random_seed(0)
    return TokenClassifier.from_encoder(tiny_bert, LABELS, max_length=16, overlap=4, dtype="float32")


def triples(answers):
    return [[(span.start, span.end, span.label) for span in answer.spans] for answer in answers]


@pytest.mark.parametrize(
    "spans",
    [
        SPANS,
        [[{"start": start, "end": end, "label": label} for start, end, label in row] for row in SPANS],
        [json.dumps(row) for row in SPANS],
    ],
)
def test_words_with_tags_are_texts_with_spans(tagger, spans):
    rows, targets = tagger.rows_and_targets(WORDS, TAGS)
    assert (rows, targets) == (TEXTS, SPANS)
    ours, theirs = tagger.encode_targets(targets), tagger.encode_targets(spans)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("column", [pd.Series, pa.array, lambda rows: np.array(rows, dtype=object)])
def test_columns_of_other_libraries_are_words_too(tagger, column):
    rows, targets = tagger.rows_and_targets(column(WORDS), column(TAGS))
    assert (rows, targets) == (TEXTS, SPANS)
    assert triples(tagger.tag(column(WORDS))) == triples(tagger.tag(TEXTS))


def test_it_learns_names(tiny_bert):
    keras.utils.set_random_seed(0)
    task = TokenClassifier.from_encoder(tiny_bert, LABELS, max_length=16, dtype="float32")
    task.compile(learning_rate=1e-2)
    task.fit(WORDS * 10, TAGS * 10, epochs=8, batch_size=8, verbose=0, seed=0)
    assert triples(task.tag(TEXTS)) == SPANS
    assert triples(task.tag(WORDS)) == SPANS
    found = task.tag(["Ada  met\tBob ."])[0].spans
    assert [span.text for span in found] == ["Ada", "Bob"]  # of the text as typed
    assert all(0.5 < span.probability <= 1 for span in found)
    again = task.evaluate(WORDS, TAGS, verbose=0)
    assert again < 0.2


def test_tags_stand_on_the_first_token_of_each_word(tagger):
    preprocessor = tagger.preprocessor
    texts = ["Ada Lovelacee", ""]
    encoded = preprocessor.encode({"text": texts})
    tags, weights = preprocessor.aligned({"text": texts}, encoded, [np.array([[0, 13, 1]]), np.zeros((0, 3), "int32")])
    words = preprocessor.words({"text": texts})
    assert words[0].spans.tolist() == [[0, 3], [4, 13]]
    assert len(tags[0]) == encoded.lengths[0]
    first, second = words[0].positions
    assert (tags[0][first], tags[0][second]) == (begin_tag(1), inside_tag(1))
    assert weights[0].sum() == 2
    assert weights[1].sum() == 0


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ([[0, 3, 0]], ["B", "O", "O"]),
        ([[1, 2, 0]], ["B", "O", "O"]),  # inside a word: widened
        ([[0, 5, 0]], ["B", "I", "O"]),
        ([[0, 3, 0], [4, 6, 1]], ["B", "B", "O"]),
        ([[0, 1, 0], [1, 3, 1]], ["B", "O", "O"]),  # two in a word: the first
        ([[3, 4, 0]], ["O", "O", "O"]),  # no word
        ([[8, 9, 0]], ["O", "O", "B"]),
    ],
)
def test_spans_are_cut_at_words(spans, words):
    from keras_bigmodel.preprocessors.tagging_preprocessor import tags_of_words

    places = np.array([[0, 3], [4, 7], [7, 9]])  # "Ada met."
    tags = tags_of_words(places, np.array(spans))
    assert ["O" if not tag else "B" if tag % 2 else "I" for tag in tags] == words


def test_words_lie_in_their_text_and_do_not_overlap(tagger):
    texts = [*parity_texts(), "", " ", "\u200b", "naïve café", "北京2008", "😀😀"]
    for text, words in zip(texts, tagger.preprocessor.words({"text": texts}), strict=True):
        flat = words.spans.ravel()
        assert (np.diff(flat) >= 0).all()
        assert (words.spans[:, 0] < words.spans[:, 1]).all()
        assert not len(flat) or (flat[0] >= 0 and flat[-1] <= len(text))
        assert (np.diff(words.positions) > 0).all()


def test_a_long_text_is_answered_whole_and_alike_in_any_company(tagger):
    long = " ".join(f"word{number}, Name{number}" for number in range(120))
    alone, together = tagger.tag([long]), tagger.tag(["short", long, "Ada met Bob ."])
    assert alone[0].spans[-1].end > len(long) // 2
    assert triples(alone)[0] == triples(together)[1]
    assert tagger.predict([long]).shape[1] == tagger.token_counts([long])[0][0]


def test_without_windows_a_long_text_is_cut(tiny_bert):
    task = TokenClassifier.from_encoder(tiny_bert, LABELS, max_length=16, overlap=False, dtype="float32")
    long = "name " * 100
    assert task.predict([long]).shape[1] == 16
    assert all(span.end < 80 for span in task.tag([long])[0].spans)
    notes = task.preprocessor.span_notes({"text": [long]}, [np.array([[0, 4, 0], [200, 204, 0]])], "train")
    assert notes == ["1 span of train end beyond 16 tokens, where texts are cut."]


def test_spans_that_words_do_not_fit_are_counted(tagger):
    notes = tagger.preprocessor.span_notes(
        {"text": ["Ada met", "\u200bx"]}, [np.array([[1, 3, 0], [4, 7, 0]]), np.array([[0, 1, 0]])], "train"
    )
    assert notes == [
        "1 span of train begin or end inside a word; they are widened to it.",
        "1 span of train hold no word of the tokenizer; no model finds them.",
    ]


def test_a_server_answers_as_the_task(tagger):
    texts = ["Ada met Bob in Rome.", "", "word " * 90, "北京是中国的首都 😀 naïve"]
    served = tagger.endpoints()["serving_default"].function(text=tf.constant(texts))
    for row, answer in enumerate(tagger.tag(texts)):
        number = int(served["counts"][row])
        assert number == len(answer.spans)
        for name, attribute in (("starts", "start"), ("ends", "end")):
            assert served[name][row, :number].numpy().tolist() == [getattr(span, attribute) for span in answer.spans]
            assert not served[name][row, number:].numpy().any()
        assert [label.decode() for label in served["labels"][row, :number].numpy()] == [
            span.label for span in answer.spans
        ]
        np.testing.assert_allclose(
            served["probabilities"][row, :number], [span.probability for span in answer.spans], rtol=1e-4
        )


def test_a_server_answers_no_rows(tagger):
    served = tagger.endpoints()["serving_default"].function(text=tf.constant([], tf.string))
    assert served["counts"].shape == (0,)
    assert served["labels"].shape[0] == 0


def test_labels_weigh_in_training(tiny_bert):
    losses = {}
    for weight in (0.0, 1.0):
        keras.utils.set_random_seed(0)
        task = TokenClassifier.from_encoder(tiny_bert, LABELS, max_length=16, dtype="float32")
        task.compile(learning_rate=1e-2)
        task.fit(WORDS * 4, TAGS * 4, epochs=4, batch_size=4, verbose=0, seed=0, class_weight={"LOC": weight})
        losses[weight] = [label for spans in triples(task.tag(TEXTS)) for *_, label in spans]
    assert "LOC" in losses[1.0]
    assert "LOC" not in losses[0.0]


def test_a_loaded_task_finds_the_same(tagger, tmp_path):
    tagger.save(tmp_path / "saved")
    loaded = TokenClassifier.load(tmp_path / "saved")
    assert (loaded.labels, loaded.preprocessor.overlap) == (LABELS, 4)
    assert triples(loaded.tag(TEXTS)) == triples(tagger.tag(TEXTS))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (WORDS, TAGS[:2], "3 rows of words and 2 rows of tags came"),
        (WORDS, [["O"], *TAGS[1:]], "Row 0 of the words: 4 words and 1 tag came"),
        (WORDS, [["O", "O", "X", "O"], *TAGS[1:]], 'Row 0 of the words: At word 3, "X" is no tag'),
        (WORDS, ["O O O O", *TAGS[1:]], "Row 0 of the words: the tags 'O O O O' came"),
        (
            TEXTS,
            [[(0, 3, "ORG")], [], []],
            'Row 0 of the targets has a span of the label "ORG", which is not one of PER',
        ),
        (TEXTS, [[(0, 3, "PER"), (2, 5, "PER")], [], []], "which overlap; wanted spans that share no character"),
        (TEXTS, [[], [(3, 3, "PER")], []], "Row 1 of the targets has a span from 3 to 3"),
        (TEXTS, [[], [(0.5, 3, "PER")], []], "Row 1 of the targets has a span from 0.5 to 3"),
        (TEXTS, [[], "PER", []], "Row 1 of the targets has the spans"),
        (TEXTS, [[], [(0, 3)], []], "Row 1 of the targets has the span"),
        (TEXTS, [[(0, 99, "PER")], [], []], "Row 0 .* that ends at 99, and its text has 13 characters"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_row(tagger, x, y, message):
    with pytest.raises(UserError, match=message):
        tagger.fit(x, y, verbose=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: TokenClassifier.from_encoder(folder, []), "at least one"),
        (lambda folder: TokenClassifier.from_encoder(folder, LABELS, max_length=65), "takes 3 to 64 tokens"),
        (lambda folder: TokenClassifier.from_encoder(folder, LABELS, max_length=16, overlap=14), "overlap=14 came"),
        (lambda folder: TokenClassifier.from_encoder(folder, LABELS, overlap=-1), "overlap=-1 came"),
        (lambda folder: TokenClassifier.from_encoder(folder, LABELS, dropout=1), "dropout"),
    ],
)
def test_settings_out_of_their_range_are_refused(tiny_bert, make, message):
    with pytest.raises(UserError, match=message):
        make(tiny_bert)


def test_a_preprocessor_without_words_is_refused(tagger):
    preprocessor = TextPreprocessor(tagger.tokenizer, max_length=16)
    with pytest.raises(UserError, match="wanted a TaggingPreprocessor"):
        TokenClassifier(tagger.encoder, preprocessor, LABELS)


def test_a_tokenizer_that_tells_no_places_is_refused(tagger):
    fast = WordPieceTokenizer(tagger.tokenizer.vocabulary, mode="fast")
    with pytest.raises(UserError, match="does not tell where its tokens stand"):
        TaggingPreprocessor(fast)


def test_label_smoothing_is_refused(tagger):
    with pytest.raises(UserError, match="has no label smoothing"):
        tagger.compile(label_smoothing=0.1)
