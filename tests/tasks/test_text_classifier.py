"""A text classifier as a person holds it: made, asked, embedded, taken apart."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.special
import tensorflow as tf
from safetensors.numpy import load_file

from keras_bigmodel import Prediction, TextClassifier, UserError
from tests.task_contract import LABELS, messages
from tests.tiny_bert import write_tiny_bert


@pytest.fixture(scope="module")
def task(tiny_bert_with_head):
    """A classifier with the folder's own head."""
    return TextClassifier.from_encoder(tiny_bert_with_head, dtype="float32", max_length=32)


@pytest.fixture(scope="module")
def pair_task(tiny_bert):
    return TextClassifier.from_encoder(tiny_bert, LABELS, pairs=True, dtype="float32", max_length=32)


# ---- answers


def test_many_texts_are_answered_as_one_by_one(task, rows):
    together = task.predict(rows[0], batch_size=7)
    one_by_one = np.concatenate([task.predict([text]) for text in rows[0][:8]])
    np.testing.assert_allclose(together[:8], one_by_one, atol=1e-5)


def test_a_row_of_probabilities_sums_to_one(task, rows):
    answers = task.predict(rows[0])
    assert answers.dtype == np.float32
    assert answers.shape == (24, 3)
    np.testing.assert_allclose(answers.sum(axis=1), 1.0, atol=1e-6)
    assert answers.min() >= 0


def test_call_gives_logits(task, rows):
    logits = np.asarray(task(task.preprocess(rows[0]), training=False))
    assert not np.allclose(logits.sum(axis=1), 1.0)
    np.testing.assert_allclose(scipy.special.softmax(logits, axis=1), task.predict(rows[0]), atol=1e-5)


