"""A LiteRT file answers as its model, without TensorFlow."""

import json
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow.lite.python import schema_py_generated as schema

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.data import support_messages
from keras_bigmodel.edge import LiteClassifier
from keras_bigmodel.edge.lite_contents import SETTINGS_FILE

TEXTS = ["where is my parcel", "", "thank you [SEP] very much", "谢谢", "e\u0301 é", "wait " * 60, "where is my parcel"]


@pytest.fixture(scope="module")
def lite(exported):
    return LiteClassifier(exported["none"][0])


def test_it_answers_as_its_model(lite, task):
    np.testing.assert_allclose(lite.predict(TEXTS), task.predict(TEXTS), atol=1e-5)
    assert lite.labels == task.labels
    assert [one.label for one in lite.classify(TEXTS)] == [one.label for one in task.classify(TEXTS)]
    assert len(lite.classify(TEXTS, top_k=2)[0].probabilities) == 2


def test_more_texts_than_are_held_at_once_come_back_in_their_order(lite, task, monkeypatch):
    monkeypatch.setattr("keras_bigmodel.edge.edge_model._WINDOW", 50)
    texts = support_messages("test")[0][:120]
    np.testing.assert_allclose(lite.predict(texts), task.predict(texts), atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_ids_are_those_of_the_graph(lite, task, texts):
    ours, theirs = lite.preprocess(texts), task.preprocess(texts)
    for name, values in theirs.items():
        np.testing.assert_array_equal(ours[name], values.numpy())


@pytest.mark.parametrize("quantize", ["float16", "int8"])
def test_smaller_weights_cost_little(exported, task, quantize):
    texts, labels = support_messages("test")
    right = [
        np.mean([task.labels[row.argmax()] == label for row, label in zip(rows, labels, strict=True)])
        for rows in (task.predict(texts), LiteClassifier(exported[quantize][0]).predict(texts))
    ]
    assert right[0] > 0.5  # of eight labels: the model has learnt something
    assert right[1] >= right[0] - 0.01
    classified = exported[quantize][1]["endpoints"]["classify"]
    assert classified["outputs"]["probabilities"]["rows_that_differ"] <= 0.01 * classified["rows"]


def test_int8_is_smaller_than_float16_and_that_than_float32(exported):
    sizes = [exported[quantize][0].stat().st_size for quantize in ("int8", "float16", "none")]
    assert sizes == sorted(sizes)
    assert exported["int8"][1]["bytes"] == sizes[0]


def test_matrices_of_4_bits_and_embeddings_of_8_cost_little(exported, task, tmp_path, monkeypatch):
    monkeypatch.setattr("keras_bigmodel.export.lite_int4._LEAST_ROWS", 50)
    certificate = task.export(tmp_path / "int4", "litert", quantize="int4")
    path = tmp_path / "int4/model.tflite"
    assert certificate["agrees"]
    assert certificate["bytes"] == path.stat().st_size < exported["int8"][0].stat().st_size
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(path.read_bytes(), 0))
    kinds = {tensor.type for tensor in model.subgraphs[0].tensors}
    assert {schema.TensorType.INT4, schema.TensorType.INT8} <= kinds
    assert not [buffer for buffer in model.buffers if buffer.offset > 1]
    texts, labels = support_messages("test")
    right = [
        np.mean([task.labels[row.argmax()] == label for row, label in zip(rows, labels, strict=True)])
        for rows in (task.predict(texts), LiteClassifier(path).predict(texts))
    ]
    assert right[1] >= right[0] - 0.02


def test_pairs_are_answered(tiny_bert, tmp_path):
    task = TextClassifier.from_encoder(tiny_bert, ["no", "yes"], pairs=True, dtype="float32", max_length=32)
    task.export(tmp_path / "out", "litert", quantize="none")
    lite = LiteClassifier(tmp_path / "out/model.tflite")
    pairs = [("where is it", "at home"), ("thanks " * 30, "you are welcome"), ("", "")]
    np.testing.assert_allclose(lite.predict(pairs), task.predict(pairs), atol=1e-5)
    with pytest.raises(UserError, match="pairs of texts"):
        lite.predict(["one text"])


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ("one text", "A single str came"),
        (None, "None came"),
        ([], "empty list"),
        ([1, 2], r"Entry 0 is 1 \(int\)"),
        ([("a", "b")], "pairs=True"),
    ],
)
def test_what_are_no_texts_is_refused(lite, texts, words):
    with pytest.raises(UserError, match=words):
        lite.predict(texts)


