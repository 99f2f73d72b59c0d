"""What stands in a LiteRT file for other programs, and when none is written."""

import zipfile

import flatbuffers
import numpy as np
import pytest
from tensorflow.lite.python import schema_py_generated as schema

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.export import edge_parity
from tests.task_contract import LABELS


@pytest.fixture(scope="module")
def lite_file(task, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lite") / "out"
    certificate = task.export(folder, "litert", quantize="none")
    return folder / "model.tflite", certificate


def test_the_certificate_says_on_what_it_rests(lite_file):
    path, certificate = lite_file
    assert certificate["agrees"] is True
    assert certificate["rows"] >= 1000
    assert {facts["rows_that_differ"] for facts in certificate["endpoints"]["tokenize"]["outputs"].values()} == {0}
    probabilities = certificate["endpoints"]["classify"]["outputs"]["probabilities"]
    assert probabilities["of"] == "logarithms"
    assert probabilities["largest_difference"] <= 1e-4
    assert certificate["bytes"] == path.stat().st_size
    assert set(certificate["clean_process"]) == {"ai-edge-litert", "numpy"}


def test_labels_and_vocabulary_lie_in_the_file_uncompressed(lite_file, task):
    with zipfile.ZipFile(lite_file[0]) as archive:
        assert archive.read("labels.txt").decode().split("\n") == LABELS
        assert archive.read("vocab.txt").decode().splitlines() == list(task.tokenizer.vocabulary)
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.full
def test_the_same_model_gives_the_same_file(lite_file, task, tmp_path):
    task.export(tmp_path / "again", "litert", quantize="none")
    assert (tmp_path / "again/model.tflite").read_bytes() == lite_file[0].read_bytes()


def test_the_network_takes_texts_of_every_length_and_needs_no_flex(lite_file):
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(lite_file[0].read_bytes(), 0))
    graph = model.subgraphs[0]
    assert {entry.name.decode() for entry in model.signatureDefs[0].inputs} == {
        "token_ids",
        "segment_ids",
        "padding_mask",
    }
    for index in graph.inputs:
        assert list(graph.tensors[index].shapeSignature) == [-1, -1]
        assert graph.tensors[index].type == schema.TensorType.INT32
    assert not [code.customCode for code in model.operatorCodes if code.customCode]


def test_weights_lie_on_addresses_that_kernels_read_fast(lite_file):
    data = lite_file[0].read_bytes()
    model = schema.Model.GetRootAsModel(data, 0)
    offsets = []
    for number in range(model.BuffersLength()):
        buffer = model.Buffers(number)
        field = flatbuffers.number_types.UOffsetTFlags.py_type(buffer._tab.Offset(4))
        if field and buffer.DataLength():
            offsets.append(buffer._tab.Vector(field))
    assert len(offsets) > 20
    assert {offset % 16 for offset in offsets} == {0}


def test_other_weights_than_those_written_are_noticed(lite_file, task):
    twin = task.with_dtype("float32")
    twin.get_layer("logits").bias.assign_add([0.01, 0.0, 0.0])
    texts = {"text": ["where is it", "thanks"]}
    assert edge_parity(task, lite_file[0], texts, format="litert", quantize="none")["agrees"]
    certificate = edge_parity(twin, lite_file[0], texts, format="litert", quantize="none")
    assert certificate["agrees"] is False
    assert "probabilities of classify differs by" in certificate["reasons"][0]
    twin.get_layer("logits").bias.assign(-100.0 * twin.predict(texts["text"]).mean(axis=0))  # other labels win
    assert "keep their choice" in edge_parity(twin, lite_file[0], texts, format="litert", quantize="int8")["reasons"][0]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"quantize": "int3"}, r"int3.*int8, int4, float16, none"),
        ({"dtype": "bfloat16"}, "bfloat16.*only a SavedModel"),
        ({"format": "saved_model", "quantize": "int8"}, "not quantized"),
    ],
)
def test_what_cannot_be_written_is_refused(task, tmp_path, how, words):
    with pytest.raises(UserError, match=words):
        task.export(tmp_path / "out", **{"format": "litert", **how})
    assert list(tmp_path.iterdir()) == []


def test_a_tokenizer_that_needs_tensorflow_is_refused(tiny_bert, tmp_path):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, mode="fast", dtype="float32")
    with pytest.raises(UserError, match='mode="fast".*mode="exact"'):
        task.export(tmp_path / "out", "litert")
    assert list(tmp_path.iterdir()) == []


def test_labels_of_every_language_come_back(tiny_bert, tmp_path):
    task = TextClassifier.from_encoder(tiny_bert, ["好", "bad, very", 'q"q'], dtype="float32", max_length=16)
    task.export(tmp_path / "out", "litert", quantize="none")
    from keras_bigmodel.edge import LiteClassifier

    lite = LiteClassifier(tmp_path / "out/model.tflite")
    assert lite.labels == ["好", "bad, very", 'q"q']
    assert np.isclose(lite.predict(["where"]).sum(), 1.0)
