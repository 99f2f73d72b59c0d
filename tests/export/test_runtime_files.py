"""ONNX and OpenVINO files: the network of ids with labels and vocabulary inside, run without TensorFlow."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.edge import CLASSIFIERS, OnnxClassifier, OpenVinoClassifier
from keras_bigmodel.edge.command import main
from keras_bigmodel.export.onnx_file import write_onnx
from keras_bigmodel.export.open_vino_file import write_open_vino
from tests.task_contract import LABELS

TEXTS = ["where is it", "谢谢 [SEP] café", "the zip broke " * 30, ""]


@pytest.fixture(scope="module", params=["onnx", "openvino"])
def format(request):
    return request.param


@pytest.fixture(scope="module")
def files(task, tmp_path_factory, format):
    """Dict of `quantize` → `(path of the file, certificate)`."""
    folder, made = tmp_path_factory.mktemp(format), {}
    for quantize in ("none", "int8"):
        certificate = task.export(folder / quantize, format, quantize=quantize)
        made[quantize] = (folder / quantize / CLASSIFIERS[format].file_name, certificate)
    return made


def test_the_certificate_says_on_what_it_rests(files, format):
    path, certificate = files["none"]
    assert certificate["agrees"] is True
    assert certificate["rows"] >= 1000
    assert {facts["rows_that_differ"] for facts in certificate["endpoints"]["tokenize"]["outputs"].values()} == {0}
    assert certificate["endpoints"]["classify"]["outputs"]["probabilities"]["largest_difference"] <= 1e-5
    assert certificate["bytes"] == sum(file.stat().st_size for file in path.parent.glob("model.*"))
    assert set(certificate["clean_process"]) == {CLASSIFIERS[format].package, "numpy"}
    assert files["int8"][1]["agrees"] is True
    assert files["int8"][1]["bytes"] < certificate["bytes"]


def test_the_network_takes_ids_of_every_length_and_has_onnx_s_own_ops(task, tmp_path):
    write_onnx(task, tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    onnx.checker.check_model(model)
    assert {entry.name for entry in model.graph.input} == {"token_ids", "segment_ids", "padding_mask"}
    assert {entry.name for entry in model.graph.output} == {"logits", "probabilities"}
    assert all(
        size.dim_param or not size.dim_value for entry in model.graph.input for size in entry.type.tensor_type.shape.dim
    )
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx"}


def test_it_answers_as_its_model(files, task, format):
    for quantize, tolerance in (("none", 1e-5), ("int8", 0.1)):
        classifier = CLASSIFIERS[format](files[quantize][0], num_threads=1)
        assert classifier.labels == task.labels
        np.testing.assert_allclose(classifier.predict(TEXTS), task.predict(TEXTS), atol=tolerance)


def test_many_texts_come_back_in_their_order(files, task, format):
    texts = [f"message {number} " + "again " * (number % 7) for number in range(300)]
    found = CLASSIFIERS[format](files["none"][0], num_threads=2).predict(texts)
    np.testing.assert_allclose(found, task.predict(texts), atol=1e-5)


def test_threads_share_a_classifier_and_get_their_own_answers(files, task, format):
    texts = [f"message {number} " + "again " * (number % 5) for number in range(12)]
    classifier, wanted = CLASSIFIERS[format](files["none"][0], num_threads=1), task.predict(texts)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: classifier.predict([texts[number % 12]])[0], range(240)))
    np.testing.assert_allclose(found, np.tile(wanted, (20, 1)), atol=1e-5)


def test_ids_that_are_too_long_are_truncated(files, task, format):
    network = CLASSIFIERS[format](files["none"][0], num_threads=1)._network
    text = " ".join(["again"] * 60)
    ids = task.tokenizer([text], max_length=60)
    cut = task.preprocess([text])
    found = [network(**{name: value.numpy() for name, value in given.items()}) for given in (ids, cut)]
    np.testing.assert_allclose(*found, atol=1e-5)


@pytest.mark.full
def test_pairs_are_written_too(tiny_bert, tmp_path, format):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, pairs=True, dtype="float32", max_length=16)
    task.export(tmp_path / "out", format)
    pairs = [("where", "is it"), ("thanks", "a lot")]
    found = CLASSIFIERS[format](tmp_path / "out" / CLASSIFIERS[format].file_name).predict(pairs)
    np.testing.assert_allclose(found, task.predict(pairs), atol=1e-5)


def test_the_program_labels_texts_with_it(files, task, capsys):
    main([str(files["none"][0]), *TEXTS[:2], "--json"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["label"] for row in rows] == [answer.label for answer in task.classify(TEXTS[:2])]


def test_the_program_writes_its_vectors_for_phones(files, format, tmp_path):
    main([str(files["none"][0]), "--vectors", str(tmp_path / "vectors")])
    vectors = json.loads((tmp_path / "vectors/edge_vectors.json").read_text("ascii"))["vectors"]
    rows = CLASSIFIERS[format](files["none"][0]).preprocess([vectors[0]["text"]])
    assert rows["token_ids"] == [vectors[0]["token_ids"]]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"quantize": "float16"}, r"float16.*known for {format} are none, int8"),
        ({"dtype": "bfloat16"}, "bfloat16.*only a SavedModel"),
    ],
)
def test_what_cannot_be_written_is_refused(task, tmp_path, how, words, format):
    with pytest.raises(UserError, match=words.format(format=format)):
        task.export(tmp_path / "out", **{"format": format, **how})
    assert list(tmp_path.iterdir()) == []


def test_onnx_files_that_are_none_of_ours_are_refused_with_a_sentence(task, tmp_path):
    with pytest.raises(UserError, match=r"No file .*--format onnx"):
        OnnxClassifier(tmp_path / "nowhere.onnx")
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(UserError, match="ONNX Runtime cannot read"):
        OnnxClassifier(tmp_path / "text.onnx")
    write_onnx(task, tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    for entry in model.metadata_props:
        if entry.key == "keras_bigmodel.json":
            entry.value = json.dumps({**json.loads(entry.value), "format": 99})
    onnx.save(model, tmp_path / "newer.onnx")
    with pytest.raises(UserError, match="has format 99"):
        OnnxClassifier(tmp_path / "newer.onnx")
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "bare.onnx")
    with pytest.raises(UserError, match="no labels and vocabulary inside"):
        OnnxClassifier(tmp_path / "bare.onnx")


def test_openvino_files_that_are_none_of_ours_are_refused_with_a_sentence(task, tmp_path):
    with pytest.raises(UserError, match=r"No file .*--format openvino"):
        OpenVinoClassifier(tmp_path / "nowhere.xml")
    (tmp_path / "text.xml").write_text("no network")
    with pytest.raises(UserError, match="OpenVINO cannot read"):
        OpenVinoClassifier(tmp_path / "text.xml")
    write_open_vino(task, tmp_path / "model.xml")
    text = (tmp_path / "model.xml").read_text(encoding="utf-8")
    shutil.copy(tmp_path / "model.bin", tmp_path / "bare.bin")
    (tmp_path / "bare.xml").write_text(text.replace("<keras_bigmodel ", "<other "), encoding="utf-8")
    with pytest.raises(UserError, match="no labels and vocabulary inside"):
        OpenVinoClassifier(tmp_path / "bare.xml")
    weights = bytearray((tmp_path / "model.bin").read_bytes())
    weights[100] ^= 1
    (tmp_path / "model.bin").write_bytes(weights)
    with pytest.raises(UserError, match="does not hold the weights that .* was written with"):
        OpenVinoClassifier(tmp_path / "model.xml")
    (tmp_path / "model.bin").unlink()
    with pytest.raises(UserError, match="OpenVINO cannot read"):
        OpenVinoClassifier(tmp_path / "model.xml")