FORMS = {
    "tuple": tuple,
    "object array": lambda texts: np.array(texts, object),
    "str array": np.array,
    "bytes": lambda texts: [text.encode() for text in texts],
    "bytes array": lambda texts: np.array([text.encode() for text in texts]),
    "pandas": pd.Series,
    "pandas with another index": lambda texts: pd.Series(texts, index=range(len(texts), 0, -1)),
    "arrow": pa.array,
    "chunked arrow": lambda texts: pa.chunked_array([texts[:5], texts[5:]]),
    "tensor": tf.constant,
    "dataset": lambda texts: tf.data.Dataset.from_tensor_slices(texts).batch(5),
    "dataset with labels": lambda texts: tf.data.Dataset.from_tensor_slices((texts, [0] * len(texts))).batch(5),
    "dataset of unknown length": lambda texts: (
        tf.data.Dataset.from_tensor_slices(texts).batch(5).filter(lambda batch: tf.size(batch) > 0)
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_predict_takes_texts_in_every_form(task, rows, form):
    np.testing.assert_allclose(task.predict(FORMS[form](rows[0])), task.predict(rows[0]), atol=1e-5)


def test_a_dataset_longer_than_a_window_keeps_its_order(task, rows):
    texts = rows[0] * 3  # 72 batches of one; a window is 50
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(1)
    np.testing.assert_allclose(task.predict(dataset), task.predict(texts), atol=1e-5)


PAIR_FORMS = {
    "list of pairs": lambda firsts, seconds: list(zip(firsts, seconds, strict=True)),
    "list of lists": lambda firsts, seconds: [list(pair) for pair in zip(firsts, seconds, strict=True)],
    "array of two columns": lambda firsts, seconds: np.stack([firsts, seconds], axis=1),
    "two series": lambda firsts, seconds: (pd.Series(firsts), pd.Series(seconds)),
    "dataset": lambda firsts, seconds: tf.data.Dataset.from_tensor_slices(((firsts, seconds), [0] * 24)).batch(5),
}


@pytest.mark.parametrize("form", PAIR_FORMS)
def test_pairs_may_come_in_every_form(pair_task, rows, form):
    firsts, seconds = rows[0], rows[0][::-1]
    pairs = PAIR_FORMS[form](firsts, seconds)
    np.testing.assert_allclose(pair_task.predict(pairs), pair_task.predict((firsts, seconds)), atol=1e-5)


def test_two_pairs_in_a_tuple_of_lists_are_columns(pair_task):
    columns = (["where is it", "thank you"], ["on its way", "you are welcome"])
    assert pair_task.predict(columns).shape == (2, 3)
    ids = pair_task.preprocess(columns)
    assert (
        pair_task.tokenizer.tokenize(["where is it"]).to_list()[0]
        == ids["token_ids"].numpy()[0, 1:].tolist()[: len(pair_task.tokenizer.tokenize(["where is it"]).to_list()[0])]
    )


def test_a_pair_has_two_segments_and_its_order_counts(pair_task):
    ids = pair_task.preprocess((["where is my parcel"], ["thank you"]))
    segments = ids["segment_ids"].numpy()[0]
    assert segments.tolist() == sorted(segments.tolist())
    assert set(segments.tolist()) == {0, 1}
    there, back = pair_task.predict((["where is my parcel", "thank you"], ["thank you", "where is my parcel"]))
    assert np.abs(there - back).max() > 1e-6


def test_equal_texts_get_equal_answers_wherever_they_stand(task, rows):
    answers = task.predict([rows[0][0], *rows[0], rows[0][0]])
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-5)
    np.testing.assert_allclose(answers[0], answers[-1], atol=1e-5)


def test_a_dict_of_ids_goes_to_keras_and_gives_probabilities(task, rows):
    ids = {name: value.numpy() for name, value in task.preprocess(rows[0]).items()}
    np.testing.assert_allclose(task.predict(ids, verbose=0), task.predict(rows[0]), atol=1e-5)


# ---- classify


def test_classify_gives_the_most_probable_label_first(task, rows):
    answers = task.classify(rows[0])
    probabilities = task.predict(rows[0])
    for answer, row in zip(answers, probabilities, strict=True):
        assert isinstance(answer, Prediction)
        assert answer.label == LABELS[row.argmax()]
        assert answer.probability == pytest.approx(row.max(), abs=1e-5)
        shares = list(answer.probabilities.values())
        assert shares == sorted(shares, reverse=True)
        assert answer.probabilities == pytest.approx(dict(zip(LABELS, row, strict=True)), abs=1e-5)


def test_top_k_keeps_the_first_labels(task, rows):
    for answer, whole in zip(task.classify(rows[0], top_k=2), task.classify(rows[0]), strict=True):
        assert list(answer.probabilities) == list(whole.probabilities)[:2]
    assert all(len(answer.probabilities) == 3 for answer in task.classify(rows[0][:2], top_k=99))


@pytest.mark.parametrize("top_k", [0, -1])
def test_top_k_below_one_is_refused(task, rows, top_k):
    with pytest.raises(UserError, match="top_k"):
        task.classify(rows[0][:2], top_k=top_k)


# ---- text in


def test_preprocess_names_types_and_shapes(task):
    ids = task.preprocess(["where is my parcel", "thanks"])
    assert set(ids) == {"token_ids", "segment_ids", "padding_mask"}
    lengths = ids["padding_mask"].numpy().sum(axis=1)
    for value in ids.values():
        assert value.dtype == tf.int32
        assert value.shape == (2, lengths.max())
    vocabulary = task.tokenizer.vocabulary
    first = [vocabulary[number] for number in ids["token_ids"].numpy()[0]]
    assert (first[0], first[lengths[0] - 1]) == ("[CLS]", "[SEP]")
    assert ids["token_ids"].numpy()[1, lengths[1] :].tolist() == [vocabulary.index("[PAD]")] * (lengths[0] - lengths[1])
    assert not ids["segment_ids"].numpy().any()


def test_a_text_beyond_max_length_keeps_its_head(tiny_bert):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, max_length=10, dtype="float32")
    text = " ".join(messages(5)[0])
    ids = task.preprocess([text])["token_ids"].numpy()[0]
    assert len(ids) == 10
    assert ids[1:9].tolist() == task.tokenizer.tokenize([text]).to_list()[0][:8]
    head = " ".join(text.split()[:20])
    np.testing.assert_allclose(task.predict([text]), task.predict([head]), atol=1e-6)