def _settings(path, **changes):
    """Rewrites a file's settings."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(SETTINGS_FILE, json.dumps({**json.loads(archive.read(SETTINGS_FILE)), **changes}))


def test_files_that_are_none_of_ours_are_refused_with_a_sentence(exported, tmp_path):
    whole = exported["int8"][0]
    with pytest.raises(UserError, match=r"No file .*--format litert"):
        LiteClassifier(tmp_path / "nowhere.tflite")
    (tmp_path / "text.tflite").write_text("no network")
    with pytest.raises(UserError, match="no LiteRT file with labels"):
        LiteClassifier(tmp_path / "text.tflite")
    (tmp_path / "half.tflite").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(UserError, match="whole and unchanged"):
        LiteClassifier(tmp_path / "half.tflite")
    shutil.copy(whole, tmp_path / "newer.tflite")
    with pytest.warns(UserWarning, match="Duplicate name"):
        _settings(tmp_path / "newer.tflite", format=99)
    with pytest.raises(UserError, match="format 99.*newer keras_bigmodel"):
        LiteClassifier(tmp_path / "newer.tflite")
    for number, changes in enumerate(({"max_length": 8}, {"labels": ["a"] * 8}, {"tokenizer": {"lowercase": False}})):
        shutil.copy(whole, tmp_path / f"altered{number}.tflite")
        with pytest.warns(UserWarning, match="Duplicate name"):
            _settings(tmp_path / f"altered{number}.tflite", **changes)
        with pytest.raises(UserError, match="inside of .* were altered.*export it again"):
            LiteClassifier(tmp_path / f"altered{number}.tflite")
    with zipfile.ZipFile(tmp_path / "empty.tflite", "w") as archive, zipfile.ZipFile(whole) as ours:
        for name in ours.namelist():
            archive.writestr(name, ours.read(name))
    with pytest.raises(UserError, match="LiteRT cannot read"):
        LiteClassifier(tmp_path / "empty.tflite")
    for threads in (0, 100_000):
        with pytest.raises(UserError, match=f"num_threads={threads} came; wanted 1 to 256"):
            LiteClassifier(whole, num_threads=threads)
    with (
        zipfile.ZipFile(whole) as ours,
        zipfile.ZipFile(tmp_path / "packed.tflite", "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in ours.namelist():
            archive.writestr(name, ours.read(name))
    with pytest.raises(UserError, match="whole and unchanged"):
        LiteClassifier(tmp_path / "packed.tflite")
    shutil.copy(whole, tmp_path / "labels.tflite")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(tmp_path / "labels.tflite", "a") as archive:
        archive.writestr("labels.txt", "others")
    with pytest.raises(UserError, match="were altered"):
        LiteClassifier(tmp_path / "labels.tflite")
    with pytest.raises(UserError, match="is a folder. Name the file in it"):
        LiteClassifier(tmp_path)


def test_threads_share_a_classifier_and_get_their_own_answers(lite, task):
    wanted = task.predict(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: lite.predict([TEXTS[number % 7]])[0], range(140)))
    np.testing.assert_allclose(found, np.tile(wanted, (20, 1)), atol=1e-5)


LIGHT = """
import sys, time
start = time.perf_counter()
from keras_bigmodel.edge import LiteClassifier
import ai_edge_litert.interpreter
took = time.perf_counter() - start
print(took, sorted({"tensorflow", "keras", "jax", "torch", "scipy", "pandas", "sklearn"} & set(sys.modules)))
"""


def test_importing_it_is_quick_and_loads_nothing_heavy():
    runs = [subprocess.check_output([sys.executable, "-c", LIGHT], text=True).split(maxsplit=1) for _ in range(3)]
    assert {loaded.strip() for _, loaded in runs} == {"[]"}
    assert min(float(took) for took, _ in runs) < 0.6  # 0.15 s on a quiet machine


COMPILED = """
import json, sys
import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
compiled, found = CompiledModel.from_file(sys.argv[1]), []
for ids in json.loads(sys.argv[2]):  # one text at a time: it sizes its outputs for one row
    names = compiled.get_signature_list()["classify"]["inputs"]
    for name in names:
        compiled.resize_input_tensor_by_name("classify", name, [1, len(ids[name])])
    inputs = {name: compiled.create_input_buffer_by_name("classify", name) for name in names}
    for name, buffer in inputs.items():
        buffer.write(np.array(ids[name], "int32"))
    output = compiled.create_output_buffer_by_name("classify", "probabilities")
    compiled.run_by_name("classify", inputs, {"probabilities": output})
    found.append(output.read(int(sys.argv[3]), np.float32).tolist())
print(json.dumps(found))
"""


@pytest.mark.parametrize(
    "quantize", [*(pytest.param(name, marks=pytest.mark.full) for name in ("none", "float16")), "int8"]
)
def test_litert_s_compiled_model_runs_the_file_too(exported, task, quantize):
    path, texts = exported[quantize][0], ["where is my order", "my card was charged twice, why?", ""]
    ids = [LiteClassifier(path).preprocess([text]) for text in texts]
    rows = json.dumps([{name: row[0] for name, row in part.items()} for part in ids])
    command = [sys.executable, "-c", COMPILED, str(path), rows, str(len(task.labels))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(found, task.predict(texts), atol=1e-4 if quantize == "none" else 0.1)
