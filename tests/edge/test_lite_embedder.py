"""A LiteRT file gives its model's vectors of texts, without TensorFlow."""

import json

import numpy as np
import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.data import support_messages
from keras_bigmodel.edge import LiteClassifier, LiteEmbedder
from keras_bigmodel.edge.command import main
from keras_bigmodel.export.lite import write_lite
from keras_bigmodel.export.lite_embedding import write_lite_embedding
from tests.edge.conftest import cosines

TEXTS = ["where is my parcel", "", "thank you [SEP] very much", "谢谢", "e\u0301 é", "wait " * 60, "where is my parcel"]


def test_it_gives_the_vectors_of_its_model(embedding_file, task):
    embedder = LiteEmbedder(embedding_file("none"))
    found, wanted = embedder.embed(TEXTS), task.embed(TEXTS)
    assert (found.dtype, found.shape) == (np.float32, (len(TEXTS), embedder.width))
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert np.abs(found[0] - found[2]).max() > 0.1  # other texts, other vectors
    assert embedder.max_length == task.max_length


@pytest.mark.parametrize("quantize", [pytest.param("float16", marks=pytest.mark.full), "int8"])
def test_smaller_weights_hardly_turn_the_vectors(embedding_file, task, quantize):
    texts = support_messages("test")[0]
    found, wanted = LiteEmbedder(embedding_file(quantize)).embed(texts), task.embed(texts)
    assert cosines(found, wanted).min() > 0.99
    assert np.abs(found - wanted).max() > 1e-6  # it did compute with other weights
    assert embedding_file(quantize).stat().st_size < embedding_file("none").stat().st_size


@pytest.mark.full
def test_pairs_have_vectors_too(tiny_bert, tmp_path):
    task = TextClassifier.from_encoder(tiny_bert, ["no", "yes"], pairs=True, dtype="float32", max_length=32)
    write_lite_embedding(task, tmp_path / "model.tflite", quantize="none")
    embedder = LiteEmbedder(tmp_path / "model.tflite")
    pairs = [("where is it", "at home"), ("thanks " * 30, "you are welcome"), ("", "")]
    np.testing.assert_allclose(embedder.embed(pairs), task.embed(pairs), atol=1e-5)
    with pytest.raises(UserError, match="pairs of texts"):
        embedder.embed(["one text"])


def test_each_kind_of_file_is_opened_by_its_own_class(embedding_file, task, tmp_path):
    write_lite(task, tmp_path / "labels.tflite", quantize="none")
    with pytest.raises(UserError, match=r"gives no vectors.*--format litert_embedding wrote.*LiteClassifier"):
        LiteEmbedder(tmp_path / "labels.tflite")
    with pytest.raises(UserError, match=r"and no labels.*--format litert wrote.*LiteEmbedder"):
        LiteClassifier(embedding_file("none"))


@pytest.mark.parametrize(("texts", "words"), [("one text", "A single str came"), ([], "empty list"), (None, "None")])
def test_what_are_no_texts_is_refused(embedding_file, texts, words):
    with pytest.raises(UserError, match=words):
        LiteEmbedder(embedding_file("none")).embed(texts)


def test_the_program_prints_vectors_as_lines_of_json(embedding_file, task, tmp_path, capsys):
    (tmp_path / "texts.txt").write_text("where is my order\n\n谢谢\n", encoding="utf-8")
    main([str(embedding_file("none")), "--file", str(tmp_path / "texts.txt")])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["text"] for row in rows] == ["where is my order", "", "谢谢"]
    assert rows[1]["embedding"] is None
    found = np.array([rows[0]["embedding"], rows[2]["embedding"]], "float32")
    np.testing.assert_array_equal(found, LiteEmbedder(embedding_file("none")).embed(["where is my order", "谢谢"]))
    np.testing.assert_allclose(found, task.embed(["where is my order", "谢谢"]), atol=1e-5)


def test_the_program_has_no_labels_to_choose_from(embedding_file, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([str(embedding_file("none")), "a text", "--top-k", "2"])
    out, err = capsys.readouterr()
    assert out == ""
    assert "--top-k came" in err
    assert "Leave it out" in err


def test_the_program_writes_what_a_phones_tokenizer_needs_of_a_file_of_vectors(embedding_file, tmp_path):
    main([str(embedding_file("int8")), "--vectors", str(tmp_path / "vectors")])
    assert len(list((tmp_path / "vectors").iterdir())) == 3