@pytest.mark.parametrize(("given", "positions", "wanted"), [(None, 64, 64), (None, 300, 128), (64, 64, 64), (3, 64, 3)])
def test_max_length_defaults_to_128_or_the_encoders_limit(tmp_path, given, positions, wanted):
    folder = write_tiny_bert(tmp_path / "bert", max_position_embeddings=positions)
    task = TextClassifier.from_encoder(folder, LABELS, max_length=given, dtype="float32")
    assert task.max_length == wanted
    assert task.predict(["parcel " * 400]).shape == (1, 3)


def test_lone_surrogates_are_accepted(task):
    answers = task.predict(["ok \ud83d", "ok \ufffd", "\ud83d\ude00", "😀"])
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-6)  # a half of a pair is U+FFFD, as decoders say
    np.testing.assert_allclose(answers[2], answers[3], atol=1e-6)


@pytest.mark.parametrize("text", ["", " \n\t", "\x00", "[SEP] [MASK]", "а" * 100_000, "汉字", "👩‍👩‍👧‍👦" * 50])
def test_hostile_texts_get_an_answer(task, text):
    assert np.isfinite(task.predict([text, "next"])).all()


# ---- the folder's own head


def test_the_folders_own_head_is_used_without_labels(task, tiny_bert_with_head, rows):
    assert task.labels == LABELS
    assert task.pooling == "pooler"
    tensors = load_file(tiny_bert_with_head / "model.safetensors")
    pooled = np.asarray(task.encoder(task.preprocess(rows[0]), training=False)["pooled_output"])
    logits = pooled @ tensors["classifier.weight"].T + tensors["classifier.bias"]
    np.testing.assert_allclose(task.predict(rows[0]), scipy.special.softmax(logits, axis=1), atol=1e-5)


def test_the_folders_own_head_answers_alike_each_time_it_is_loaded(task, tiny_bert_with_head, rows):
    again = TextClassifier.from_encoder(tiny_bert_with_head, dtype="float32", max_length=32)
    np.testing.assert_allclose(task.predict(rows[0]), again.predict(rows[0]), atol=1e-6)


def test_labels_that_do_not_fit_the_folders_head_are_refused(tiny_bert_with_head):
    with pytest.raises(UserError, match=r"head of 3 labels \(bad, fair, good\), and 2 labels came.*new head"):
        TextClassifier.from_encoder(tiny_bert_with_head, ["yes", "no"])


def test_the_folders_labels_in_another_order_are_refused(tiny_bert_with_head):
    with pytest.raises(UserError, match="in the head's order"):
        TextClassifier.from_encoder(tiny_bert_with_head, LABELS[::-1])


def test_the_folders_head_may_be_given_other_names(task, tiny_bert_with_head, rows):
    renamed = TextClassifier.from_encoder(tiny_bert_with_head, ["1", "2", "3"], dtype="float32", max_length=32)
    np.testing.assert_allclose(renamed.predict(rows[0]), task.predict(rows[0]), atol=1e-6)
    assert {answer.label for answer in renamed.classify(rows[0])} <= {"1", "2", "3"}


def test_another_pooling_begins_a_new_head(tiny_bert_with_head, rows):
    other = TextClassifier.from_encoder(tiny_bert_with_head, ["yes", "no"], pooling="mean", dtype="float32")
    assert other.predict(rows[0]).shape == (24, 2)


def test_a_folder_without_a_head_asks_for_labels(tiny_bert):
    with pytest.raises(UserError, match=r"no classification head.*labels"):
        TextClassifier.from_encoder(tiny_bert)


@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
def test_embed_gives_what_the_head_sees(tiny_bert, rows, pooling):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, pooling=pooling, dtype="float32", max_length=32)
    vectors = task.embed(rows[0])
    assert vectors.shape == (24, 32)
    head = task.get_layer("logits")
    logits = vectors @ np.asarray(head.kernel) + np.asarray(head.bias)
    np.testing.assert_allclose(scipy.special.softmax(logits, axis=1), task.predict(rows[0]), atol=1e-5)
    states = task.encoder(task.preprocess([rows[0][0]]), training=False)
    wanted = {
        "mean": lambda: np.asarray(states["sequence_output"])[0].mean(axis=0),
        "cls": lambda: np.asarray(states["sequence_output"])[0, 0],
        "pooler": lambda: np.asarray(states["pooled_output"])[0],
    }[pooling]()
    np.testing.assert_allclose(vectors[0], wanted, atol=1e-5)
