"""What stands in a LiteRT file of vectors, when it agrees with its model, and when none is written."""

import sys

import keras
import pytest
from tensorflow.lite.python import schema_py_generated as schema

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.edge import LiteEmbedder
from keras_bigmodel.edge.lite_contents import LiteContents
from keras_bigmodel.export import SameDirection, WorseExportError, edge_parity
from tests.task_contract import LABELS, TASK_CASES
from tests.throwaway_tasks import TextScore, encoder_inputs

CASES = {case.name: case for case in TASK_CASES}


@pytest.fixture(scope="module")
def vector_file(task, tmp_path_factory):
    folder = tmp_path_factory.mktemp("vectors") / "out"
    certificate = task.export(folder, "litert_embedding", quantize="none")
    return folder / "model.tflite", certificate


def test_the_certificate_says_on_what_it_rests(vector_file):
    path, certificate = vector_file
    assert certificate["agrees"] is True
    assert certificate["rows"] >= 1000
    assert {facts["rows_that_differ"] for facts in certificate["endpoints"]["tokenize"]["outputs"].values()} == {0}
    embedding = certificate["endpoints"]["embed"]["outputs"]["embedding"]
    assert (embedding["rule"], embedding["tolerance"]) == ("close", 1e-4)
    assert embedding["largest_difference"] <= 1e-4
    assert certificate["endpoints"]["embed"]["rows"] == certificate["rows"]
    assert certificate["bytes"] == path.stat().st_size
    assert set(certificate["clean_process"]) == {"ai-edge-litert", "numpy"}


def test_it_holds_the_vocabulary_and_says_that_it_gives_vectors(vector_file, task):
    data = vector_file[0].read_bytes()
    contents = LiteContents.read(vector_file[0])
    assert contents.labels == ()
    assert list(contents.vocabulary) == list(task.tokenizer.vocabulary)
    assert b"labels.txt" not in data
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(data, 0))
    (signature,) = model.signatureDefs
    assert signature.signatureKey == b"embed"
    (output,) = model.subgraphs[0].outputs
    assert list(model.subgraphs[0].tensors[output].shapeSignature) == [-1, 32]
    metadata = bytes(model.buffers[model.metadata[-1].buffer].data)
    assert b"The vector of the text." in metadata
    assert b"vocab.txt" in metadata
    assert b"probability" not in metadata


@pytest.mark.full
def test_quantized_vectors_are_compared_by_their_direction(task, tmp_path, monkeypatch):
    certificate = task.export(tmp_path / "out", "litert_embedding")
    assert certificate["quantize"] == "int8"
    embedding = certificate["endpoints"]["embed"]["outputs"]["embedding"]
    assert (embedding["rule"], embedding["cosine"], embedding["share"]) == ("same_direction", 0.98, 0.99)
    assert 0.98 < embedding["smallest_cosine"] < 1
    assert embedding["largest_difference"] > 1e-6
    strict = SameDirection(1 - 1e-9)
    module = sys.modules["keras_bigmodel.export.edge_parity"]  # whose name in the room is that of its function
    monkeypatch.setattr(module, "_VECTOR_RULES", {"int8": strict})
    words = r"0\.0% of the rows keep the direction of embedding of embed .*wanted are 100%; the first .*float16"
    with pytest.raises(WorseExportError, match=words):
        task.export(tmp_path / "again", "litert_embedding")
    assert not (tmp_path / "again").exists()


def test_other_weights_than_those_written_are_noticed(vector_file, task):
    twin = task.with_dtype("float32")
    texts = {"text": ["where is it", "thanks"]}
    assert edge_parity(task, vector_file[0], texts, format="litert_embedding", quantize="none")["agrees"]
    twin.set_weights([weight[::-1] if weight.shape == (500, 32) else weight for weight in twin.get_weights()])
    exact, loose = (
        edge_parity(twin, vector_file[0], texts, format="litert_embedding", quantize=quantize)
        for quantize in ("none", "int8")
    )
    assert "embedding of embed differs by" in exact["reasons"][0]
    assert "0.0% of the rows keep the direction" in loose["reasons"][0]


@pytest.mark.full
def test_a_file_of_labels_gives_no_vectors_to_compare(task, tmp_path):
    task.export(tmp_path / "out", "litert", quantize="none")
    found = edge_parity(
        task, tmp_path / "out/model.tflite", {"text": ["thanks"]}, format="litert_embedding", quantize="none"
    )
    assert found["reasons"] == ["embed does not give embedding"]


class ScoreWithVectors(TextScore):
    """A task of which the package knows nothing, with vectors of texts and without labels."""

    def __init__(self, encoder, preprocessor, **kwargs):
        super().__init__(encoder, preprocessor, **kwargs)
        inputs = encoder_inputs()
        self.embedding_model = keras.Model(inputs, encoder(inputs)["sequence_output"][:, 0])


@pytest.mark.full
def test_every_task_with_vectors_of_texts_is_written(tiny_bert, tmp_path):
    case = CASES["a number a text"]
    other = case.make(tiny_bert)
    task = ScoreWithVectors(other.encoder, other.preprocessor)
    certificate = task.export(tmp_path / "out", "litert_embedding", quantize="none")
    assert certificate["agrees"]
    found = LiteEmbedder(tmp_path / "out/model.tflite").embed(case.inputs)
    assert abs(found - task.embed(case.inputs)).max() < 1e-5


WITH_VECTORS = ("texts", "pairs", "any number of labels", "a score", "the cosine of two texts")


@pytest.mark.parametrize("name", [name for name in CASES if name not in WITH_VECTORS])
def test_a_task_without_vectors_is_refused_with_a_sentence(tiny_bert, tmp_path, name):
    task = CASES[name].make(tiny_bert)
    with pytest.raises(UserError, match=rf"A {type(task).__name__} came; LiteRT files of vectors are written of"):
        task.export(tmp_path / "out", "litert_embedding")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"quantize": "int3"}, "int3.*known for litert_embedding are int8"),
        ({"dtype": "bfloat16"}, "bfloat16.*only a SavedModel"),
    ],
)
def test_what_cannot_be_written_is_refused(task, tmp_path, how, words):
    with pytest.raises(UserError, match=words):
        task.export(tmp_path / "out", "litert_embedding", **how)
    assert list(tmp_path.iterdir()) == []


def test_a_tokenizer_that_needs_tensorflow_is_refused(tiny_bert, tmp_path):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, mode="fast", dtype="float32")
    with pytest.raises(UserError, match='mode="fast".*mode="exact"'):
        task.export(tmp_path / "out", "litert_embedding")
