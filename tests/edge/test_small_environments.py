"""A LiteRT file where TensorFlow never was: in an environment of LiteRT alone, and in MediaPipe's own tasks."""

import json

import numpy as np
import pytest

from keras_bigmodel.data import support_messages
from keras_bigmodel.edge import CLASSIFIERS
from tests.edge.conftest import cosines
from tests.environments import python_with, run

EDGE = """
import json, sys, time
from importlib import metadata
start = time.perf_counter()
from keras_bigmodel.edge import LiteClassifier, LiteEmbedder
took = time.perf_counter() - start
lite = LiteClassifier(sys.argv[1], num_threads=1)
rows = lite.predict(json.loads(sys.argv[2]))
vectors = LiteEmbedder(sys.argv[3]).embed(json.loads(sys.argv[2])).tolist()
names = sorted(entry.name.lower() for entry in metadata.distributions())
print(json.dumps({"rows": rows.tolist(), "labels": lite.labels, "took": took, "installed": names, "vectors": vectors}))
"""

# MediaPipe's tokenizer lower-cases ASCII and splits at punctuation; on such texts it gives our ids.
MEDIAPIPE = """
import json, sys
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.text import TextClassifier, TextClassifierOptions
options = TextClassifierOptions(base_options=BaseOptions(model_asset_path=sys.argv[1]))
with TextClassifier.create_from_options(options) as classifier:
    found = []
    for text in json.loads(sys.argv[2]):
        (answer,) = classifier.classify(text).classifications
        found.append({one.category_name: one.score for one in answer.categories})
print(json.dumps(found))
"""

# With `l2_normalize` alone, and with `quantize` too, whose bytes are whole numbers from -128 to 127.
MEDIAPIPE_VECTORS = """
import json, sys
import numpy as np
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.text import TextEmbedder, TextEmbedderOptions
found = {}
for name, how in {"raw": {}, "unit": {"l2_normalize": True}, "bytes": {"l2_normalize": True, "quantize": True}}.items():
    options = TextEmbedderOptions(base_options=BaseOptions(model_asset_path=sys.argv[1]), **how)
    with TextEmbedder.create_from_options(options) as embedder:
        rows = [embedder.embed(text).embeddings for text in json.loads(sys.argv[2])]
    assert {(len(row), row[0].head_name) for row in rows} == {(1, "embedding")}
    vectors = [np.asarray(row[0].embedding) for row in rows]
    found[name] = [(part.view("int8") if name == "bytes" else part).tolist() for part in vectors]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def mediapipe(tmp_path_factory):
    """Function from a script and its arguments to what it prints last, in an environment of MediaPipe alone."""
    folder = tmp_path_factory.mktemp("mediapipe")
    python = python_with(folder, "mediapipe", package=False)
    return lambda script, *arguments: json.loads(run(python, "-c", script, *arguments, cwd=folder).splitlines()[-1])


def plain_texts():
    """Messages for which MediaPipe's tokenizer gives our ids, and one too long for the model, which it does not cut."""
    texts = [text for text in support_messages("test")[0] if text.isascii()][:100]
    return [*texts, "where is my order " * 40]


@pytest.mark.full
def test_the_package_without_its_requirements_and_litert_are_enough(exported, embedding_file, task, tmp_path):
    python = python_with(tmp_path, "ai-edge-litert")
    texts = [*support_messages("test")[0][:100], "", "谢谢", "e\u0301 é"]
    given = (exported["none"][0], json.dumps(texts), embedding_file("none"))
    found = json.loads(run(python, "-c", EDGE, *given, cwd=tmp_path).splitlines()[-1])
    assert not {"tensorflow", "keras", "jax", "pyarrow", "tokenizers"} & set(found["installed"])
    assert found["labels"] == task.labels
    np.testing.assert_allclose(found["rows"], task.predict(texts), atol=1e-5)
    np.testing.assert_allclose(found["vectors"], task.embed(texts), atol=1e-5)
    assert found["took"] < 1.0
    program = [python.with_name("bigmodel-edge"), exported["none"][0], *texts[:2], "--json"]
    rows = [json.loads(line) for line in run(*program, cwd=tmp_path).splitlines()]
    assert [row["label"] for row in rows] == [answer.label for answer in task.classify(texts[:2])]


@pytest.mark.full
@pytest.mark.parametrize("format", ["onnx", "openvino"])
def test_the_package_without_its_requirements_and_a_runtime_are_enough(task, tmp_path, format):
    task.export(tmp_path / "out", format)
    python = python_with(tmp_path, CLASSIFIERS[format].package)
    texts = [*support_messages("test")[0][:20], "谢谢", "e\u0301 é"]
    program = [python.with_name("bigmodel-edge"), tmp_path / "out" / CLASSIFIERS[format].file_name, *texts, "--json"]
    rows = [json.loads(line) for line in run(*program, cwd=tmp_path).splitlines()]
    found = [[row["probabilities"][label] for label in task.labels] for row in rows]
    np.testing.assert_allclose(found, task.predict(texts), atol=1e-5)


@pytest.mark.full
def test_mediapipe_labels_plain_strings(exported, task, mediapipe):
    texts = plain_texts()
    for quantize in ("none", "int8"):
        wanted = task.predict(texts)
        rows = mediapipe(MEDIAPIPE, exported[quantize][0], json.dumps(texts))
        found = [[row[label] for label in task.labels] for row in rows]
        np.testing.assert_allclose(found, wanted, atol=1e-3 if quantize == "none" else 0.1)
        assert np.mean(np.argmax(found, -1) == wanted.argmax(-1)) >= (1.0 if quantize == "none" else 0.98)


@pytest.mark.full
@pytest.mark.parametrize("quantize", ["none", "float16", "int8"])
def test_mediapipe_gives_vectors_of_plain_strings(embedding_file, task, mediapipe, quantize):
    texts = plain_texts()
    found, wanted = mediapipe(MEDIAPIPE_VECTORS, embedding_file(quantize), json.dumps(texts)), task.embed(texts)
    raw, unit, whole = (np.array(found[name]) for name in ("raw", "unit", "bytes"))
    assert cosines(raw, wanted).min() > 0.99
    if quantize == "none":
        np.testing.assert_allclose(raw, wanted, atol=1e-3)
    np.testing.assert_allclose(unit, raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(whole / 128, unit, atol=1 / 128)
